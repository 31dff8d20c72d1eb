#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Incidents of a railway's ticket system, 39 to 68 services and stores of which are measured.

Written without a look at the ranking, to judge it: they take part in no fit, and seeds
from 12000 on, of which figures are, in no choice of a rule. What runs is ticketing.py;
which services there are, and who calls whom, is the same each time, while hosts, sizes,
timeouts, repetitions, caches and what is done at once are drawn anew. Of three kinds:

    tickets       rows of a minute, the same of every pod; a third of them spliced
    ticket_steps  steps of 5 s to 300 s, rates over a window, the names of a cluster,
                  a mesh, runtimes and stores; traces of half of them, some pods unseen
    ticket_hard   as tickets, but weak faults, while the load changes, others compute and
                  are started anew, and few requests are traced

usage: tickets.py FOLDER COUNT [SEED [KIND]]

makes cases of every fault in turn; a root comes again when all had theirs. `run.py
--tickets COUNT --ticket-steps COUNT --ticket-hard COUNT --ticket-seed SEED` makes and
scores them; fault and root do not depend on how answers come out. Needs numpy; exits 77
without.
"""
import collections
import json
import math
import os
import random
import sys

try:
    import numpy as np
except ImportError:
    print("numpy is not installed")
    sys.exit(77)

from queues import make_as_asked, write_table
from railway import ASKING, FLOWS, SERVICES, STORING, VISITS
from ticket_columns import (View, Watch, in_time, inside, minute_columns, scraped_columns,
                            text)
from ticket_faults import FAULTS, Incident, Others
from ticketing import System, Tracing, full

BEGIN = 1_661_040_000
DAY_S = 86400
WARM_S = 120         # before anything is measured
THINK_S = 6.         # between the requests of a user
TRACES = 200         # of each phase
LEAST_ASKED = .035   # times a request of users, of a root
# What seeds draw cases with: another word, other cases.
WORDS = {"tickets": "tt", "ticket_steps": "tt_steps", "ticket_hard": "tt_hard"}
# Of a step in seconds: rows before the onset and after it, requests a second.
WINDOWS = {5: ((120, 300), (15, 40), 2.5), 15: ((80, 240), (8, 24), 1.5),
           30: ((60, 160), (6, 20), 1.), 60: ((60, 100), (5, 12), .8),
           300: ((60, 80), (5, 8), .2)}
# Of a fault in rows of a minute, what shows it at the root.
SHOWN_BY = {"cpu_contention": ("cpu_rate", "cpu_m"), "cpu_consumed": ("cpu_rate", "cpu_m"),
            "memory_leak": ("mem_rate", "mem_mi")}
NEARLY_IDLE = 20     # requests in all
CYCLE = 1000         # cases, after which fault and root come again

# What a run of the system is made with; `own` draws the system.
Setting = collections.namedtuple("Setting", "own rate tracing is_open")


# ---- who has what ----

def can_have(fault, service):
    return {"db_slow": service in STORING, "early_return": service in ASKING}.get(fault, True)


def deal(word, number):
    """Fault and root of a case of so many: every fault in its turn, roots evenly."""
    asked = collections.Counter()
    for (service, _), times in VISITS.items():
        asked[service] += times
    roots = [s for s in SERVICES if asked[s] > LEAST_ASKED and not s.startswith("admin")]
    draw, deck = random.Random("plan " + word), []
    for at in range(number + 1):
        fault = FAULTS[at % len(FAULTS)]
        if not any(can_have(fault, s) for s in deck):
            more = roots[:]
            draw.shuffle(more)
            deck += more
        root = next(s for s in deck if can_have(fault, s))
        deck.remove(root)
    return fault, root


# ---- runs ----

class World:
    """A run of the system, in which all is well but for what `harm` does."""

    def __init__(self, seed, setting, begin, seconds, mean_load=1., harm=None):
        self.begin, self.seconds, self.shift = begin, seconds, begin - WARM_S
        self.system = System(seed, setting.own, setting.tracing, setting.is_open)
        self.draw = random.Random(seed + 17)
        self.system.begin(setting.rate, THINK_S, self.draw_load(mean_load))
        self.disturb()
        if harm:
            harm(self.system)
        self.system.run(WARM_S + seconds)
        self.views = [View(pod, self.shift) for pod in self.system.everyone()]
        self.felt = in_time(self.system.felt, 3, self.shift)

    def draw_load(self, mean):
        """By the hour, with bursts and lulls."""
        draw = self.draw
        phase = draw.uniform(0, 6.28)
        bumps = [(draw.uniform(0, self.seconds), draw.uniform(40, 150),
                  draw.choice([.3, .6, 1.6, 2.2])) for _ in range(draw.choice([0, 0, 1, 1, 2]))]

        def load(t):
            found = mean * (1 + .15 * math.sin(t / 1500 + phase))
            for at, width, factor in bumps:
                if at < t - WARM_S < at + width:
                    found *= factor
            return found
        return load

    def disturb(self):
        """What harms nobody: who is hardly asked starts anew, others compute."""
        draw, system, pods = self.draw, self.system, list(self.system.pods.values())
        if draw.random() < .15:
            words = ("news", "vouchers", "admin", "delivery", "avatar", "waiting", "ticket")
            pod = draw.choice([p for p in pods if p.name.split("-")[0] in words])
            at = WARM_S + draw.uniform(0, self.seconds)
            system.at(at, lambda: system.kill(pod, 25.))
        for _ in range(draw.choice([0, 1, 2, 4])):
            busy, at = draw.choice(pods), WARM_S + draw.uniform(0, self.seconds)
            cpu_s = draw.uniform(1, 8)
            system.at(at, lambda pod=busy, cpu_s=cpu_s: pod.compute(cpu_s))

    def row_times(self, step_s):
        """Of the ends of rows."""
        return np.arange(self.begin + step_s, self.begin + self.seconds + 1, step_s)


class Case:
    """One incident: what is drawn for it, the runs, and what is told of them."""

    def __init__(self, kind, seed):
        self.seed = seed
        self.by_steps, self.is_hard = kind == "ticket_steps", kind == "ticket_hard"
        self.fault, self.root = deal(WORDS[kind], seed % CYCLE)
        self.draw = random.Random(f"{WORDS[kind]} {seed}")
        self.draw_rows()
        self.draw_setting()
        self.draw_times()
        self.run()

    def draw_rows(self):
        draw = self.draw
        if self.by_steps:
            self.step_s = list(WINDOWS)[self.seed // 2 % len(WINDOWS)]
            before, after, rate = WINDOWS[self.step_s]
            self.before, self.after = draw.randint(*before), draw.randint(*after)
            self.rate = rate * draw.uniform(.7, 1.3)
        else:
            self.step_s = 60
            self.before, self.after = draw.randint(20, 60), draw.randint(5, 6)
            self.rate = draw.uniform(.7, 2.)

    def draw_setting(self):
        draw = self.draw
        self.is_spliced = draw.random() < .35 and not self.by_steps
        self.is_traced = not self.by_steps or draw.random() < .5
        is_open = draw.random() < .3
        share = .15 if self.is_hard else 1. if self.step_s < 300 else .3
        tracing = Tracing(share * self.is_traced, draw.choice([False, True]),
                          draw.choice(["http", "name", "name", None]), draw.random() < .5)
        self.setting = Setting(draw.randrange(10 ** 6), self.rate, tracing, is_open)

    def draw_times(self):
        """Of the first row, of the onset after it, and how long the fault lasts."""
        draw, step_s = self.draw, self.step_s
        self.own = draw.randint(2, 8) if self.is_spliced else self.before
        day = BEGIN + self.seed % CYCLE * DAY_S
        self.begin = day + draw.randrange(0, 20) * 3600
        self.at = self.own * step_s + draw.uniform(-.5, .4) * step_s
        least, most = (.8, 1.2) if self.by_steps else (.6, 1.05)
        self.lasts = draw.uniform(least, most) * (self.after * step_s)
        if not self.by_steps:
            self.lasts = max(180., min(360., self.lasts))
        self.onset = self.begin + self.at

    def run(self):
        """The run with the incident, after one of another time where it is spliced."""
        around = Others(self.draw) if self.is_hard else None

        def harm(system):
            window = (WARM_S + self.at, WARM_S + self.at + self.lasts)
            self.incident = Incident(system, self.root, window, self.draw, self.is_hard)
            getattr(self.incident, self.fault)()
            if around:
                around.distract(system, self.root, window)
        number = self.seed * 31 + 5
        self.world = World(number, self.setting, self.begin,
                           (self.own + self.after) * self.step_s, harm=harm)
        self.worlds = [self.world]
        if self.is_spliced:
            seconds = (self.before - self.own) * self.step_s
            load = self.draw.choice([.5, .8, 1.3, 1.8])
            self.worlds.insert(0, World(number + 1, self.setting, self.begin - seconds, seconds,
                                        load))

    # ---- what is told ----

    def choose_shown(self):
        """Which pods are watched, and under which name the root is."""
        system, draw = self.world.system, self.draw
        stores_shown = self.by_steps or draw.random() < .3
        at_store = self.fault == "db_slow" and stores_shown
        self.service = system.stores[self.root].name if at_store else full(self.root)
        pods = list(system.pods.values()) + stores_shown * list(system.stores.values())
        if self.by_steps:
            count = draw.randint(40, 70)
            kept = (self.service, full(self.root), full("ui"))
            spare = [pod for pod in pods if pod.name not in kept]
            draw.shuffle(spare)
            spare.sort(key=lambda pod: len(pod.served) >= NEARLY_IDLE)
            for pod in spare[:max(0, len(pods) - count)]:
                pods.remove(pod)
        self.shown = {pod.name for pod in pods}

    def read_rows(self):
        """The names of columns, and rows with the time first."""
        style, columns = self.draw.randrange(10 ** 9), None
        rows = []
        measure = scraped_columns if self.by_steps else minute_columns
        for world in self.worlds:
            times = world.row_times(self.step_s)
            noise = random.Random(self.seed * 7 + world.begin % 1000)
            columns = measure(Watch(world, times, self.step_s, self.shown, random.Random(style),
                                    noise))
            rows += zip(times.tolist(), *columns.values())
        return list(columns), rows

    def choose_symptom(self):
        """What users feel, or None: half of the sets are asked about without."""
        if self.by_steps and self.seed % 2:
            return None
        draw = self.draw
        before, after = (inside(self.world.felt, *of)
                         for of in ((0, self.onset), (self.onset, 1e12)))
        fewer = before[:, 2].mean() - after[:, 2].mean() if len(before) and len(after) else 0
        if fewer > .08 and draw.random() < .7:
            return "slo_success_rate"
        return draw.choice(["slo_p90", "slo_p90", "slo_p95", "slo_p50"]) \
            if draw.random() < .4 else "slo_p90"

    def write_metrics(self, path, names, rows, symptom):
        """Without some rows of healthy time and some cells."""
        gone, holes = random.Random(self.seed + 3), .002 if self.by_steps else .004
        told = [i for i, name in enumerate(names) if symptom or not name.startswith("slo_")]
        rows = [row for row in rows if gone.random() > .012 or row[0] >= self.onset]
        write_table(path, ["time"] + [names[i] for i in told],
                    ([row[0], *("" if gone.random() < holes else text(row[i + 1]) for i in told)]
                     for row in rows))

    def write_graph(self, path):
        system = self.world.system
        calls = {(full(a), full(b)) for a, b in system.edges}
        entries = {target.split(".")[0] for _, asked in FLOWS for target in asked}
        calls |= {(full(system.front), full(entry)) for entry in entries}
        calls |= {(full("ui"), full("gateway"))} if system.has_gateway else set()
        calls |= {(full(s), store.name) for s, store in system.stores.items()}
        calls = sorted(c for c in calls if self.shown.issuperset(c))
        random.Random(len(calls)).shuffle(calls)
        write_table(path, ["src", "dst"], calls)

    def write_traces(self, path):
        """Of shortly before the onset, or of the other run if there are few; and of after."""
        world, first, draw = self.world, self.worlds[0], self.draw
        hidden = () if draw.random() < .5 else (full("ui"),)
        begun = [trace.begin + world.shift for trace in world.system.traces]
        source, end = first, first.begin + first.seconds
        if source is world or sum(t < self.onset - 5 for t in begun) > 60:
            source, end = world, self.onset - 2
        begin = max(source.begin, end - 20 * self.step_s)
        rows = [(0, *row) for row in read_spans(source, (begin, end), draw, hidden)]
        last = world.begin + world.seconds
        rows += [(1, *row) for row in read_spans(world, (self.onset, last), draw, hidden)]
        write_table(path, "phase trace span parent service operation start_us duration_us".split(),
                    rows)

    def write_truth(self, path, symptom):
        shown_by = () if self.by_steps else SHOWN_BY.get(self.fault, ())
        shown_by = [f"{self.service}_{name}" for name in shown_by]
        with open(path, "w") as file:
            json.dump(dict(service=self.service, fault=self.fault, how=self.incident.told,
                           metric=shown_by[0] if shown_by else None, metric_alt=shown_by[1:],
                           inject_time=int(self.onset), slo=symptom, step=self.step_s,
                           baseline_shift_s=-6 * 3600 if self.is_spliced else 0), file)

    def write(self, target):
        self.choose_shown()
        names, rows = self.read_rows()
        symptom = self.choose_symptom()
        self.write_metrics(os.path.join(target, "metrics.csv"), names, rows, symptom)
        self.write_graph(os.path.join(target, "graph.csv"))
        if self.is_traced:
            self.write_traces(os.path.join(target, "traces.csv"))
        self.write_truth(os.path.join(target, "truth.json"), symptom)


def read_spans(world, window, draw, hidden):
    """Spans of traces that began in a window and were told soon after it, a row each.
    Who has no span, as it is hidden or never told of it, is passed over."""
    low, high = window
    traces = [trace for trace in world.system.traces
              if low <= trace.begin + world.shift < high and trace.spans]
    draw.shuffle(traces)
    for number, trace in enumerate(sorted(traces[:TRACES], key=lambda trace: trace.begin)):
        spans = sorted((s for s in trace.spans if s.start + s.took + world.shift < high + 30),
                       key=lambda s: s.start)
        above = {s.id: s.parent for s in spans}
        new = {}
        for s in spans:
            if s.service not in hidden:
                new[s.id] = len(new)
        for s in spans:
            if s.id not in new:
                continue
            parent = s.parent
            while parent in above and parent not in new:
                parent = above[parent]
            yield (number, new[s.id], new.get(parent, -1), s.service, s.operation,
                   int((s.start + world.shift) * 1e6), max(1, int(s.took * 1e6)))


def make(number, seed, target, kind=None):
    """Writes one case in the layout of a set; the seed alone tells which."""
    Case(kind or "tickets", seed).write(target)


if __name__ == "__main__":
    sys.exit(make_as_asked(__doc__, "t", make))
