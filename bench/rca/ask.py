#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks `caus explain` what fit.py fits confidence to.

Every system is a kind of incidents: simulated worlds (also damaged, with traces,
with log lines), large.py, cloud.py, queues.py, exporters.py, and recorded sets. Of each case
its incident is asked about, and blocks of its healthy rows; each with the onset given and
looked for, with the call graph and without, and with the traces or log lines
that it has. One file of JSON lines a system; files that are there are kept.

usage: ask.py --caus PROGRAM --answers FOLDER [--made FOLDER] [--data FOLDER]
              [--sets a,b] [--blocks N] [--seed N]

--made keeps simulated systems and takes those that are there already. --sets
names systems.
"""
import argparse
import json
import math
import os
import random
import sys
import tempfile

import run as bench

# How many of each system, from which seed on: used for no figure of how good it is. Rules
# were found on the first of worlds, cloud and queues and the first two of large; on the
# last of each none was. Nothing of tickets.py, parcels.py and farm.py is among them, so that
# they can judge what is fitted.
SYSTEMS = {"worlds": [(80, 2330001), (100, 2930001)], "traced": [(16, 1120001)],
           "large": [(64, 2310001), (69, 2340001), (200, 2910001)],
           "cloud": [(48, 2320001), (128, 2920001)], "logs": [(54, 1150001)],
           "queues": [(128, 2350001), (64, 730001)], "exporters": [(126, 1000)]}
DAMAGED = 80
KEPT = ["alarm", "alarm_alone", "beyond", "explained", "unfelt", "untold",
        "rows_before", "rows_after", "verdict"]


def make(options, name, count, seed, folder):
    kinds = ["worlds", "large", "cloud", "queues", "exporters"]
    kind = name if name in kinds else "worlds"
    made = argparse.Namespace(
        caus=options.caus, world_seed=seed, large_seed=seed, cloud_seed=seed, queue_seed=seed,
        exporters_seed=seed, world_traces=name == "traced", world_logs=name == "logs",
        ticket_seed=0, parcel_seed=0, farm_seed=0,
        **{k: count if k == kind else 0 for k in kinds + bench.TICKETS + ["parcels", "farms"]})
    os.makedirs(folder)
    for _, fill in bench.make_sets(made):
        fill(folder)


def simulated(options, name, folder):
    """The cases of a simulated system, made where they are not there."""
    cases = []
    for count, seed in SYSTEMS[name]:
        path = os.path.join(folder, f"{name}-{seed}")
        if not os.path.isdir(path):
            make(options, name, count, seed, path)
        cases += bench.read_cases(path, options.seed + len(cases))[:count]
    return cases


def spliced(case, draw):
    """As if the baseline were from another time: some columns have moved."""
    moved = {s for s in case.new.values() if draw.random() < draw.choice([.1, .2, .3])}
    factors = [math.exp(draw.gauss(0, .5)) if i and n.split("_", 1)[0] in moved and
               draw.random() < .6 else 1 for i, n in enumerate(case.header)]
    case.rows = [[f"{float(v) * f:.6g}" if v and f != 1 and t >= case.onset else v
                  for v, f in zip(r, factors)] for t, r in zip(case.times, case.rows)]


def thinned(case, draw):
    """Columns are missing."""
    kept = [i for i in range(len(case.header)) if i == 0 or draw.random() > .35]
    case.header = [case.header[i] for i in kept]
    case.rows = [[r[i] for i in kept] for r in case.rows]


def coarse(case, draw):
    """Rows are means of several."""
    width = draw.choice([3, 4, 5])
    rows = []
    for at in range(0, len(case.rows) - width + 1, width):
        block = case.rows[at:at + width]
        row = [block[-1][0]]
        for values in list(zip(*block))[1:]:
            present = [float(v) for v in values if v]
            row.append(f"{sum(present) / len(present):.6g}" if present else "")
        rows.append(row)
    case.rows, case.step = rows, case.step * width


def short(case, draw):
    """The baseline is short."""
    before = sum(t < case.onset for t in case.times)
    case.rows = case.rows[max(0, before - draw.randint(22, 60)):]


DAMAGES = [spliced, thinned, coarse, short]


def damage(cases, seed):
    """Each in one of the ways in which telemetry is poor; without traces."""
    for number, case in enumerate(cases):
        DAMAGES[number // 8 % 4](case, random.Random(seed + number))
        case.times = [float(r[0]) for r in case.rows]
        case.has_traces = case.has_logs = False
    return cases


def modes_of(case):
    """Evidence, whether the onset is looked for, and whether calls are known."""
    for evidence, there in (("metrics", True), ("traces", case.has_traces),
                            ("logs", case.has_logs)):
        for found in (False, True) if there else ():
            for graph in (True, False) if evidence != "traces" else (True,):
                if case.graph or not graph or evidence == "traces":
                    yield evidence, found, graph


def ask_one(options, case, symptom, at, block):
    """The answers of every mode about an incident or a healthy block."""
    with tempfile.TemporaryDirectory() as folder:
        case.write(folder, block)
        for evidence, found, graph in modes_of(case):
            told = bench.explain(options.caus, folder, symptom, None if found else at, graph,
                                 evidence == "traces", evidence == "logs")[0]
            services = [s for s in told["services"] if not s.get("observer")] if told else []
            if services and services[0]["score"] > 0:
                yield dict({k: told.get(k) for k in KEPT}, evidence=evidence, found=found,
                           graph=graph, healthy=block is not None, root=case.root,
                           fault=case.truth.get("fault"),
                           services=[[s["service"], s["score"], s["confidence"],
                                      {t: p["score"] for t, p in s["terms"].items()}]
                                     for s in services])


def ask(options, cases, name):
    path = os.path.join(options.answers, name + ".jsonl")
    if os.path.exists(path) or not cases:
        return
    draw = random.Random(options.seed)
    with open(path + ".part", "w") as file:
        for number, case in enumerate(cases):
            asked = [(case.symptom, case.onset, None)]
            for _ in range(math.ceil(options.blocks / len(cases))):
                block, at = bench.healthy_block(case, draw)
                asked += [(None, at, block)] if block else []
            for about in asked:
                for answer in ask_one(options, case, *about):
                    json.dump(dict(answer, case=number), file)
                    file.write("\n")
            file.flush()
    os.rename(path + ".part", path)
    print(name, len(cases), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--caus", default="caus")
    parser.add_argument("--answers", required=True)
    parser.add_argument("--made", help="folder of simulated systems")
    parser.add_argument("--data", default=os.environ.get("CAUS_RCA_DATA"))
    parser.add_argument("--sets", help="systems to ask about; default all")
    parser.add_argument("--blocks", type=int, default=60, help="healthy ones a system")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sets = options.sets.split(",") if options.sets else None
    os.makedirs(options.answers, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in list(SYSTEMS) + ["damaged"]:
            if not sets or name in sets:
                damaged = name == "damaged"
                cases = simulated(options, "worlds" if damaged else name,
                                  options.made or folder)
                ask(options, damage(cases[:DAMAGED], options.seed) if damaged else cases, name)
    for name in sorted(os.listdir(options.data)) if options.data else []:
        folder = os.path.join(options.data, name)
        if os.path.isdir(folder) and (not sets or name in sets):
            ask(options, bench.read_cases(folder, options.seed), name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
