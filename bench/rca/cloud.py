# SPDX-License-Identifier: Apache-2.0
"""Simulated systems as a hosted tracing service would show them.

8 to 20 services, steps of 60 to 180 s, 40 to 60 rows before the onset and 5 to 12
after it. What is measured is what calls show: latency (mean and quantiles),
availability, requests; nothing from inside. Nodes of the call graph are not
services only:

  * gateways that all calls to a service pass through, half of them unmeasured;
  * load balancers: some calls to a service are seen from outside alone, as calls
    to a node that calls nobody, beside the call to the service itself;
  * functions: an invocation, and the code that it runs;
  * probes that call a service now and then;
  * stores that a few requests of a service ask, of latencies of their own;
  * what is called only when a request fails;
  * steps of a workflow that few requests start.

Every second system is spliced: nodes at the edge have moved since the baseline.
Every service is the root equally often. The symptom is the entry's latency or
availability, whichever is further off.
"""
import collections
import csv
import json
import math
import os
import random
import subprocess

FAULTS = ["delay", "errors", "leak", "cpu", "pool", "deploy", "ramp", "outage"]
STEPS = [60, 120, 180]
QUANTILES = {"p50": .5, "p90": .9, "p95": .95, "p99": .99}


class Node:
    """What calls to one node of the graph took, row by row."""

    def __init__(self, rows):
        self.times = [[] for _ in range(rows)]
        self.failed = [0] * rows

    def add(self, row, seconds, failed=False):
        self.times[row].append(seconds)
        self.failed[row] += failed


def simulate(caus, seed, folder, draw, fault, step):
    before, after = draw.randint(40, 60), draw.randint(5, 12)
    lasts = max(4, math.ceil(after * draw.uniform(.5, 1)))
    subprocess.run(
        [caus, "simulate", "world", "--seed", str(seed), "--services", str(8 + seed * 5 % 13),
         "--step", f"{step}s", "--duration", f"{(before + after) * step}s", "--fault", fault,
         "--fault-at", f"{before * step - draw.randint(1, step)}s",
         "--fault-for", f"{min(lasts, after) * step}s", "--only", "series.csv,spans.csv",
         "-o", folder, "--quiet"], check=True)
    with open(os.path.join(folder, "truth.json")) as file:
        truth = json.load(file)
    with open(os.path.join(folder, "graph.csv"), newline="") as file:
        calls = [tuple(r) for r in list(csv.reader(file))[1:]]
    with open(os.path.join(folder, "series.csv"), newline="") as file:
        table = list(csv.reader(file))
    times = [float(r[0]) for r in table[1:]]
    failed = {name[:-7]: [float(r[at] or 0) for r in table[1:]]
              for at, name in enumerate(table[0]) if name.endswith("_errors")}
    return truth, times, calls, failed, before + after


def read_spans(folder):
    """Service, its caller's, begin and seconds of every span."""
    with open(os.path.join(folder, "spans.csv"), newline="") as file:
        spans = list(csv.reader(file))[1:]
    owner = {(s[1], s[2]): s[4] for s in spans}
    return [(s[4], owner.get((s[1], s[3])), int(s[6]) / 1e6, int(s[7]) / 1e6) for s in spans]


def disguise(draw, services, calls, entries):
    """What stands around each service: the nodes that show it, its edges."""
    called = [s for s in services if s not in entries]
    kinds = {s: draw.choice(["plain", "plain", "balanced", "gateway", "function"])
             for s in called}
    edges = []
    for caller, callee in calls:
        edges.append((caller, "gw-" + callee if kinds[callee] == "gateway" else
                      "invoke-" + callee if kinds[callee] == "function" else callee))
        if kinds[callee] == "balanced":
            edges.append((caller, "lb-" + callee))
    edges += [("gw-" + s, s) for s in called if kinds[s] == "gateway"]
    edges += [("invoke-" + s, s) for s in called if kinds[s] == "function"]
    return kinds, edges


def tell(draw, spans, kinds, failed, shape):
    """The nodes of all services, and of what stands around them."""
    start, step, rows = shape
    nodes = collections.defaultdict(lambda: Node(rows))
    counts = collections.Counter()
    for service, _, begin, _ in spans:
        counts[service, int((begin - start) // step)] += 1
    through = {s: draw.uniform(.05, .5) for s in sorted(kinds)}
    wait = {s: draw.uniform(.001, .01) for s in sorted(kinds)}
    for service, caller, begin, took in spans:
        row = int((begin - start) // step)
        if not 0 <= row < rows:
            continue
        wrong = draw.random() < failed[service][row] / counts[service, row]
        nodes[service].add(row, took, wrong)
        kind, outer = kinds.get(service), took + wait.get(service, 0) * draw.expovariate(1)
        if kind == "balanced" and caller and draw.random() < through[service]:
            nodes["lb-" + service].add(row, outer, wrong)
        elif kind == "gateway" and caller:
            nodes["gw-" + service].add(row, outer, wrong)
        elif kind == "function" and caller:
            cold = draw.random() < .01
            nodes["invoke-" + service].add(row, outer + cold * draw.uniform(.2, 2), wrong)
    return nodes


def surround(draw, nodes, services, edges, entries):
    """Probes, stores, what failures call, and workflows."""
    rows = len(next(iter(nodes.values())).times)
    for service in services:
        own, seconds = nodes[service], draw.uniform(.005, .05)
        chance = draw.uniform(.01, .2)
        for row in range(rows):
            for took in own.times[row]:
                if draw.random() < chance:
                    nodes["store-" + service].add(row, seconds * math.exp(draw.gauss(0, .3)))
                if draw.random() < .02:
                    nodes["probe-" + service].add(row, took)
            for _ in range(own.failed[row]):
                nodes["dump-" + service].add(row, seconds * math.exp(draw.gauss(0, .8)))
        kept = [k for k in ("store", "probe", "dump") if draw.random() < .4]
        for kind in ("store", "probe", "dump"):
            if kind not in kept:
                nodes.pop(f"{kind}-{service}", None)
            elif f"{kind}-{service}" in nodes:
                edge = (service, f"{kind}-{service}")
                edges.append(edge[::-1] if kind == "probe" else edge)
    for number in range(draw.randint(0, 3)):
        first, second, level = f"flow{number}", f"task{number}", draw.uniform(.2, 2)
        edges += [(draw.choice(sorted(entries)), first), (first, second)]
        for row in range(rows):
            for _ in range(draw.randint(0, 6)):
                took = level * math.exp(draw.gauss(0, .3))
                nodes[second].add(row, took)
                nodes[first].add(row, took * 1.05)


def quantile(values, share):
    return values[min(len(values) - 1, int(share * len(values)))]


def measure(draw, nodes):
    """The columns of every node."""
    table, told = {}, ["Average"] + sorted(draw.sample(sorted(QUANTILES), draw.randint(1, 4)))
    for name in sorted(nodes):
        node, hidden = nodes[name], False
        if name.startswith(("gw-", "lb-")):
            hidden = draw.random() < (.5 if name.startswith("gw-") else .15)
        table[f"{name}_requests.Sum"] = [float(len(t)) for t in node.times]
        if hidden:
            continue
        table[f"{name}_availability.Average"] = [
            100 * (1 - f / len(t)) if t else None for f, t in zip(node.failed, node.times)]
        for measure_of in told:
            table[f"{name}_latency.{measure_of}"] = [
                None if not t else sum(t) / len(t) if measure_of == "Average" else
                quantile(sorted(t), QUANTILES[measure_of]) for t in node.times]
    return table


def splice(draw, table, times, onset, edges):
    """The baseline is from another time: nodes at the edge have moved since."""
    callers = {a for a, _ in edges}
    names = sorted({n.split("_", 1)[0] for n in table})
    moved = {n: math.exp(draw.gauss(0, .5)) for n in names
             if n not in callers and draw.random() < .15}
    moved |= {n: math.exp(draw.gauss(0, .5)) for n in names
              if n.startswith(("flow", "task")) and draw.random() < .5}
    for name in table:
        factor = moved.get(name.split("_", 1)[0], 1)
        if "latency" in name:
            table[name] = [v * factor if v is not None and t >= onset else v
                           for t, v in zip(times, table[name])]


def choose_symptom(table, times, onset, entries):
    best, most = None, 0
    for name, values in table.items():
        service, measure_of = name.split("_", 1)
        if service not in entries or measure_of not in ("latency.Average", "availability.Average"):
            continue
        old = [v for t, v in zip(times, values) if t < onset and v is not None]
        new = [v for t, v in zip(times, values) if t >= onset and v is not None]
        if not old or not new:
            continue
        middle = sum(old) / len(old)
        wide = math.sqrt(sum((v - middle) ** 2 for v in old) / len(old)) or 1e-9
        off = sum(abs(v - middle) for v in new) / len(new) / wide
        if off > most:
            best, most = name, off
    return best


def make(caus, number, seed, target):
    """Writes one system in the layout of a set."""
    draw, step = random.Random(seed), STEPS[number // 8 % 3]
    truth, times, calls, failed, rows = simulate(caus, seed, target, draw, FAULTS[number % 8],
                                                 step)
    services = sorted(s["service"] for s in truth["services"])
    entries = {s["service"] for s in truth["services"] if s["entry"]}
    kinds, edges = disguise(draw, services, calls, entries)
    nodes = tell(draw, read_spans(target), kinds, failed, (truth["start"], step, rows))
    surround(draw, nodes, services, edges, entries)
    table = measure(draw, nodes)
    if number % 2:
        splice(draw, table, times, truth["onset"], edges)
    with open(os.path.join(target, "metrics.csv"), "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["time"] + list(table))
        for row, time in enumerate(times):
            out.writerow([f"{time:.0f}"] + ["" if v[row] is None else f"{v[row]:.6g}"
                                            for v in table.values()])
    with open(os.path.join(target, "graph.csv"), "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["src", "dst"])
        out.writerows(sorted(set(edges)))
    with open(os.path.join(target, "truth.json"), "w") as file:
        json.dump(dict(service=truth["root"], inject_time=truth["onset"],
                       slo=choose_symptom(table, times, truth["onset"], entries),
                       fault=truth["fault"], baseline_shift_s=number % 2), file)
    for name in ("series.csv", "spans.csv", "changes.csv"):
        os.remove(os.path.join(target, name))
