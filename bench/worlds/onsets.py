#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores caus_incident_find() on simulated worlds: is the incident found, when,
and how often in windows without a fault.

  onsets.py BENCH_EXTENT FOLDER

FOLDER/<seed>/ holds series.csv and truth.json of `caus simulate world`, with
faults or (--fault none) without. Beside what is found stands what could be: a
fault counts as visible where an affected variable's level during the fault, its
rows known, differs from that of the other rows beyond chance (p = .01 over all
variables, the noise's memory allowed for); "blind" is the same at the price of
not knowing the rows. In a window without a fault a service is overloaded where
its latency at least doubles in the rows said.
"""
import collections
import csv
import datetime
import json
import math
import pathlib
import statistics
import subprocess
import sys


def seconds(text):
    try:
        return float(text)
    except ValueError:
        return datetime.datetime.fromisoformat(
            text.replace("Z", "+00:00")).timestamp()


class World:
    def __init__(self, folder):
        self.folder = folder
        self.truth = json.loads((folder / "truth.json").read_text())
        with open(folder / "series.csv", newline="") as file:
            self.names, *rows = list(csv.reader(file))
        self.times = [seconds(row[0]) for row in rows]
        self.step = self.truth["step_seconds"]
        self.columns = {name: [float(row[i]) if row[i] else None for row in rows]
                        for i, name in enumerate(self.names) if i}

    def row_of(self, time):
        """The grid time whose row holds an instant."""
        return math.ceil(time / self.step) * self.step


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
    pairs = [(t, math.sqrt(v + .375) if name.endswith("_errors") else v)
             for t, v in zip(world.times, world.columns[name]) if v is not None]
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


def spread(name, values, what="off by rows"):
    values = sorted(values)
    if values:
        print(f"{name}: {len(values)}, {what}: median "
              f"{values[len(values) // 2]:.0f}, 90 % {values[int(.9 * len(values))]:.0f}")


def main():
    program, folder = sys.argv[1:]
    folders = sorted(p for p in pathlib.Path(folder).iterdir()
                     if (p / "truth.json").exists())
    asked = "".join(f"{p}/series.csv\n" for p in folders)
    told = subprocess.run([program], input=asked, text=True,
                          capture_output=True, check=True).stdout.splitlines()
    count, by_fault = collections.Counter(), collections.defaultdict(collections.Counter)
    onsets, sudden, slow, seen, slowly_seen = [], [], [], [], []
    delays, held, ends, cost, factors = [], [], [], [], []
    for path, line in zip(folders, told):
        found, onset, low, high, end, _, _, spent = map(float, line.split()[:8])
        world = World(path)
        cost.append(spent)
        kind = world.truth["fault"]
        if kind == "none" or not world.truth["effects"]:
            count["without effect"] += 1
            count["without effect, called"] += found
            if found:
                factors.append(overloaded(world, onset, end or world.times[-1]))
            continue
        known, blind = visible(world)
        for name, is_so in (("faults", True), ("visible", known),
                            ("blind", blind), ("found", found)):
            count[name] += is_so
            by_fault[kind][name] += is_so
        if not found:
            continue
        off = abs(onset - world.row_of(world.truth["onset"])) / world.step
        onsets.append(off)
        first = min(e["onset_seconds"] or 0 for e in world.truth["effects"])
        effect = world.row_of(world.truth["onset"] + first)
        seen.append(abs(onset - effect) / world.step)
        held.append(low <= effect <= high)
        if kind in ("ramp", "leak"):
            slow.append(off)
            slowly_seen.append(seen[-1])
            delays.append(first / world.step)
        else:
            sudden.append(off)
        if end:
            ends.append(abs(end - world.row_of(world.truth["end"])) / world.step)
    print({name: int(n) for name, n in count.items()})
    for kind in sorted(by_fault):
        print(f"  {kind}:", {name: int(n) for name, n in by_fault[kind].items()})
    if factors:
        print("latency in the rows called without a fault, times that of others:",
              ", ".join(f"{f:.1f}" for f in sorted(factors)))
    spread("onset against the fault", onsets)
    spread("  without ramps and leaks", sudden)
    spread("  ramps and leaks", slow)
    spread("onset against its first effect", seen)
    spread("  ramps and leaks", slowly_seen)
    spread("  their first effect", delays, "rows after the fault")
    print(f"onset's interval holds the first effect: {sum(held)} of {len(held)}")
    spread("end", ends)
    print(f"ms a window, processor: median {statistics.median(cost):.1f}, "
          f"largest {max(cost):.1f}")


if __name__ == "__main__":
    main()
