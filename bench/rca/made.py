#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a case of many services for measuring speed, not accuracy.

A tree of services, each with latency, errors, calls, processor, memory and
queue; noise remembers its past; from four fifths on one service is slow and
with it all that call it.

usage: made.py FOLDER [SERVICES] [ROWS] [SEED] [healthy]

Writes metrics.csv and graph.csv; SERVICES 50 and ROWS 600 make 300 series.
With `healthy` no service is slow.
"""
import os
import random
import sys

START, STEP_S, BRANCHES = 1761706800, 15, 3
METRICS = ["latency_p95", "errors", "calls", "cpu", "memory", "queue"]


def remembering(draw, rows, memory):
    """Noise of deviation one whose neighbours correlate by `memory`."""
    level, fresh, found = draw.gauss(0, 1), (1 - memory ** 2) ** .5, []
    for _ in range(rows):
        level = memory * level + fresh * draw.gauss(0, 1)
        found.append(level)
    return found


def columns_of(draw, rows, load, hit):
    """A service's six columns; hit: 2 = the root, 1 = calls it, 0 = neither."""
    busy = draw.uniform(.5, 20)
    noise = [remembering(draw, rows, draw.uniform(0, .8)) for _ in METRICS]
    onset = rows * 4 // 5
    for row in range(rows):
        ill = hit if row >= onset else 0
        calls = busy * 60 * (1 + .1 * load[row] + .03 * noise[2][row])
        yield (.02 * busy * (1 + .1 * noise[0][row] + .1 * load[row] + ill),
               max(0, round(noise[1][row] - 1.5 + 3 * ill)),
               round(calls),
               .01 * calls * (1 + .05 * noise[3][row] + .5 * (ill == 2)),
               2e8 * (1 + .02 * noise[4][row]),
               max(0, round(2 + noise[5][row] + 3 * ill)))


def main():
    folder = sys.argv[1]
    services, rows, seed = (
        int(sys.argv[i]) if len(sys.argv) > i else given
        for i, given in ((2, 50), (3, 600), (4, 1)))
    draw = random.Random(seed)
    callers = {i: (i - 1) // BRANCHES for i in range(1, services)}
    hits, at = {services // 2: 2}, services // 2
    if sys.argv[5:] == ["healthy"]:
        hits, at = {}, 0
    while at in callers:
        at = callers[at]
        hits[at] = 1
    load = remembering(draw, rows, .95)
    tables = [list(columns_of(draw, rows, load, hits.get(i, 0)))
              for i in range(services)]
    with open(os.path.join(folder, "metrics.csv"), "w") as file:
        names = [f"s{i:02}_{m}" for i in range(services) for m in METRICS]
        print("time", *names, sep=",", file=file)
        for row in range(rows):
            values = [f"{v:.6g}" for table in tables for v in table[row]]
            print(START + row * STEP_S, *values, sep=",", file=file)
    with open(os.path.join(folder, "graph.csv"), "w") as file:
        print("src,dst", file=file)
        for callee, caller in callers.items():
            print(f"s{caller:02},s{callee:02}", file=file)


if __name__ == "__main__":
    main()
