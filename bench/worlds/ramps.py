#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores the onsets of caus_incident_find() on made ramps, whose beginning is
known to the row: ten latencies of 480 rows, noise that remembers half of the row
before; 1, 3 or 6 of them rise at a random row, by 3 to 8 deviations in 1 to 80
rows, and stay there for the rest of 90 to 130 rows. A ramp shows in the first row
in which one of them has risen by a deviation.

  ramps.py BENCH_EXTENT [COUNT]      COUNT of each kind; default 40
"""
import csv
import math
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

ROWS, COLUMNS, MEMORY, STEP, START = 480, 10, .5, 15, 1700000000


def noise(dice):
    value, values = 0, []
    for _ in range(ROWS):
        value = MEMORY * value + math.sqrt(1 - MEMORY ** 2) * dice.gauss(0, 1)
        values.append(value)
    return values


def write(path, dice, length, members):
    """One world; the first row of its ramp, and that in which it shows."""
    first = dice.randint(200, 300)
    last = first + dice.randint(90, 130)
    shown = last
    columns = [noise(dice) for _ in range(COLUMNS)]
    for values in columns[:members]:
        top = dice.uniform(3, 8)
        shown = min(shown, first + math.ceil(length / top) - 1)
        for row in range(first, last):
            values[row] += top * min((row - first + 1) / length, 1)
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["time"] + [f"s{c}_latency" for c in range(COLUMNS)])
        for row in range(ROWS):
            table.writerow([START + STEP * row] +
                           [f"{10 + .7 * values[row]:.4f}" for values in columns])
    return first, shown


def spread(rows, which):
    late = sorted(said[0] - truth[which] for said, truth in rows)
    offs = sorted(map(abs, late))
    held = sum(said[1] <= truth[which] <= said[2] for said, truth in rows)
    return (f"late by {statistics.median(late):.0f} in the median, off by up to "
            f"{offs[int(.9 * len(offs))]:.0f} in 90 %, held {held / len(rows):.2f}")


def main():
    program, count = sys.argv[1], int((sys.argv[2:] or [40])[0])
    dice = random.Random(77)
    kinds = [(n, m) for n in (1, 4, 10, 20, 40, 80) for m in (1, 3, 6)]
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / f"{n}_{m}_{i}.csv"
                 for n, m in kinds for i in range(count)]
        firsts = [write(path, dice, *kinds[i // count])
                  for i, path in enumerate(paths)]
        told = subprocess.run([program], input="".join(f"{p}\n" for p in paths),
                              text=True, capture_output=True,
                              check=True).stdout.splitlines()
    for i, (length, members) in enumerate(kinds):
        lines = zip(told[i * count:(i + 1) * count], firsts[i * count:])
        rows = [([(float(t) - START) / STEP for t in line.split()[1:4]], truth)
                for line, truth in lines if line.startswith("1 ")]
        print(f"{length} rows, {members} of {COLUMNS}: found {len(rows)} of {count}; "
              f"from its beginning {spread(rows, 0)}; from where it shows {spread(rows, 1)}")


if __name__ == "__main__":
    main()
