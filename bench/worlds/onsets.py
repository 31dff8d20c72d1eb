#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores caus_incident_find() on simulated worlds: is the incident found, when,
and how often in windows without a fault.

  onsets.py BENCH_EXTENT FOLDER [TWINS]

FOLDER/<seed>/ holds series.csv and truth.json of `caus simulate world`, with
faults or (--fault none) without; TWINS/<seed>/ the same worlds without the fault.
With them the fault's first measurable effect is told (onset_error.py). Beside what
is found stands what could be: a fault counts as visible where an affected variable's
level during the fault, its rows known, differs from that of the other rows beyond
chance (p = .01 over all variables, the noise's memory allowed for); "blind" is the
same at the price of not knowing the rows. In a window without a fault a service is
overloaded where its latency at least doubles in the rows said.
"""
import collections
import math
import pathlib
import statistics
import subprocess
import sys

from onset_error import OnsetErrors, World, rooted


def memory_of(values):
    mean = statistics.fmean(values)
    values = [v - mean for v in values]
    variance = sum(v * v for v in values) / len(values)
    memory = 1
    for lag in range(1, len(values) // 10):
        together = sum(a * b for a, b in zip(values, values[lag:]))
        correlation = together / (len(values) - lag) / variance if variance else 0
        if correlation < .1:
            break
        memory += 2 * correlation
    return memory


def squared_shift(world, name):
    """Of a variable's level in the fault's rows against the others, squared and
    in squared standard errors."""
    first, last = world.truth["onset"], world.row_of(world.truth["end"])
    values = rooted(name, world.columns[name])
    pairs = [(t, v) for t, v in zip(world.times, values) if v is not None]
    inside = [v for t, v in pairs if first < t <= last]
    outside = [v for t, v in pairs if not first < t <= last]
    if len(inside) < 3 or len(outside) < 20:
        return 0
    middle = statistics.median(outside)
    low, _, high = statistics.quantiles(outside, n=4)
    scale = max((high - low) / 1.349, statistics.pstdev(outside) / 3)
    if not scale:
        return math.inf if statistics.fmean(inside) != middle else 0
    inside, outside = ([max(-4, min(4, (v - middle) / scale)) for v in side]
                       for side in (inside, outside))
    error = (statistics.pvariance(outside) * memory_of(outside) *
             (1 / len(inside) + 1 / len(outside)))
    return (statistics.fmean(inside) - statistics.fmean(outside)) ** 2 / error


def visible(world):
    """Whether the fault is seen with its rows known, and without."""
    names = [n for n in world.columns if not n.endswith("_calls")]
    affected = {e["variable"] for e in world.truth["effects"]} & set(names)
    most = max((squared_shift(world, n) for n in affected), default=0)
    known = statistics.NormalDist().inv_cdf(1 - .005 / len(names)) ** 2
    return most > known, most > known + 2 * math.log(len(world.times))


def overloaded(world, first, last):
    """The largest factor of a latency in [first, last] over the other rows."""
    most = 0
    for name, values in world.columns.items():
        pairs = [(t, v) for t, v in zip(world.times, values) if v is not None]
        inside = [v for t, v in pairs if first <= t <= last]
        outside = [v for t, v in pairs if not first <= t <= last]
        if name.endswith("_latency") and inside and outside:
            most = max(most, statistics.median(inside) / statistics.median(outside))
    return most


class Tally:
    """What became of the worlds."""

    def __init__(self):
        self.count = collections.Counter()
        self.by_fault = collections.defaultdict(collections.Counter)
        self.onsets = OnsetErrors()
        self.factors = []

    def add_healthy(self, world, found, onset, end):
        self.count["without effect"] += 1
        self.count["without effect, called"] += found
        if found:
            self.factors.append(overloaded(world, onset, end or world.times[-1]))

    def add_faulty(self, world, found):
        kind = world.truth["fault"]
        known, blind = visible(world)
        for name, is_so in (("faults", True), ("visible", known),
                            ("blind", blind), ("found", found)):
            self.count[name] += is_so
            self.by_fault[kind][name] += is_so

    def print(self):
        print({name: int(n) for name, n in self.count.items()})
        for kind, count in sorted(self.by_fault.items()):
            print(f"  {kind}:", {name: int(n) for name, n in count.items()})
        if self.factors:
            print("latency in the rows called without a fault, times that of others:",
                  ", ".join(f"{f:.1f}" for f in sorted(self.factors)))
        self.onsets.print()


def main():
    program, folder, *twins = sys.argv[1:]
    folders = sorted(p for p in pathlib.Path(folder).iterdir()
                     if (p / "truth.json").exists())
    asked = "".join(f"{p}/series.csv\n" for p in folders)
    told = subprocess.run([program], input=asked, text=True,
                          capture_output=True, check=True).stdout.splitlines()
    tally, cost = Tally(), []
    for path, line in zip(folders, told):
        found, onset, low, high, end, _, _, spent = map(float, line.split()[:8])
        world = World(path)
        cost.append(spent)
        if world.truth["fault"] == "none" or not world.truth["effects"]:
            tally.add_healthy(world, found, onset, end)
            continue
        tally.add_faulty(world, found)
        if found:
            twin = World(pathlib.Path(twins[0]) / path.name) if twins else None
            tally.onsets.add(world, twin, onset, (low, high), end)
    tally.print()
    print(f"ms a window, processor: median {statistics.median(cost):.1f}, "
          f"largest {max(cost):.1f}")


if __name__ == "__main__":
    main()
