# SPDX-License-Identifier: Apache-2.0
"""By how many rows onsets and ends of simulated worlds are off.

Truth is the row that holds the fault, or the fault's first effect on any request
(truth.json), or its first measurable effect: the first of three rows in a row in
which a variable (calls left out, errors as square roots) is farther from its twin,
the same world without the fault, than the twin's standard deviation. An onset
between the fault and that row is off by nothing in the lines that say so.
"""
import collections
import csv
import datetime
import json
import math
import statistics


def seconds(text):
    try:
        return float(text)
    except ValueError:
        return datetime.datetime.fromisoformat(
            text.replace("Z", "+00:00")).timestamp()


BETWEEN = "the rows from the fault to that effect"


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

    def is_slow(self):
        return self.truth["fault"] in ("ramp", "leak")


def rooted(name, values):
    if name.endswith("_errors"):
        return [v if v is None else math.sqrt(v + .375) for v in values]
    return values


def first_measurable(world, twin, first):
    """The first row from `first` on; None where there is none."""
    rows = []
    for name, values in world.columns.items():
        if name.endswith("_calls"):
            continue
        ill, well = (rooted(name, w.columns[name]) for w in (world, twin))
        noise = statistics.pstdev(v for v in well if v is not None)
        apart = [a is not None and b is not None and noise > 0 and
                 abs(a - b) > noise for a, b in zip(ill, well)]
        rows += [r for r in range(first, len(apart) - 2)
                 if all(apart[r:r + 3])][:1]
    return min(rows, default=None)


def spread(name, values, what="off by rows"):
    values = sorted(values)
    if values:
        within = sum(v <= 3 for v in values) / len(values)
        print(f"{name}: {len(values)}, {what}: median "
              f"{values[len(values) // 2]:.0f}, 90 % {values[int(.9 * len(values))]:.0f}, "
              f"up to 3: {within:.3f}")


class OnsetErrors:
    def __init__(self):
        self.offs = collections.defaultdict(list)
        self.held = collections.Counter()
        self.unmeasurable = 0

    def add_off(self, name, world, rows):
        self.offs[name].append(rows)
        self.offs[name, world.is_slow()].append(rows)

    def hold(self, name, interval, time):
        self.held[name, "of"] += 1
        self.held[name] += interval[0] <= time <= interval[1]

    def add(self, world, twin, onset, interval, end):
        """An onset and its interval, and the end where one was said (0 or None:
        it was not), in seconds; TWIN may be None."""
        truth, step = world.truth, world.step
        fault = world.row_of(truth["onset"])
        delay = min(e["onset_seconds"] or 0 for e in truth["effects"])
        effect = world.row_of(truth["onset"] + delay)
        self.add_off("the fault", world, abs(onset - fault) / step)
        self.add_off("its first effect", world, abs(onset - effect) / step)
        self.add_off("delay", world, (effect - fault) / step)
        self.hold("the first effect", interval, effect)
        if end:
            self.offs["end"].append(abs(end - world.row_of(truth["end"])) / step)
        row = twin and first_measurable(world, twin, world.times.index(fault))
        if row is None:
            self.unmeasurable += bool(twin)
            return
        seen = world.times[row]
        self.add_off("its first measurable effect", world, abs(onset - seen) / step)
        self.add_off(BETWEEN, world, max(fault - onset, onset - seen, 0) / step)
        self.hold("the first measurable effect", interval, seen)

    def print(self):
        for name in ("the fault", "its first effect", "its first measurable effect",
                     BETWEEN):
            spread(f"onset against {name}", self.offs[name])
            spread("  without ramps and leaks", self.offs[name, False])
            spread("  ramps and leaks", self.offs[name, True])
        spread("first effect of ramps and leaks", self.offs["delay", True],
               "rows after the fault")
        for name in ("the first effect", "the first measurable effect"):
            if self.held[name, "of"]:
                print(f"onset's interval holds {name}: {self.held[name]} of "
                      f"{self.held[name, 'of']}")
        if self.unmeasurable:
            print(f"no measurable effect: {self.unmeasurable} of those found")
        spread("end", self.offs["end"])
