# SPDX-License-Identifier: Apache-2.0
"""Large simulated systems as other people's monitoring would show them.

40 to 80 services, steps of 15, 60 and 300 s, 30 to 60 rows before the onset and
10 to 20 after it, of which the fault lasts for two fifths or more. Names, units
and what is measured follow three conventions in turn; services lack metrics,
idle ones make chance values, calls are missing from the graph or close a ring,
and of every third system a tenth of the services move for no reason where the
incident begins. The symptom is told of half of them.
"""
import csv
import json
import math
import os
import random
import subprocess

FAULTS = ["delay", "errors", "leak", "cpu", "pool", "deploy", "ramp", "outage"]
STEPS = [15, 60, 300]


def simulate(caus, seed, folder, draw, fault, step):
    """Runs a world; returns its truth, its times and its columns."""
    before, after = draw.randint(30, 60), draw.randint(10, 20)
    lasts = max(4, math.ceil(after * draw.uniform(.4, 1)))
    subprocess.run(
        [caus, "simulate", "world", "--seed", str(seed), "--services", str(draw.randint(40, 80)),
         "--step", f"{step}s", "--duration", f"{(before + after) * step}s",
         "--fault", fault, "--fault-at", f"{before * step - draw.randint(1, step)}s",
         "--fault-for", f"{min(lasts, after) * step}s",
         "--only", "series.csv,gauges.csv", "-o", folder, "--quiet"], check=True)
    with open(os.path.join(folder, "truth.json")) as file:
        truth = json.load(file)
    columns = {}
    for name in ("series.csv", "gauges.csv"):
        with open(os.path.join(folder, name), newline="") as file:
            rows = list(csv.reader(file))
        times = [float(r[0]) for r in rows[1:]]
        for at, column in enumerate(rows[0][1:], 1):
            columns[column] = [float(r[at]) if r[at] else None for r in rows[1:]]
    with open(os.path.join(folder, "graph.csv"), newline="") as file:
        calls = [tuple(r) for r in list(csv.reader(file))[1:]]
    return truth, times, columns, calls


def share_of(part, whole):
    return None if not whole or part is None else part / whole


def scaled(values, factor):
    return [None if v is None else v * factor for v in values]


def told_by_mesh(get):
    """As a service mesh and a node exporter tell it."""
    return {"latency-90": scaled(get("latency"), 1500), "latency-50": scaled(get("latency"), 900),
            "error": get("errors"), "workload": get("calls"),
            "mem": scaled(get("process_memory_bytes"), 1 / 2 ** 20),
            "socket": get("workers_busy")}


def told_by_tracing(get):
    """As a hosted tracing service tells it: nothing from inside."""
    good = [None if not c else 100 * (1 - share_of(e or 0, c))
            for c, e in zip(get("calls"), get("errors"))]
    return {"latency.Average": get("latency"), "availability.Average": good,
            "requests.Sum": get("calls")}


def told_by_exporters(get):
    """As exporters tell it: rates and ratios."""
    return {"http_server_duration_seconds": get("latency"),
            "http_error_ratio": [share_of(e, c) for c, e in zip(get("calls"), get("errors"))],
            "http_requests_total": get("calls"),
            "container_memory_working_set_bytes": get("process_memory_bytes"),
            "thread_pool_queue_size": get("queue_length")}


CONVENTIONS = [told_by_mesh, told_by_tracing, told_by_exporters]


def idle_service(draw, rows):
    """A few requests a row: what they take is chance."""
    counts = [sum(draw.random() < .3 for _ in range(8)) for _ in range(rows)]
    level = draw.uniform(.05, .5)
    times = [level * math.exp(draw.gauss(0, .8)) if c else None for c in counts]
    wrong = [float(sum(draw.random() < .02 for _ in range(c))) for c in counts]
    return {"calls": [float(c) for c in counts], "errors": wrong, "latency": times}


def damage_graph(draw, calls, idle):
    """Idle services are called too; calls are not known, or close a ring."""
    known = [c for c in calls if draw.random() > .05]
    names = sorted({s for c in known for s in c})
    known += [(draw.choice(names), s) for s in idle]
    if draw.random() < .5:
        caller, callee = draw.choice(known)
        known.append((callee, caller))
    return known


def choose_symptom(truth, table, times, calls):
    """What users see go wrong: of the entries, what is furthest off."""
    entries = [s["service"] for s in truth["services"] if s["entry"]]
    best, most = None, 0
    for name, values in table.items():
        service, measure = name.split("_", 1)
        if service not in entries or not any(
                w in measure for w in ("latency", "duration", "error", "avail")):
            continue
        old = [v for t, v in zip(times, values) if t < truth["onset"] and v is not None]
        new = [v for t, v in zip(times, values) if t >= truth["onset"] and v is not None]
        if len(old) < 5 or not new:
            continue
        middle = sum(old) / len(old)
        wide = math.sqrt(sum((v - middle) ** 2 for v in old) / len(old)) or 1e-9
        off = max(abs(v - middle) for v in new) / wide
        if off > most:
            best, most = name, off
    return best


def measured(draw, truth, columns, rows):
    """What is measured of every service by the convention of the system."""
    convention = draw.choice(CONVENTIONS)
    table, idle = {}, []
    for service in [s["service"] for s in truth["services"]]:
        def get(measure, of=service):
            return columns.get(f"{of}_{measure}", [None] * rows)
        lacks_inside, lacks_outside = draw.random() < .25, draw.random() < .1
        for name, values in convention(get).items():
            inside = any(w in name for w in ("mem", "socket", "queue"))
            if not (lacks_inside if inside else lacks_outside):
                table[f"{service}_{name}"] = values
    for number in range(draw.randint(2, 8)):
        idle.append("idle%d" % number)
        made = idle_service(draw, rows)
        for name, values in convention(lambda m: made.get(m, [None] * rows)).items():
            if any(v is not None for v in values):
                table[f"{idle[-1]}_{name}"] = values
    return table, idle


def splice(draw, table, times, onset):
    """The baseline is from another time: some services have moved since."""
    services = sorted({n.split("_", 1)[0] for n in table})
    moved = {s for s in services if draw.random() < .08}
    for name in sorted(table):
        if name.split("_", 1)[0] in moved and "avail" not in name and draw.random() < .6:
            factor = math.exp(draw.gauss(0, .5))
            table[name] = [v * factor if v is not None and t >= onset else v
                           for t, v in zip(times, table[name])]


def make(caus, number, seed, target):
    """Writes one system in the layout of a set."""
    draw = random.Random(seed)
    truth, times, columns, calls = simulate(caus, seed, target, draw,
                                            FAULTS[number % 8], STEPS[number // 8 % 3])
    table, idle = measured(draw, truth, columns, len(times))
    spliced = number % 3 == 2
    if spliced:
        splice(draw, table, times, truth["onset"])
    symptom = choose_symptom(truth, table, times, calls)
    with open(os.path.join(target, "metrics.csv"), "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["time"] + list(table))
        for row, time in enumerate(times):
            out.writerow([f"{time:.0f}"] + [
                "" if v[row] is None or draw.random() < .01 else f"{v[row]:.6g}"
                for v in table.values()])
    with open(os.path.join(target, "graph.csv"), "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["src", "dst"])
        out.writerows(damage_graph(draw, calls, idle))
    with open(os.path.join(target, "truth.json"), "w") as file:
        json.dump(dict(service=truth["root"], inject_time=truth["onset"],
                       slo=symptom if draw.random() < .5 else None, fault=truth["fault"],
                       baseline_shift_s=int(spliced)), file)
    for name in ("series.csv", "gauges.csv", "changes.csv"):
        os.remove(os.path.join(target, name))
