#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores `caus explain` on recorded incidents.

A set is a folder of cases: metrics.csv (time, then <service>_<metric>),
truth.json (service, inject_time, slo, ...), graph.csv, traces.csv and
logs.jsonl where there are any, packed (.zst) or not. Every case is copied to a
folder without a name, its services are renamed by a seeded permutation (in
messages of logs as well), truth.json is not copied. Services are scored, without
those that only observe.

usage: run.py --caus PROGRAM [--data FOLDER] [--sets a,b] [--worlds N]
              [--large N] [--cloud N] [--queues N] [--exporters N]
              [--tickets N] [--ticket-steps N] [--ticket-hard N] [--parcels N]
              [--farms N] [--world-traces] [--world-logs] [--healthy N] [--seed N] [--each]
              [--modes given,found,late,metrics,bare,bare_found,traces,logs,logs_found,
               logs_bare,all,all_found]

Worlds come with 5 to 40 services, steps of 5 s to 60 s and every fault in turn;
with --world-logs also with faults in code, which little but a log shows. Large
systems are those of large.py, cloud systems those of cloud.py, queues those of
queues.py, exporters those of exporters.py, tickets, in three kinds, those of
tickets.py, parcels those of parcels.py, farms those of farm.py, all three of which are
held out of every fit; these and exporters need numpy.

The data may also be named by CAUS_RCA_DATA. Exits 77 without data and worlds.
"""
import argparse
import collections
import csv
import functools
import io
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import cloud
import large
import queues

MODES = {
    "given": dict(onset="given", graph=True, traces=True),
    "found": dict(onset="found", graph=True, traces=True),
    "late": dict(onset="late", graph=True, traces=True),
    "metrics": dict(onset="given", graph=True, traces=False),
    "bare": dict(onset="given", graph=False, traces=False),
    "bare_found": dict(onset="found", graph=False, traces=False),
    "traces": dict(onset="given", graph=False, traces=True),
    "logs": dict(onset="given", graph=True, traces=False, logs=True),
    "logs_found": dict(onset="found", graph=True, traces=False, logs=True),
    "logs_bare": dict(onset="given", graph=False, traces=False, logs=True),
    "all": dict(onset="given", graph=True, traces=True, logs=True),
    "all_found": dict(onset="found", graph=True, traces=True, logs=True),
}


FAULTS = ["delay", "errors", "leak", "cpu", "pool", "deploy", "ramp", "outage"]
TICKETS = ["tickets", "ticket_steps", "ticket_hard"]


def find(folder, name):
    """The path of a file that may be packed; None where there is none."""
    for path in (os.path.join(folder, name), os.path.join(folder, name + ".zst")):
        if os.path.exists(path):
            return path
    return None


def read_text(folder, name):
    path = find(folder, name) or os.path.join(folder, name)
    if not path.endswith(".zst"):
        return open(path, newline="")
    unpacked = subprocess.run(["zstd", "-dqc", path], stdout=subprocess.PIPE, check=True)
    return io.StringIO(unpacked.stdout.decode(), newline="")


class Case:
    """A case in memory, with neutral names."""

    def __init__(self, folder, seed, separator="_"):
        self.folder = folder
        with open(os.path.join(folder, "truth.json")) as file:
            self.truth = json.load(file)
        with read_text(folder, "metrics.csv") as file:
            rows = list(csv.reader(file))
        self.header, self.rows = rows[0], [r for r in rows[1:] if r]
        self.graph = self.read_pairs("graph.csv")
        self.has_traces = find(folder, "traces.csv") is not None
        self.has_logs = find(folder, "logs.jsonl") is not None
        names = {n.split(separator, 1)[0] for n in self.header[1:]}
        names |= {s for pair in self.graph for s in pair}
        names = sorted(names)
        order = list(range(len(names)))
        random.Random(seed).shuffle(order)
        self.new = {n: "s%03d" % order[i] for i, n in enumerate(names)}
        alternatives = "|".join(sorted(map(re.escape, self.new), key=len, reverse=True))
        self.names = re.compile(r"(?<![A-Za-z0-9])(?:%s)(?![A-Za-z0-9])" % alternatives)
        self.header = [self.header[0]] + [self.rename(n, separator) for n in self.header[1:]]
        slo = self.truth.get("slo")
        self.calls = [(self.new[a], self.new[b]) for a, b in self.graph]
        self.symptom = slo and self.rename(slo, "_")
        self.root = self.new.get(self.truth["service"], self.truth["service"])
        told = [self.truth.get("metric"), *(self.truth.get("metric_alt") or [])]
        self.metrics = {self.rename(name, separator) for name in told if name}
        self.onset = self.truth["inject_time"]
        self.times = [float(r[0]) for r in self.rows]
        gaps = [b - a for a, b in zip(self.times, self.times[1:])]
        self.step = statistics.median(gaps) if gaps else 60

    def rename(self, column, separator):
        """A column, with the callees that what is measured may be named after."""
        service, measure = column.split(separator, 1)
        return self.new[service] + "_" + self.rename_all(measure)

    def rename_all(self, text):
        return self.names.sub(lambda found: self.new[found[0]], text)

    def read_pairs(self, name):
        if find(self.folder, name) is None:
            return []
        with read_text(self.folder, name) as file:
            return [tuple(r[:2]) for r in list(csv.reader(file))[1:] if r]

    def write_logs(self, target, until):
        """Lines up to a time, every name of a service in them being renamed."""
        if not self.has_logs:
            return
        with read_text(self.folder, "logs.jsonl") as file, \
                open(os.path.join(target, "logs.jsonl"), "w") as to:
            for line in file:
                if until and line[9:28] > until:
                    break
                to.write(self.rename_all(line))

    def write(self, target, rows=None):
        until = rows and time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(float(rows[-1][0])))
        self.write_logs(target, until)
        with open(os.path.join(target, "metrics.csv"), "w", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(self.header)
            out.writerows(self.rows if rows is None else rows)
        with open(os.path.join(target, "graph.csv"), "w", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(["src", "dst"])
            out.writerows([self.new[a], self.new[b]] for a, b in self.graph)
        if self.has_traces:
            self.write_traces(target, rows)

    def write_traces(self, target, block):
        """All spans, or those of healthy time that a block of rows covers."""
        with read_text(self.folder, "traces.csv") as file, \
                open(os.path.join(target, "traces.csv"), "w", newline="") as to:
            rows, out = csv.reader(file), csv.writer(to, lineterminator="\n")
            head = next(rows)
            at, start = head.index("service"), head.index("start_us")
            out.writerow(head)
            for row in rows:
                if block and (row[head.index("phase")] != "0" or not
                              float(block[0][0]) - self.step <= int(row[start]) / 1e6 <=
                              float(block[-1][0])):
                    continue
                row[at] = self.new.get(row[at], row[at])
                out.writerow(row)


def explain(caus, folder, symptom, at, graph, traces, logs=False):
    command = [caus, "explain", "--csv", os.path.join(folder, "metrics.csv"),
               "--format", "json", "--quiet", "--exit-zero", "--threads", "1",
               "--top", "1000"]
    if at is not None:
        command += ["--at", repr(at)]
    if symptom:
        command += ["--symptom", symptom]
    if graph and os.path.getsize(os.path.join(folder, "graph.csv")) > 8:
        command += ["--topology", os.path.join(folder, "graph.csv")]
    if traces and os.path.exists(os.path.join(folder, "traces.csv")):
        command += ["--traces-csv", os.path.join(folder, "traces.csv")]
    if logs and os.path.exists(os.path.join(folder, "logs.jsonl")):
        command += ["--logs", os.path.join(folder, "logs.jsonl")]
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    took = time.perf_counter() - begin
    if not done.stdout:
        return None, done.stderr.strip(), took
    return json.loads(done.stdout), "", took


def columns(case):
    """Service, measure, values before and values after of every column with both."""
    for column in range(1, len(case.header)):
        pairs = [(t, r[column]) for t, r in zip(case.times, case.rows) if r[column]]
        before = [float(v) for t, v in pairs if t < case.onset]
        after = [float(v) for t, v in pairs if t >= case.onset]
        if len(before) >= 4 and after:
            yield *case.header[column].split("_", 1), before, after


def by_score(scores):
    return sorted(scores, key=lambda s: (-scores[s], s))


def by_largest(case, middle, spread, each):
    """Services, or each column, by how far the largest value after is above the
    middle of those before; columns that are constant on a side are dropped."""
    best = {}
    for service, measure, before, after in columns(case):
        if spread(before) > 0 and max(after) > min(after):
            z = (max(after) - middle(before)) / spread(before)
            name = f"{service}_{measure}" if each else service
            best[name] = max(best.get(name, z), z)
    return by_score(best)


def n_sigma(case, each=False):
    """As RCAEval scores: in deviations from the mean."""
    return by_largest(case, statistics.fmean, statistics.pstdev, each)


def baro(case, each=False):
    """As BARO scores: in quartile ranges from the median."""
    def quartile_range(values):
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        return high - low
    return by_largest(case, statistics.median, quartile_range, each)


def shifts(case, measure=None):
    """The largest shift of the mean, in deviations, of each service's columns or
    of those of one measure."""
    best = collections.defaultdict(float)
    for service, own, before, after in columns(case):
        deviation = statistics.pstdev(before)
        if deviation and own == (measure or own):
            z = abs(statistics.fmean(after) - statistics.fmean(before)) / deviation
            best[service] = max(best[service], z)
    return best


def seen(case):
    """What users see: the symptom, else the latency of those whom nobody calls
    that moved most; service and measure, or None."""
    if case.symptom:
        return tuple(case.symptom.split("_", 1))
    called = {b for _, b in case.calls}
    latencies = {(s, m) for s, m, _, _ in columns(case)
                 if case.calls and s not in called and re.search("latency|duration", m)}
    return max(sorted(latencies), key=lambda c: shifts(case, c[1])[c[0]], default=None)


def correlation(case):
    """Services by their largest correlation with what users see."""
    symptom = seen(case)
    if not symptom:
        return None
    at = case.header.index("_".join(symptom))
    best = collections.defaultdict(float)
    for column in range(1, len(case.header)):
        pairs = [(float(r[column]), float(r[at])) for r in case.rows if r[column] and r[at]]
        if column == at or len(pairs) < 4:
            continue
        x, y = zip(*pairs)
        if min(x) < max(x) and min(y) < max(y):
            service = case.header[column].split("_", 1)[0]
            best[service] = max(best[service], abs(statistics.correlation(x, y)))
    return by_score(best)


def traversal(case):
    """From who shows what users see over callees of which the same measure moved
    by three deviations: first where that ends, then the others on the way."""
    symptom = seen(case)
    if not case.graph or not symptom:
        return None
    scores, others = shifts(case, symptom[1]), shifts(case)
    loud = {s for s in scores if scores[s] > 3}
    way, found = [symptom[0]], {symptom[0]}
    for service in way:
        more = sorted(b for a, b in case.calls if a == service and b in loud - found)
        way += more
        found.update(more)
    ends = {s for s in way if not any(a == s and b in loud for a, b in case.calls)}
    return sorted(set(others) | found,
                  key=lambda s: (s not in ends, s not in found, -scores[s], -others[s], s))


def trace_gap(case, folder):
    """Services by the growth of parent less child spans on their edges."""
    path = os.path.join(folder, "traces.csv")
    if not os.path.exists(path):
        return None
    with open(path, newline="") as file:
        spans = list(csv.DictReader(file))
    known = {(s["phase"], s["trace"], s["span"]): s for s in spans}
    sums = collections.defaultdict(lambda: [[0, 0.0], [0, 0.0]])
    for s in spans:
        parent = known.get((s["phase"], s["trace"], s["parent"]))
        if parent and parent["service"] != s["service"]:
            gap = float(parent["duration_us"]) - float(s["duration_us"])
            for name in (parent["service"], s["service"]):
                cell = sums[name][int(s["phase"])]
                cell[0] += 1
                cell[1] += gap
    grown = {n: c[1][1] / c[1][0] - c[0][1] / c[0][0]
             for n, c in sums.items() if c[0][0] and c[1][0]}
    return sorted(grown, key=lambda s: (-grown[s], s))


def rank_of(order, root, count):
    return order.index(root) + 1 if root in order else count + 1


def rank_of_metric(order, metrics, count):
    return min(rank_of(order, name, count) for name in metrics)


def accuracy(ranks, k):
    return sum(r <= k for r in ranks) / len(ranks)


def interval(values, seed, of=statistics.fmean):
    draw = random.Random(seed)
    means = sorted(of(draw.choices(values, k=len(values))) for _ in range(1000))
    return means[25], means[974]


def show(name, ranks, seed):
    line = [f"  {name:<22}"]
    for k in (1, 3, 5):
        low, high = interval([float(r <= k) for r in ranks], seed)
        line.append(f"AC@{k} {accuracy(ranks, k):.3f} [{low:.2f}, {high:.2f}]")
    line.append(f"Avg@5 {statistics.fmean(accuracy(ranks, k) for k in range(1, 6)):.3f}")
    print("  ".join(line), flush=True)


def calibration(pairs):
    """Expected calibration error over ten bins."""
    bins = collections.defaultdict(list)
    for confidence, right in pairs:
        bins[min(int(confidence * 10), 9)].append((confidence, right))
    return sum(len(b) * abs(statistics.fmean(c for c, _ in b) -
                            statistics.fmean(float(r) for _, r in b))
               for b in bins.values()) / len(pairs)


def chance_error(confidences, seed, times=200):
    """The mean calibration error, and what 95 % stay below, of answers that are
    right exactly as often as they say: what few cases make of any."""
    draw = random.Random(seed)
    errors = sorted(calibration([(c, draw.random() < c) for c in confidences])
                    for _ in range(times))
    return statistics.fmean(errors), errors[int(.95 * times)]


def roles_of(case):
    """Services of each role in the graph."""
    callers, callees = ({pair[i] for pair in case.graph} for i in (0, 1))
    return {"entry": callers - callees, "middle": callers & callees,
            "leaf": callees - callers}


def guard(cases):
    """Whether always naming one place would do as well."""
    placed = [roles_of(c) for c in cases]
    own = [next((r for r in p if c.truth["service"] in p[r]), "unknown")
           for c, p in zip(cases, placed)]
    roots = collections.Counter(c.truth["service"] for c in cases)
    top, times = roots.most_common(1)[0]
    print(f"  constant position: roles {dict(collections.Counter(own))}; the most frequent "
          f"root is the answer in {times} of {len(cases)} cases")
    told = {r: [statistics.fmean((o == r) * min(1, k / max(1, len(p[r])))
                                 for o, p in zip(own, placed)) for k in (1, 3, 5)]
            for r in ("entry", "middle", "leaf")}
    best = max(told, key=lambda r: told[r])
    if any(c.graph for c in cases):
        print(f"  any {best} each time, as expected: " +
              ", ".join(f"AC@{k} {v:.3f}" for k, v in zip((1, 3, 5), told[best])))
    if max(times / len(cases), told[best][0]) > .5:
        print("  guard: one answer fits more than half of this set; it proves "
              "nothing about a design")


def run_mode(options, cases, mode):
    how = MODES[mode]
    ranks, pairs, took, seen = [], [], [], 0
    outcome, by_fault = collections.Counter(), collections.defaultdict(list)
    without, metric_ranks = collections.defaultdict(list), []
    for number, case in enumerate(cases):
        at = {"given": case.onset, "found": None,
              "late": case.onset + case.step}[how["onset"]]
        with tempfile.TemporaryDirectory() as folder:
            case.write(folder)
            told, why, seconds = explain(options.caus, folder, case.symptom,
                                         at, how["graph"], how["traces"],
                                         how.get("logs"))
        if told is None:
            print(f"  case {number}: {why}", file=sys.stderr)
            outcome["failed"] += 1
            ranks.append(10 ** 6)
            continue
        services = [s for s in told["services"] if not s.get("observer")]
        rank = rank_of([s["service"] for s in services], case.root, len(services))
        ranks.append(rank)
        took.append(seconds * 1000)
        pairs.append((services[0]["confidence"], rank == 1))
        by_fault[case.truth.get("fault")].append(rank)
        if case.metrics:
            order = [v["variable"] for v in told["variables"]]
            metric_ranks.append(rank_of_metric(order, case.metrics, len(order)))
        for service in services:
            if service["service"] == case.root:
                for term, part in service["terms"].items():
                    without[term].append(part["rank_without"])
        if options.each:
            back = {new: old for old, new in case.new.items()}
            print(f"    {os.path.basename(case.folder)}: rank {rank}, {told['verdict']}, first "
                  f"{back.get(services[0]['service'])} at {services[0]['confidence']:.2f}")
        named = told["verdict"] == "cause"
        seen += told["verdict"] != "no_anomaly"
        outcome["right" if named and rank == 1 else "wrong" if named else
                "refused"] += 1
    show(f"caus, {mode}", ranks, options.seed)
    if metric_ranks:
        show(f"  the metric, {len(metric_ranks)}", metric_ranks, options.seed)
    sure = [r for c, r in pairs if c >= .8]
    chance = chance_error([c for c, _ in pairs], options.seed)
    print(f"    {dict(outcome)}; seen {seen / len(cases):.3f}; "
          f"calibration error {calibration(pairs):.3f} (of chance alone "
          f"{chance[0]:.3f}, 95 % below {chance[1]:.3f}); "
          f"confidence >= .8 in {len(sure)}, right in {sum(sure)}, "
          f"wrong in {len(sure) - sum(sure)}; "
          f"{statistics.median(took):.1f} ms a case, process and reading "
          f"included")
    print("    AC@1 by fault:", ", ".join(
        f"{f} {sum(r == 1 for r in v)}/{len(v)}" for f, v in sorted(by_fault.items(), key=str)))
    print("    AC@1 with a term left out:", ", ".join(
        f"{t} {sum(r == 1 for r in v) / len(ranks):.3f}" for t, v in without.items()))
    return pairs


def run_baselines(options, cases):
    ranks, counts = collections.defaultdict(list), []
    for case in cases:
        services = sorted({n.split("_", 1)[0] for n in case.header[1:]})
        counts.append(len(services))
        slo = case.symptom and case.symptom.split("_", 1)[0]
        for name, rival in (("n-sigma", n_sigma), ("BARO", baro), ("correlation", correlation),
                            ("traversal", traversal)):
            order = rival(case)
            if order is not None:
                order = [s for s in order if s != slo or s == case.root]
                ranks[name].append(rank_of(order, case.root, len(services)))
        for name, rival in (("n-sigma", n_sigma), ("BARO", baro)):
            if case.metrics:
                ranks[name + ", metric"].append(rank_of_metric(
                    rival(case, True), case.metrics, len(case.header)))
        if case.has_traces:
            with tempfile.TemporaryDirectory() as folder:
                case.write(folder)
                order = trace_gap(case, folder)
            ranks["trace gap"].append(rank_of(order, case.root, len(services)))
    print("  random, as expected: " + ", ".join(
        f"AC@{k} {statistics.fmean(min(1, k / n) for n in counts):.3f}" for k in (1, 3, 5)))
    for name in ("correlation", "traversal", "trace gap"):
        if name not in ranks:
            print(f"  {name}: no case has what it needs")
    for name in ranks:
        note = "" if len(ranks[name]) == len(cases) else f" ({len(ranks[name])})"
        show(name + note, ranks[name], options.seed)


def healthy_block(case, draw):
    """Rows before the onset, and the time of one that is called an onset."""
    rows = [r for t, r in zip(case.times, case.rows) if t < case.onset]
    least = max(15, len(rows) // 2)
    if len(rows) < least + 3:
        return None, None
    length = draw.randint(least, len(rows))
    block = rows[-length:] if draw.random() < .5 else rows[:length]
    width = max(3, min(len(case.rows) - len(rows), length // 4))
    return block, float(block[-width][0])


def run_healthy(options, cases, blocks, evidence=""):
    """Blocks of healthy rows: a culprit or an anomaly there is a false one."""
    tried = named = called = 0
    draw = random.Random(options.seed)
    for case in cases:
        for _ in range(max(1, blocks // len(cases))):
            block, at = healthy_block(case, draw)
            if not block:
                continue
            with tempfile.TemporaryDirectory() as folder:
                case.write(folder, block)
                told, _, _ = explain(options.caus, folder, None,
                                     None if options.blind else at, True,
                                     evidence == "traces", evidence == "logs")
            if told is None:
                continue
            tried += 1
            sure = told["services"][0]["confidence"] >= .5
            named += told["verdict"] == "cause" and sure
            called += told["verdict"] != "no_anomaly"
    if tried:
        print(f"  healthy blocks{evidence and ' with ' + evidence}: {tried}; culprit at "
              f"confidence >= .5 in {named / tried:.1%}, called anomalous {called / tried:.1%}")


def make_worlds(options, folder):
    """Simulated systems in the layout of a set, every fault in its turn."""
    steps = [(5, 40), (10, 60), (15, 90), (30, 120), (60, 150)]
    faults = FAULTS + (["code"] if options.world_logs else [])
    for number in range(options.worlds):
        step, minutes = steps[number // len(faults) % 5]
        seed, target = options.world_seed + number, os.path.join(folder, "w%04d" % number)
        files = ("series.csv,gauges.csv" + (",spans.csv" if options.world_traces else "") +
                 (",logs.jsonl" if options.world_logs else ""))
        subprocess.run([options.caus, "simulate", "world", "--seed", str(seed),
                        "--services", str(5 + seed * 7 % 36), "--step", f"{step}s",
                        "--duration", f"{minutes}m", "--fault", faults[number % len(faults)],
                        "--only", files, "-o", target, "--quiet"], check=True)
        with open(os.path.join(target, "truth.json")) as file:
            truth = json.load(file)
        with open(os.path.join(target, "series.csv")) as a, \
                open(os.path.join(target, "gauges.csv")) as b, \
                open(os.path.join(target, "metrics.csv"), "w") as out:
            for left, right in zip(a, b):
                out.write(left.rstrip("\n") + "," + right.split(",", 1)[1])
        if options.world_traces:
            os.rename(os.path.join(target, "spans.csv"), os.path.join(target, "traces.csv"))
        with open(os.path.join(target, "truth.json"), "w") as file:
            json.dump(dict(service=truth["root"], inject_time=truth["onset"], slo=None,
                           fault=truth["fault"], baseline_shift_s=0), file)


def make_each(folder, count, seed, make):
    for number in range(count):
        target = os.path.join(folder, "w%04d" % number)
        os.makedirs(target)
        make(number, seed + number, target)


def make_exporters(number, seed, target):
    """What needs numpy is loaded where it is asked for."""
    import exporters
    exporters.make(number, seed, target)


def make_tickets(kind, number, seed, target):
    import tickets
    tickets.make(number, seed, target, kind)


def make_parcels(number, seed, target):
    import parcels
    parcels.make(number, seed, target)


def make_farms(number, seed, target):
    import farm
    farm.make(number, seed, target)


def make_sets(options):
    """Names of the sets that were asked for, each with what makes it in a folder."""
    bind = functools.partial
    sets = [("large systems", options.large, options.large_seed, bind(large.make, options.caus)),
            ("cloud systems", options.cloud, options.cloud_seed, bind(cloud.make, options.caus)),
            ("queues", options.queues, options.queue_seed, queues.make),
            ("exporters", options.exporters, options.exporters_seed, make_exporters),
            ("parcels", options.parcels, options.parcel_seed, make_parcels),
            ("farms", options.farms, options.farm_seed, make_farms)]
    sets += [(kind.replace("_", " "), getattr(options, kind), options.ticket_seed,
              bind(make_tickets, kind)) for kind in TICKETS]
    if options.worlds:
        yield "worlds", bind(make_worlds, options)
    for name, count, seed, make in sets:
        if count:
            yield name, bind(make_each, count=count, seed=seed, make=make)


def read_cases(folder, seed):
    """Every case below a folder, each with names of its own."""
    cases = []
    for number, case in enumerate(sorted(os.listdir(folder))):
        path = os.path.join(folder, case)
        if os.path.exists(os.path.join(path, "truth.json")):
            cases.append(Case(path, seed + number))
    return cases


def run_set(options, name, folder):
    cases = read_cases(folder, options.seed)
    if not cases:
        return
    spliced = sum(bool(c.truth.get("baseline_shift_s")) for c in cases)
    print(f"{name}: {len(cases)} cases" +
          (f", {spliced} spliced (baseline from another time)" if spliced else ""))
    guard(cases)
    run_baselines(options, cases)
    has_traces, has_logs, has_graph = (any(of) for of in zip(
        *((c.has_traces, c.has_logs, c.graph) for c in cases)))
    for mode in options.modes.split(",") if options.modes else ():
        how = MODES[mode]
        needs_traces = (mode == "metrics" or mode.startswith("all") or
                        how["traces"] and not how["graph"])
        if (needs_traces and not has_traces or how.get("logs") and not has_logs or
                not how["graph"] and not has_graph):
            continue
        run_mode(options, cases, mode)
    if options.healthy:
        run_healthy(options, cases, options.healthy)
        for evidence in ("logs", "traces"):
            having = [c for c in cases if getattr(c, "has_" + evidence)]
            if having:
                run_healthy(options, having, options.healthy, evidence)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--caus", default="caus")
    parser.add_argument("--data", default=os.environ.get("CAUS_RCA_DATA"))
    parser.add_argument("--sets", help="folders of --data; default all")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--worlds", type=int, default=0)
    parser.add_argument("--world-seed", type=int, default=1)
    parser.add_argument("--world-traces", action="store_true")
    parser.add_argument("--world-logs", action="store_true")
    parser.add_argument("--large", type=int, default=0)
    parser.add_argument("--large-seed", type=int, default=80000)
    parser.add_argument("--cloud", type=int, default=0)
    parser.add_argument("--cloud-seed", type=int, default=85000)
    parser.add_argument("--queues", type=int, default=0)
    parser.add_argument("--queue-seed", type=int, default=95000)
    parser.add_argument("--exporters", type=int, default=0)
    parser.add_argument("--exporters-seed", type=int, default=97000)
    for kind in TICKETS:
        parser.add_argument("--" + kind.replace("_", "-"), type=int, default=0)
    parser.add_argument("--ticket-seed", type=int, default=0)
    parser.add_argument("--parcels", type=int, default=0)
    parser.add_argument("--parcel-seed", type=int, default=400000)
    parser.add_argument("--farms", type=int, default=0)
    parser.add_argument("--farm-seed", type=int, default=700000)
    parser.add_argument("--each", action="store_true", help="a line for every case")
    parser.add_argument("--healthy", type=int, default=0,
                        help="blocks of healthy rows a set")
    parser.add_argument("--blind", action="store_true",
                        help="healthy blocks without an onset")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not (options.data or options.worlds or options.large or options.cloud or
            options.queues or options.exporters or options.parcels or options.farms or
            any(getattr(options, k) for k in TICKETS)):
        print("no data: name a folder of sets by --data or CAUS_RCA_DATA, or "
              "ask for --worlds, --large, --cloud, --queues, --exporters, --tickets, --parcels or "
              "--farms")
        return 77
    if not shutil.which(options.caus):
        print(f"{options.caus} is no program")
        return 77
    for name, make in make_sets(options):
        with tempfile.TemporaryDirectory() as folder:
            make(folder)
            run_set(options, name, folder)
    if options.data:
        names = options.sets.split(",") if options.sets else sorted(os.listdir(options.data))
        for name in names:
            folder = os.path.join(options.data, name)
            if os.path.isdir(folder):
                run_set(options, name, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
