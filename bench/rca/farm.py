#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Incidents of a telemetry platform, 40 to 90 services and stores drawn anew each time.

Written without a look at the ranking, to judge it: they take part in no fit, and seeds
from 700000 on, of which figures are, in no choice of a rule.

A case has a system of its own (farm_world.py) through which requests and messages flow in
small ticks (farm_flow.py), from which single requests are drawn for percentiles, traces and
log lines (farm_samples.py), and which is watched by many exporters (farm_export.py). The kind
of fault (farm_faults.py) and the root are drawn at random, and the fault is as weak as users
still notice. Harmless things happen all the time. With `healthy` nothing else does.

usage: farm.py FOLDER COUNT [SEED] [healthy]     (needs numpy)
"""

import json
import os
import sys
from dataclasses import dataclass

import numpy as np

from farm_export import Exporter
from farm_faults import APPS, FAULTS, Trouble
from farm_flow import TICK, Flow, Rows
from farm_samples import Draw, write_logs, write_table, write_traces
from farm_world import ZONES, build
from queues import make_as_asked

FIRST = 1700000000  # unix seconds at which every recording starts
SAMPLES = 192  # requests drawn for each service and row
TRIED_TICKS = 8000  # ticks spent on trying faults before the strongest so far is taken
# Smallest change users notice: share of latency, failures, the same of devices, age of data.
NOTICED = np.array([0.07, 0.004, 0.15, 0.004, 0.4])


def set_part(name, value, zoned=False):
    """A turn of one knob for a harmless event."""
    def turn(k, event):
        array = getattr(k, name)
        array[(event.service, event.zone) if zoned else event.service] = value
    return turn


def restart(k, event):
    k.down[event.service, event.zone] = min(1, ZONES / event.replicas)


def pause(k, event):
    k.tail_p[event.service, event.zone], k.tail_t[event.service, event.zone] = 0.3, 0.3


def compact(k, event):
    k.io[event.service], k.cpu[event.service] = 1.5, 1.3


# Harmless events: kinds of services, seconds, and what happens to the service meanwhile.
HARMLESS = {
    "restart": (APPS, (20, 60), restart), "gc_pause": (APPS, (1, 3), pause),
    "peak": (("front", "ingress", "gateway"), (60, 600), set_part("load", 1.3)),
    "reload": (APPS, (3, 15), set_part("io", 2.0)),
    "compaction": (("tsdb", "sql", "broker", "replica"), (20, 200), compact),
    "neighbour": (APPS, (60, 400), set_part("cores", 0.75, True)),
    "flush": (("cache",), (1, 3), set_part("hit", 0.9)),
    "election": (("broker",), (1, 3), set_part("fail", 0.05, True)),
}


@dataclass
class Event:
    """Something harmless for a while."""
    start: float
    end: float
    kind: str
    service: int
    zone: int
    replicas: int


def harmless_events(world, rng, seconds):
    """Events at random moments; a restart takes one replica of at least three."""
    events = []
    for _ in range(rng.poisson(3 + seconds / 900)):
        kind = str(rng.choice(list(HARMLESS)))
        kinds, (low, high), _ = HARMLESS[kind]
        able = [i for i in world.of_kind(*kinds)
                if kind != "restart" or world.services[i].replicas >= 3]
        s, start = int(rng.choice(able)), float(rng.uniform(0, seconds))
        events.append(Event(start, start + rng.uniform(low, high), kind, s,
                            int(rng.integers(ZONES)), max(3, world.services[s].replicas)))
    return sorted(events, key=lambda e: e.start)


def load_of(world, rng, ticks, dt):
    """Mean load of each service from outside at each tick: a daily wave, wandering, and jobs."""
    load = np.zeros((ticks, len(world.services)))
    at = np.arange(ticks) * dt
    hour, depth = rng.uniform(0, 86400), rng.uniform(0.1, 0.5)
    wave = 1 + depth * np.sin((at + hour) * 2 * np.pi / 86400)
    for s, rate, group in world.entries:
        if group == "cron":
            period, active = rng.uniform(300, 3600), rng.uniform(40, 300)
            load[:, s] = rate * ((at + rng.uniform(0, period)) % period < active)
            continue
        keep = np.exp(-dt / rng.uniform(200, 1500))
        noise = rng.standard_normal(ticks) * rng.uniform(0.03, 0.12) * np.sqrt(1 - keep ** 2)
        wander = np.zeros(ticks)
        for i in range(1, ticks):
            wander[i] = keep * wander[i - 1] + noise[i]
        load[:, s] = rate * wave * np.exp(wander)
    return load


class Case:
    """One recording: the system, its load, and the fault if there is one."""

    def __init__(self, seed, healthy):
        self.rng = np.random.default_rng(seed)
        self.world = build(self.rng)
        self.flow = Flow(self.world, np.random.default_rng([seed, 1]))
        self.step = int(self.rng.choice(list(TICK)))
        self.before, self.after = (int(self.rng.integers(60, 241)), int(self.rng.integers(6, 41)))
        self.dt = TICK[self.step]
        self.each = round(self.step / self.dt)
        self.skip = 1 if self.each < 20 else 2  # ticks between two looks at the state
        seconds = (self.before + self.after) * self.step
        self.load = load_of(self.world, self.rng, (self.before + self.after) * self.each, self.dt)
        jobs = [s for s, _, group in self.world.entries if group == "cron"]
        self.cron = np.isin(np.arange(self.flow.n), jobs)  # paced, while users come by chance
        self.events = harmless_events(self.world, self.rng, seconds)
        self.inject = self.before * self.step + float(self.rng.uniform(0, 0.9)) * self.step
        self.trouble, self.how, self.kind = None, {}, None
        rows, _ = self.run(self.flow, 0, self.before, warm=80)
        self.record = rows.stored
        if healthy:
            rest, _ = self.run(self.flow, self.before, self.before + self.after)
            self.inject = None
        else:
            rest = self.choose_fault()
        rows.stored = rows.stored + rest.stored
        self.rec = rows.arrays()
        self.draw = Draw(self.world, self.rec, self.rng, SAMPLES)

    def run(self, flow, first, last, turn=None, warm=0):
        """Rows from first to last, and what users got at every third tick."""
        rows, felt = Rows(), []
        for tick in range(first * self.each - warm, last * self.each):
            now = (tick + 1) * self.dt
            flow.knobs.reset()
            for event in self.events:
                if event.start <= now < event.end:
                    HARMLESS[event.kind][2](flow.knobs, event)
            if turn and now > self.inject:
                turn(flow.knobs, now - self.inject, flow)
            mean = self.load[max(tick, 0)]
            chance = flow.rng.poisson(mean * self.dt) / self.dt
            flow.step(self.dt, np.where(self.cron, mean, chance))
            if tick < 0:
                continue
            if tick % self.skip == 0:
                rows.add(flow)
            if tick % 3 == 0:
                felt.append(flow.users())
            if tick % self.each == self.each - 1:
                rows.close()
        return rows, np.array(felt)

    def felt_more(self, felt, usual):
        """How far users are worse off than without the fault; 1 is barely noticed."""
        parts = zip(np.array_split(felt, 4), np.array_split(usual, 4))
        worst = 0.0
        for now, then in parts:
            now, then = now.mean(0), then.mean(0)
            change = now - then
            change[[0, 2, 4]] /= then[[0, 2, 4]]
            worst = max(worst, float((change / NOTICED).max()))
        return worst

    def able(self, kind):
        """Services that can have a kind of fault, in random order."""
        wanted = FAULTS[kind]
        roots = [i for i in self.world.of_kind(*wanted.kinds) if self.world.services[i].rate > 0.05
                 and (not wanted.needs or wanted.needs(self.world, i))]
        return [int(i) for i in self.rng.permutation(roots)]

    def make_fault(self, kind, root, push):
        """A fault of a root; a third hits the replicas of one zone only."""
        zones = np.flatnonzero(self.world.zone_share[root])
        zone = None
        if FAULTS[kind].zoned and len(zones) > 1 and self.rng.random() < 0.34:
            zone = int(self.rng.choice(zones))
        trouble = Trouble(self.world, root, zone, self.rng, self.after * self.step, push,
                          float(self.flow.lam[root].sum()))
        how, turn = FAULTS[kind].make(trouble)
        if zone is not None:
            how["zone"] = "abc"[zone]
        return trouble, how, turn

    def choose_fault(self):
        """A kind, then a root, both at random; the fault is as weak as users still notice.

        A root that even a strong fault cannot make users notice is passed over.
        """
        last = self.before + self.after
        _, usual = self.run(self.flow.clone(), self.before, last)
        trials, best = max(12, TRIED_TICKS // (self.after * self.each)), (-1.0,)
        for kind in self.rng.permutation(list(FAULTS)):
            for root in self.able(kind)[:6]:
                for push in (0.9, 0.0, 0.45):
                    trouble, how, turn = self.make_fault(kind, root, push)
                    rows, felt = self.run(self.flow.clone(), self.before, last, turn)
                    effect, trials = self.felt_more(felt, usual), trials - 1
                    if effect > best[0] or effect >= 1:
                        best = (effect, trouble, how, str(kind), rows)
                    if effect < 1 and push == 0.9 or effect >= 1 and push != 0.9:
                        break
                if best[0] >= 1 or trials <= 0:
                    self.effect, self.trouble, self.how, self.kind, rows = best
                    return rows
        raise AssertionError("no fault at all could be made")


def truth_of(case, exporter):
    """What truth.json says; all of it null in a healthy recording."""
    names = [e.name for e in case.world.services]
    harmless = [[round(FIRST + e.start), e.kind, names[e.service]] for e in case.events]
    truth = dict(service=None, fault=None, how={}, metric=None, metric_alt=[], inject_time=None,
                 slo=None, step=case.step, baseline_shift_s=0, harmless=harmless)
    if case.trouble is None:
        return truth
    shows = case.trouble.shows or FAULTS[case.kind].metrics
    told = exporter.columns_of(case.trouble.root, shows, case.how)
    how = {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in case.how.items()}
    truth.update(service=names[case.trouble.root], fault=case.kind, how=how,
                 metric=told[0] if told else None, metric_alt=told[1:],
                 inject_time=int(FIRST + case.inject), slo=exporter.worst_slo(case.before),
                 noticed=round(case.effect, 2))
    return truth


def shown_graph(case):
    """Calls as a service map has them: in some systems a few are missing or out of date."""
    world = case.world
    pairs = {(e.src, e.dst) for e in world.edges if e.shown}
    if case.rng.random() < 0.3:
        pairs = {p for p in sorted(pairs) if case.rng.random() > 0.03}
    pairs |= set(world.stale)
    return sorted((world.services[a].name, world.services[b].name) for a, b in pairs)


def make(number, seed, target, mode=None):
    """Simulates one case and writes its files: half with traces, a third with log lines."""
    case = Case(seed, mode == "healthy")
    exporter = Exporter(case, FIRST)
    write_table(os.path.join(target, "metrics.csv"), *exporter.table())
    write_table(os.path.join(target, "graph.csv"), ["src", "dst"], shown_graph(case))
    with open(os.path.join(target, "truth.json"), "w") as file:
        json.dump(truth_of(case, exporter), file)
    if number % 2 == 0:
        write_traces(os.path.join(target, "traces.csv"), case, FIRST)
    if number % 3 == 0:
        write_logs(os.path.join(target, "logs.jsonl"), case, FIRST)


if __name__ == "__main__":
    sys.exit(make_as_asked(__doc__, "f", make))
