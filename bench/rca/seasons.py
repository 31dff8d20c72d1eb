#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Faults and healthy hours in systems whose load swings over the day.

usage: seasons.py CAUS [SYSTEMS] [DAYS]

Five services, steps of 5 min. On the last day something gets slower for an hour
(the root by 35 %, its callers by 25 %) on the way up, at the crest or on the way
down; or nothing does. `caus explain` is given the rows up to the end of that hour, with the
onset and without.
"""
import collections
import csv
import json
import math
import os
import random
import subprocess
import sys
import tempfile

DAY, STEP_S, START, HOUR = 288, 300, 1761696000, 12
CALLS = [("front", "cart"), ("front", "pay"), ("cart", "stock"), ("pay", "store"),
         ("stock", "store")]
SERVICES = ["front", "cart", "pay", "stock", "store"]
TIMES = {"way up": -.25, "crest": 0, "way down": .25, "trough": .5}


def callers(root):
    found = {root}
    for _ in SERVICES:
        found |= {a for a, b in CALLS if b in found}
    return found


def remembering(draw, count, deviation, memory=.6):
    value, found = 0, []
    for _ in range(count):
        value = memory * value + draw.gauss(0, deviation * math.sqrt(1 - memory ** 2))
        found.append(value)
    return found


def make(seed, days, root=None, at="crest"):
    """Columns up to the end of the hour in question, and its first row."""
    draw = random.Random(seed)
    crest = draw.uniform(.3, .8)
    onset = int((days - 1 + (crest + TIMES[at]) % 1) * DAY) - HOUR // 2
    rows = onset + HOUR
    load = [1 + .5 * math.cos(2 * math.pi * (r / DAY - crest)) + .05 * wander
            for r, wander in enumerate(remembering(draw, rows, 1))]
    hit = callers(root) if root else ()
    columns = {}
    for service in SERVICES:
        level, swing, busy = draw.uniform(.02, .2), draw.uniform(.2, .5), draw.uniform(1, 1.2)
        noise = [remembering(draw, rows, d) for d in (.04, .04, .05, 1)]
        slower = [1 + (.35 if service == root else .25) * (r >= onset and service in hit)
                  for r in range(rows)]
        busier = [1 + .35 * (r >= onset and service == root) for r in range(rows)]
        columns[service + "_latency_p95"] = [
            level * (1 + swing * (w - 1)) * (1 + e) * f for w, e, f in zip(load, noise[0], slower)]
        columns[service + "_cpu"] = [
            .4 * busy * w * (1 + e) * f for w, e, f in zip(load, noise[1], busier)]
        columns[service + "_requests"] = [
            1000 * busy * w * (1 + e) for w, e in zip(load, noise[2])]
        columns[service + "_errors"] = [max(0, round(2 * w + e)) for w, e in zip(load, noise[3])]
    return columns, onset


def explain(caus, columns, onset):
    with tempfile.TemporaryDirectory() as folder:
        rows, calls = os.path.join(folder, "m.csv"), os.path.join(folder, "g.csv")
        with open(rows, "w") as file:
            out = csv.writer(file)
            out.writerow(["time", *columns])
            for r, values in enumerate(zip(*columns.values())):
                out.writerow([START + STEP_S * (r + 1), *("%.6g" % v for v in values)])
        with open(calls, "w") as file:
            csv.writer(file).writerows([("src", "dst"), *CALLS])
        at = [] if onset is None else ["--at", str(START + STEP_S * onset)]
        done = subprocess.run([caus, "explain", "--csv", rows, "--topology", calls, "--format",
                               "json", "--quiet", "--exit-zero", *at],
                              capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main():
    caus, systems, days = sys.argv[1], *(
        int(sys.argv[i]) if len(sys.argv) > i else usual for i, usual in ((2, 15), (3, 3)))
    found = collections.defaultdict(list)
    for seed in range(systems):
        root = SERVICES[seed % len(SERVICES)]
        for at in TIMES:
            for kind in ("healthy", "fault"):
                if kind == "fault" and at == "trough":
                    continue
                columns, onset = make(seed, days, root if kind == "fault" else None, at)
                for given in (True, False):
                    told = explain(caus, columns, onset if given else None)
                    named = told["verdict"] == "cause"
                    right = named and told["services"][0]["service"] == root
                    found[kind, at, "given" if given else "found"].append(
                        (told["verdict"] != "no_anomaly", right, named and not right))
    for (kind, at, mode), cases in sorted(found.items()):
        called, right, wrong = (sum(c[i] for c in cases) / len(cases) for i in range(3))
        print(f"{kind:7} {at:8} onset {mode}: {len(cases)} systems, called {called:.2f}, "
              f"named right {right:.2f}, wrong {wrong:.2f}")


if __name__ == "__main__":
    main()
