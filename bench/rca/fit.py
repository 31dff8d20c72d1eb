#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the constants of src/rootcause/weights.h.

Asks `caus explain` about incidents of simulated worlds (and recorded sets) and
about blocks of their healthy rows, then fits
  1. the weights of the terms: conditional logit, the true service among all;
  2. whether anything happened: incidents against healthy blocks;
  3. whether the first is right, of incidents alone.
Worlds are asked about twice, as they are and damaged: spliced, thinned, coarse
or with a short baseline. Every system and mode weighs the same; squares of the coefficients are
penalised (of the first: their distance from the weights in use). Prints the
constants and, for every system, how answers hold that were fitted without it.

usage: fit.py --caus PROGRAM [--worlds N] [--world-seed N] [--large N]
              [--made FOLDER] [--data FOLDER] [--leave-out a,b] [--healthy N]
              [--world-logs] [--only logs]

--large adds systems of large.py. --made keeps simulated systems in a folder and
takes those that are there already.

--leave-out names sets that are scored only. --only logs holds all constants at
those in use but for those of log lines, asking only about answers with logs.
Needs numpy; exits 77 without.
"""
import argparse
import collections
import math
import os
import random
import re
import sys
import tempfile

import run as bench

try:
    import numpy as np
except ImportError:
    print("numpy is not installed")
    sys.exit(77)

TERMS = ["change", "traces", "calls", "internal", "external", "way", "both", "order",
         "logs"]
IN_USE = [1, 1, 1, 1, 1, .5, .3, 1.2, 1]
SIGNS = ["one", "departure", "beyond", "alone", "strength", "lead", "traces", "blind",
         "kinds", "candidates", "found", "no_alarm", "no_departure", "top", "logs", "lines",
         "unrelated", "rows"]
INCIDENT = {"one", "departure", "beyond", "alone", "traces", "no_alarm",
            "no_departure", "top", "lines"}
# A page without a cause costs more than a slight incident that is missed.
HEALTHY_WEIGHT = 1.5
HEALTHY_MODES = ("given", "found", "traces", "traces_found", "logs", "logs_found")
RIGHT = {"one", "strength", "lead", "traces", "blind", "kinds", "candidates", "found", "top",
         "logs", "unrelated", "rows"}


def in_use(name):
    """Constants of signs, as compiled in."""
    path = os.path.join(os.path.dirname(__file__), "../../src/rootcause/weights.h")
    with open(path) as file:
        values = re.search(name + r"\[\] = \{([^}]*)\}", file.read())[1]
    return np.array([float(v) for v in values.split(",") if v.strip()])


def log_between(value, least, most):
    return math.log(min(max(value, least), most))


def signs(told, services, graph, found):
    """The signs of src/rootcause/confidence.c, in its order."""
    first = services[0]
    terms = {t: p["score"] for t, p in first["terms"].items()}
    logs = terms.get("logs", 0)
    score = max(first["score"], 1e-9)
    second = services[1]["score"] if len(services) > 1 else 0
    alarm, strength = told.get("alarm"), told.get("strength")
    departure, beyond = told.get("departure"), told.get("departure_beyond")
    kinds = sum([terms["internal"] > .3, terms["external"] + terms["way"] > .3,
                 terms["traces"] + terms["calls"] > .3, terms["order"] > .1,
                 terms["change"] > .1, logs > .3])
    return [1, 0 if departure is None else min(max(departure, 0), 8),
            0 if departure is None else min(max(beyond, -3), 6),
            0 if alarm is None else log_between(told.get("alarm_alone", 0), .1, 12),
            0 if strength is None else log_between(strength, .1, 10),
            (score - second) / score, (terms["traces"] + terms["calls"]) / score,
            0 if graph else terms["external"] / score, kinds, math.log(len(services)),
            float(found), float(alarm is None), float(departure is None),
            math.log(max(score, .1)), math.log1p(logs), math.log1p(logs) * logs / score,
            math.log1p(told["unrelated"]),
            log_between(told["rows_after"], 1, 40)]


class Pool:
    """What was answered about one system in one mode."""

    def __init__(self):
        self.choices = []  # (terms of every service, index of the true one)
        self.signs, self.right = [], []
        self.healthy = []

    def add(self, told, case, graph, found):
        services = [s for s in told["services"] if not s.get("observer")]
        if not services or services[0]["score"] <= 0:
            return
        self.signs.append(signs(told, services, graph, found))
        names = [s["service"] for s in services]
        self.right.append(float(names[0] == case.root))
        if case.root in names:
            table = [[s["terms"].get(t, {"score": 0})["score"] / w
                      for t, w in zip(TERMS, IN_USE)]
                     for s in services]
            self.choices.append((np.array(table), names.index(case.root)))

    def add_healthy(self, told, graph, found):
        services = [s for s in told["services"] if not s.get("observer")]
        if services and services[0]["score"] > 0:
            self.healthy.append(signs(told, services, graph, found))


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


def ask(options, cases, name, pools):
    draw = random.Random(options.seed)
    for case in cases:
        for mode, how in bench.MODES.items():
            if options.only and not how.get("logs"):
                continue
            if mode == "late" or (mode == "metrics" and not case.has_traces) or (
                    mode.endswith("bare") and not case.graph) or (
                    how.get("logs") and not case.has_logs):
                continue
            found, graph = how["onset"] == "found", how["graph"] and bool(case.graph)
            with tempfile.TemporaryDirectory() as folder:
                case.write(folder)
                told = bench.explain(options.caus, folder, case.symptom,
                                     None if found else case.onset, graph, how["traces"],
                                     how.get("logs"))[0]
            if told:
                pools[name, mode].add(told, case, graph, found)
        for _ in range(options.healthy):
            block, at = healthy_block(case, draw)
            for mode in HEALTHY_MODES if block else ():
                found, logs = mode.endswith("found"), mode.startswith("logs")
                traces = mode.startswith("traces")
                if (logs and not case.has_logs) or (options.only and not logs) or (
                        traces and not case.has_traces):
                    continue
                with tempfile.TemporaryDirectory() as folder:
                    case.write(folder, block)
                    told = bench.explain(options.caus, folder, None, None if found else at,
                                         True, traces, logs)[0]
                if told:
                    pools[name, mode].add_healthy(told, bool(case.graph), found)


def logistic(rows, labels, weights, used, start=None):
    """Penalised logistic regression by Newton's steps; what is not used stays at
    the start."""
    mask = np.array([float(s in used) for s in SIGNS])
    penalty = np.array([0.] + [1.] * (len(SIGNS) - 1))
    found = np.zeros(len(SIGNS)) if start is None else start.copy()
    for _ in range(60):
        p = 1 / (1 + np.exp(-rows @ found))
        slope = rows.T @ (weights * (labels - p)) - penalty * found
        slope = slope * mask
        bend = (rows * (weights * p * (1 - p) + 1e-9)[:, None]).T @ rows + np.diag(penalty)
        bend = bend * np.outer(mask, mask) + np.diag(1 - mask)
        found += np.linalg.solve(bend, slope)
    return found


def fit_signs(pools, only=None):
    rows, labels, weights, right, marks = [], [], [], [], []
    for pool in pools:
        for x, y in zip(pool.signs, pool.right):
            rows.append(x)
            labels.append(1.)
            right.append(y)
            marks.append(100 / len(pool.signs))
        for x in pool.healthy:
            rows.append(x)
            labels.append(0.)
            right.append(0.)
            marks.append(100 / len(pool.healthy))
    rows, labels = np.array(rows), np.array(labels)
    weights, right = np.array(marks), np.array(right)
    share = weights[labels == 1].sum() / max(weights[labels == 0].sum(), 1e-9)
    even = np.where(labels == 1, weights, HEALTHY_WEIGHT * weights * share)
    kept = labels == 1
    if only:
        return (logistic(rows, labels, even, {only}, in_use("caus_incident_weights")),
                logistic(rows[kept], right[kept], weights[kept], {only},
                         in_use("caus_right_weights")))
    incident = logistic(rows, labels, even, INCIDENT)
    return incident, logistic(rows[kept], right[kept], weights[kept], RIGHT)


def fit_terms(pools, penalty=5., only=None):
    start = np.array(IN_USE)
    found = start.copy()
    mask = np.array([float(only in (None, t)) for t in TERMS])
    for _ in range(100):
        slope, bend = -penalty * (found - start), penalty * np.eye(len(start))
        for pool in pools:
            for table, true in pool.choices:
                score = table @ found
                p = np.exp(score - score.max())
                p /= p.sum()
                mean = p @ table
                mark = 100 / len(pool.choices)
                slope += mark * (table[true] - mean)
                bend += mark * ((table * p[:, None]).T @ table - np.outer(mean, mean))
        bend = bend * np.outer(mask, mask) + np.diag(1 - mask)
        found += np.linalg.solve(bend, slope * mask)
    return found


def confidence(rows, incident, right):
    happened = 1 / (1 + np.exp(-rows @ incident))
    return happened, np.minimum(1, happened / .5) / (1 + np.exp(-rows @ right))


def report(name, mode, pool, fitted):
    sure = ""
    if pool.signs:
        happened, p = confidence(np.array(pool.signs), *fitted)
        right = np.array(pool.right)
        loud = p >= .8
        error = bench.calibration(list(zip(p, right > 0)))
        sure = (f"seen {(happened >= .5).mean():.2f}  AC@1 {right.mean():.2f}  calibration "
                f"error {error:.3f}  at >= .8: {loud.mean():.2f} of all, right "
                f"{right[loud].mean() if loud.any() else math.nan:.2f}, wrong "
                f"{(loud & (right == 0)).mean():.3f}")
    if pool.healthy:
        happened, p = confidence(np.array(pool.healthy), *fitted)
        sure += (f"  healthy: called {(happened >= .5).mean():.3f}, culprit "
                 f"{((happened >= .75) & (p >= .5)).mean():.3f}")
    print(f"  {name:<16}{mode:<9}{sure}")


def show(pools, left_out, only):
    learned = {k: p for k, p in pools.items() if k[0] not in left_out}
    terms = fit_terms(learned.values(), only=only)
    print("weights of terms, external 1:", ", ".join(
        f"{t} {w / terms[4]:.2f}" for t, w in zip(TERMS, terms)))
    fitted = fit_signs(learned.values(), only)
    for name, weights in zip(("incident", "right"), fitted):
        print(f"caus_{name}_weights: " + ", ".join(f"{w:.2f}" for w in weights))
    print("fitted on all:")
    for (name, mode), pool in pools.items():
        report(name, mode, pool, fitted)
    print("fitted without the system:")
    for name in sorted({k[0] for k in pools}):
        kind = name.split(",", 1)[0]
        others = [p for k, p in learned.items() if k[0].split(",", 1)[0] != kind]
        if others:
            apart = fit_signs(others, only)
            for (own, mode), pool in pools.items():
                if own == name:
                    report(own, mode, pool, apart)


def ask_simulated(options, folder, pools):
    for name, make in (("worlds", bench.make_worlds), ("large", bench.make_large)):
        path = os.path.join(folder, name)
        if not os.path.isdir(path):
            os.makedirs(path)
            make(options, path)
        cases = bench.read_cases(path, options.seed)
        if cases:
            ask(options, cases, name, pools)
        if cases and name == "worlds" and not options.only:
            ask(options, damage(bench.read_cases(path, options.seed), options.seed),
                "worlds, damaged", pools)
    path = os.path.join(folder, "traced")
    if os.path.isdir(path):
        ask(options, bench.read_cases(path, options.seed), "worlds, traced", pools)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--caus", default="caus")
    parser.add_argument("--data", default=os.environ.get("CAUS_RCA_DATA"))
    parser.add_argument("--leave-out", default="")
    parser.add_argument("--worlds", type=int, default=160)
    parser.add_argument("--world-seed", type=int, default=1)
    parser.add_argument("--world-traces", action="store_true")
    parser.add_argument("--world-logs", action="store_true")
    parser.add_argument("--only", choices=["logs"])
    parser.add_argument("--large", type=int, default=0)
    parser.add_argument("--large-seed", type=int, default=70000)
    parser.add_argument("--made", help="folder of simulated systems")
    parser.add_argument("--healthy", type=int, default=2, help="blocks a case")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    pools = collections.defaultdict(Pool)
    with tempfile.TemporaryDirectory() as folder:
        ask_simulated(options, options.made or folder, pools)
    for name in sorted(os.listdir(options.data)) if options.data else []:
        folder = os.path.join(options.data, name)
        if os.path.isdir(folder):
            ask(options, bench.read_cases(folder, options.seed), name, pools)
    show(pools, set(options.leave_out.split(",")), options.only)
    return 0


if __name__ == "__main__":
    sys.exit(main())
