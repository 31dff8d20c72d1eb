# SPDX-License-Identifier: Apache-2.0
"""Onsets and false alarms on recorded incidents.

usage: anomaly.py BENCH_PROGRAM SETS_FOLDER [DETECTOR...]

SETS_FOLDER holds sets of case folders with metrics.csv and truth.json (the
layout of ../shared/data/rca, unpacked; third-party data, not part of the
project). Where a healthy and an incident part were recorded apart and spliced
(baseline_shift_s), that is said, as a method that sees the splice looks good.

Each incident: the rows before it that are left after a lead of a few are the
reference; rows of the lead and the incident are in question, so the onset is
not given. Healthy blocks: rows in question of the same number, cut from the
reference part of a recording, all before the incident and after a splice.
Intervals: Wilson, 95 %.
"""

import csv
import glob
import json
import math
import os
import random
import subprocess
import sys
from collections import defaultdict

MOST_REFERENCE = 360
MOST_TESTED = 60
LEAST_REFERENCE = 20
BLOCKS_PER_CASE = 12


def read_case(folder):
    with open(os.path.join(folder, "truth.json")) as file:
        truth = json.load(file)
    with open(os.path.join(folder, "metrics.csv")) as file:
        rows = csv.reader(file)
        names = next(rows)
        table = list(rows)
    times = [int(float(row[0])) for row in table]
    return truth, names, times, table


def interval(hits, count):
    if not count:
        return "-"
    z, share = 1.96, hits / count
    middle = (share + z * z / 2 / count) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(
        share * (1 - share) / count + z * z / 4 / count / count)
    return f"{share:.3f} [{max(0, middle - half):.3f}, {middle + half:.3f}]"


def outage_rows(names, table):
    """Rows in which the user-facing latency is five times its median."""
    if "slo_p90" not in names:
        return set()
    at = names.index("slo_p90")
    values = [float(row[at] or 0) for row in table]
    limit = 5 * sorted(values)[len(values) // 2]
    return {r for r, value in enumerate(values) if value > limit}


def jobs_of(folder, rng):
    truth, names, times, table = read_case(folder)
    inject = truth["inject_time"]
    before = sum(t < inject for t in times)
    spliced = truth.get("shifted_baseline_rows") or 0
    tested = min(len(times) - before, MOST_TESTED)
    steps = sorted(b - a for a, b in zip(times, times[1:]))
    step = steps[len(steps) // 2]
    path = os.path.join(folder, "metrics.csv")
    lead = min(tested, max(0, before - LEAST_REFERENCE))
    start = max(0, before - lead - MOST_REFERENCE)
    kind = "incident"
    if any(word in folder for word in ("_return", "_exception")):
        kind = "incident (code level)"
    line = (path, times[start], times[before - lead], times[before + tested - 1])
    yield kind, line, inject, step
    out = outage_rows(names, table[:before])
    block = min(tested, (before - spliced - LEAST_REFERENCE) // 2)
    choices = list(range(spliced + LEAST_REFERENCE, before - block + 1))
    if block < 3:
        return
    rng.shuffle(choices)
    for at in choices[:BLOCKS_PER_CASE]:
        near = out & set(range(at - 2, at + block))
        kind = "healthy with an outage" if near else "healthy"
        first = max(spliced, at - MOST_REFERENCE)
        yield kind, (path, times[first], times[at], times[at + block - 1]), 0, step


def ask(program, detector, jobs):
    text = "".join(" ".join(map(str, job[1])) + "\n" for job in jobs)
    result = subprocess.run([program, detector], input=text, text=True,
                            capture_output=True, check=True)
    return result.stdout.splitlines()


def share_of(values, limit):
    return sum(value <= limit for value in values)


def report(name, jobs, answers):
    groups = defaultdict(list)
    cost = []
    for (kind, _, inject, step), answer in zip(jobs, answers):
        if answer.startswith("error"):
            groups[kind].append(None)
            continue
        words = answer.split()
        cost.append(float(words[-1]))
        groups[kind].append((int(words[0]), float(words[1]), float(words[2]),
                             float(words[3]), inject, step))
    for kind in sorted(groups):
        found = [a for a in groups[kind] if a and a[0]]
        refused = sum(a is None for a in groups[kind])
        line = (f"{name:14} {kind:24} {len(groups[kind]):4} cases, {refused} "
                f"refused, called {interval(len(found), len(groups[kind]))}")
        if kind.startswith("incident") and found:
            errors = sorted(abs(a[1] - a[4]) / a[5] for a in found)
            inside = sum(a[2] - a[5] / 2 <= a[4] <= a[3] + a[5] / 2
                         for a in found)
            line += (f"; onset error in steps: median {errors[len(errors) // 2]:.0f}"
                     f", within 1 {interval(share_of(errors, 1), len(errors))}"
                     f", within 3 {interval(share_of(errors, 3), len(errors))}"
                     f", interval covers {interval(inside, len(found))}")
        print(line)
    if cost:
        cost.sort()
        print(f"{name:14} cpu ms a case: median {cost[len(cost) // 2]:.2f}, "
              f"largest {cost[-1]:.2f}")


def main():
    if len(sys.argv) < 3 or not os.path.isdir(sys.argv[2]):
        print("anomaly.py: no folder of incident sets given", file=sys.stderr)
        sys.exit(77)
    detectors = sys.argv[3:] or ["two-window", "change-point", "bayesian",
                                 "forecast", "isolation", "granger-break",
                                 "run-lengths"]
    for folder in sorted(glob.glob(os.path.join(sys.argv[2], "*/"))):
        rng = random.Random(1)
        jobs = [job for case in sorted(glob.glob(folder + "*/"))
                for job in jobs_of(case, rng)]
        shifts = [read_case(case)[0].get("baseline_shift_s")
                  for case in sorted(glob.glob(folder + "*/"))]
        print(f"# {os.path.basename(folder[:-1])}: "
              f"{sum(bool(s) for s in shifts)} of {len(shifts)} cases spliced")
        for detector in detectors:
            report(detector, jobs, ask(sys.argv[1], detector, jobs))


if __name__ == "__main__":
    main()
