#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Incidents of a parcel carrier's system, 40 to 90 services and stores drawn anew each time.

Written without a look at the ranking, to judge it: they take part in no fit, and seeds
from 400000 on, of which figures are, in no choice of a rule.

A case has a system of its own (parcel_map.py) through which requests flow in small
ticks (parcel_flow.py) and which is watched as Prometheus would (parcel_view.py).
Fault and root are drawn before anything has run. Harmless things happen all the
time, in the healthy part and beside the fault. With `healthy` nothing else happens,
and the onset is a claim.

usage: parcels.py FOLDER COUNT [SEED] [healthy]     (needs numpy)
"""
import json
import os
import sys

import numpy as np

import parcel_view
from parcel_flow import PARTICLES, Flow
from parcel_map import ENTRY, draw_map
from queues import make_as_asked, write_table

BEGIN = 1_700_000_000
TICK_S = {5: 1., 10: 1., 15: 1.5, 30: 2.5, 60: 4.}
FAULTS = ("cpu_limit noisy_neighbour memory_leak pool_size slow_deploy bad_deploy lock slow_disk "
          "cache_cold packet_loss network_delay dns gateway_slow gateway_errors "
          "consumer_stop crash certificate").split()
APPS = ("entry", "app", "shared")
CAN_HAVE = dict(pool_size=("app", "shared"), lock=("db",), slow_disk=("db",),
                cache_cold=("cache",), gateway_slow=("gateway",), gateway_errors=("gateway",),
                consumer_stop=("worker",), crash=APPS + ("db", "cache", "broker"),
                certificate=("app", "shared", "db", "gateway", "broker"),
                packet_loss=APPS + ("db", "cache", "gateway"),
                network_delay=APPS + ("db", "cache"), noisy_neighbour=APPS + ("db",))
SHOWN = dict(cpu_limit="throttled cpu", memory_leak="memory restarts",
             pool_size="pool", bad_deploy="errors", lock="locks connections", slow_disk="disk",
             cache_cold="hit_ratio hits misses", gateway_errors="errors", crash="ready")
BURST = dict(what="burn", how="add")


# -- the size of things, so that the usual load is borne --

def measure(flow):
    """Means of a short run: cores, slots, connections, requests a second, call times."""
    flow.reset()
    seen = []
    for tick in range(60):
        _, come, work, used, _ = flow.step([], tick * flow.tick)
        seen.append((work / flow.tick, used, flow.in_use, come / flow.tick, flow.call_s.copy()))
    return [np.mean(x, axis=0) for x in list(zip(*seen))]


def provision(flow, rng):
    """Cores for what a run with plenty of all has used, then the rest with those cores."""
    cores = measure(flow)[0]
    for at, s in enumerate(flow.map.services):
        s.cores = flow.base["cores"][at] = float(max(
            .3 + .2 * s.replicas, cores[at] / rng.uniform(.1, .4)))
    cores, used, pool, rate, call_s = measure(flow)
    flow.usual = dict(cores=cores, rate=rate, pool=pool, busy_s=flow.held.copy())
    for at, s in enumerate(flow.map.services):
        s.slots = flow.base["slots"][at] = float(np.ceil(max(8, used[at] / rng.uniform(.04, .3))))
        s.waiting = s.slots * rng.uniform(2, 10)
    flow.timeout = np.maximum(flow.timeout, np.ceil(call_s * rng.uniform(4, 8) * 4) / 4 *
                              (call_s > .03))
    flow.pool_size[:-1] = np.ceil(np.maximum(4, pool / rng.uniform(.05, .4, len(pool))))
    flow.reset()


def reach(flow):
    """Share of the users' requests that come by a service, in the wake of calls."""
    share = np.zeros(len(flow.of))
    share[flow.entries] = flow.load / flow.load.sum()
    rates = np.array(flow.map.rates())
    awaits = {int(t): 0. for t in range(len(flow.work))}
    for layer in flow.layers:
        for e in layer.calls:
            cache = flow.cache[e]
            missed = 1 - flow.base["hit"][cache] if cache >= 0 else 1
            more = share[flow.src[e]] * min(1, flow.share[e] * missed)
            share[flow.dst[e]] += more
            if flow.topic[e] >= 0:
                awaits[int(flow.topic[e])] += more
    of = np.bincount(flow.of, share, len(flow.kind))
    for topic, more in awaits.items():
        of[flow.worker[topic]] = more
    of[np.bincount(flow.of, rates, len(of)) < .2] = 0           # hardly ever used
    return of


# -- faults: effects, and how strong they are --

def draw_root(flow, fault, view, rng, at):
    kinds = CAN_HAVE.get(fault, APPS)
    able = [s for s in np.flatnonzero(at >= .06)
            if flow.kind[s] in kinds and view.level[s] != "none"]
    if fault == "pool_size":
        able = [s for s in able if flow.usual["pool"][flow.pool_by == s].sum() > .3]
    if fault == "dns":
        able = [s for s in able if (flow.by == s).any()]
    return int(rng.choice(able)) if able else None


def draw_fault(fault, s, flow, rng, at, end):
    """Effects on service `s` from a time on, and a description of them."""
    how, made = {}, []

    def put(what, value, **more):
        made.append(dict(what=what, at=s, start=at, end=end, how="set", value=float(value), **more))

    if fault == "memory_leak":
        how["fills_s"] = float((end - at) * rng.uniform(.15, .5))
        made += leak(flow, s, rng, at, end, how["fills_s"])
    put_shortage(fault, flow, s, rng, put, how)
    put_slowness(fault, flow, s, rng, put, how)
    put_outage(fault, flow, s, rng, put, how)
    if fault in ("slow_deploy", "bad_deploy"):
        made += restart(flow, s, rng, at)
    return made, {k: round(float(v), 4) for k, v in how.items()}


def put_shortage(fault, flow, s, rng, put, how):
    """Faults that leave less of something than the usual load needs, or hardly more."""
    cores, work = flow.base["cores"][s], max(flow.usual["cores"][s], .002)
    if fault == "cpu_limit":
        how["cores"] = work / rng.uniform(.85, 1.5)
        put("cores", how["cores"])
    elif fault == "noisy_neighbour":
        how["stolen"] = max(0, cores - work / rng.uniform(.8, 1.3))
        put("steal", how["stolen"], ramp=rng.choice([1, 20]))
        put("io_mul", rng.uniform(1.2, 3))
    elif fault == "pool_size":
        mine = flow.pool_by == s
        how["connections"] = float(flow.usual["pool"][mine].max() * rng.uniform(.5, .98))
        put("pools", how["connections"] / flow.pool_size[:-1][mine].max())
    elif fault == "cache_cold":
        how["fills_s"] = rng.choice([rng.uniform(150, 1500), 1e7])
        put("hit", rng.uniform(0, .1), fades=how["fills_s"])
    elif fault == "consumer_stop":
        how["pull"] = rng.choice([0, rng.uniform(.002, .03)])
        put("pull", how["pull"])


def put_slowness(fault, flow, s, rng, put, how):
    """Faults that add to what a request takes."""
    busy = max(flow.usual["busy_s"][s], .002)
    if fault == "slow_deploy":
        how["share"] = rng.uniform(.3, 1)
        how["slow_s"] = np.clip(busy * rng.uniform(3, 15), .08, 4)
        put("slow_share", how["share"])
        put("slow_s", how["slow_s"])
        put("cpu_mul", rng.choice([1, rng.uniform(1.5, 4)]))
    elif fault == "lock":
        how["share"], how["wait_s"] = rng.uniform(.2, .9), rng.uniform(.1, 1.5)
        put("slow_share", how["share"], ramp=rng.choice([1, 30]))
        put("slow_s", how["wait_s"])
    elif fault in ("slow_disk", "gateway_slow"):
        how["times"] = rng.uniform(10, 60) if fault == "slow_disk" else rng.uniform(4, 30)
        put("io_mul", how["times"], ramp=rng.choice([1, 30]))
    elif fault == "packet_loss":
        how["share"] = rng.uniform(.04, .3)
        put("loss", how["share"])
    elif fault == "network_delay":
        how["delay_s"] = rng.uniform(.04, .7)
        put("delay", how["delay_s"])


def put_outage(fault, flow, s, rng, put, how):
    """Faults by which something answers no more, or wrongly."""
    if fault == "dns":
        how["share"], how["seconds"] = rng.uniform(.2, 1), rng.choice([.005, 2.])
        put("dns", how["share"])
        put("dns_s", how["seconds"])
    elif fault in ("bad_deploy", "gateway_errors"):
        how["share"] = rng.uniform(.08, .6) if fault == "bad_deploy" else rng.uniform(.2, 1)
        put("errors", how["share"])
    elif fault == "crash":
        of = flow.map.services[s].replicas
        lost = of if of == 1 or rng.random() < .7 else of - 1
        how["pods"] = lost
        put("gone", lost / of)
        put("down", 1 if lost == of else .3 * lost / of)
    elif fault == "certificate":
        put("down", 1)


def leak(flow, s, rng, at, end, fills):
    """Memory fills, its collector works harder, the pods are killed one by one, again."""
    pods, made, begin = flow.map.services[s].replicas, [], at
    while begin < end:
        full = begin + fills
        if flow.map.services[s].runtime == "jvm":
            made.append(dict(what="burn", at=s, start=begin + .7 * fills, end=full, how="add",
                             value=.6 * flow.base["cores"][s], ramp=.3 * fills))
            made.append(dict(what="pause", at=s, start=begin + .7 * fills, end=full, how="add",
                             value=.15, ramp=.3 * fills))
        for pod in range(pods):
            die, back = full + pod * rng.uniform(0, 6), rng.uniform(15, 45)
            made += [dict(what="gone", at=s, start=die, end=die + back, how="add",
                          value=.999 / pods),
                     dict(what="down", at=s, start=die, end=die + back, how="add",
                          value=(1. if pods == 1 else .6) / pods)]
        begin = full + 30
    return made


# -- what happens anyway --

def restart(flow, s, rng, at):
    """A rolling deployment: a pod less for a while, cold code, hardly a refused call."""
    pods = flow.map.services[s].replicas
    took = pods * rng.uniform(10, 25)
    return [dict(what="gone", at=s, start=at, end=at + took, how="add",
                 value=.3 / pods),
            dict(what="down", at=s, start=at, end=at + took, how="add", value=.01 / pods),
            dict(what="cpu_mul", at=s, start=at, end=at + took + 30, how="mul",
                 value=1 + rng.uniform(.5, 2) / pods)]


def draw_harmless(flow, rng, begin, end, spared):
    made, told = [], []
    for _ in range(rng.poisson(1 + (end - begin) / 1000)):
        s, at = int(rng.integers(len(flow.kind))), rng.uniform(begin, end)
        kind = str(rng.choice(["restart", "cron", "spike", "gc", "neighbour"]))
        last, cores = at + rng.uniform(40, 240), flow.base["cores"][s]
        spare = cores - flow.usual["cores"][s]
        if s == spared or (flow.kind[s] == "gateway" and kind != "spike"):
            continue
        if kind == "restart" and flow.kind[s] in APPS + ("worker",):
            made += restart(flow, s, rng, at)
        elif kind == "cron":
            made.append(dict(BURST, at=s, start=at, end=last, value=spare * rng.uniform(.3, .75)))
        elif kind == "spike":
            made.append(dict(what="load", how="mul", at=int(rng.integers(len(flow.entries))),
                             start=at, end=last, value=rng.uniform(1.2, 1.6), ramp=15))
        elif kind == "gc" and flow.map.services[s].runtime == "jvm":
            made += [dict(what="pause", how="add", at=s, start=t, end=t + 1.5 * flow.tick,
                          value=rng.uniform(.02, .15))
                     for t in rng.uniform(at, last, 4)]
        elif kind == "neighbour":
            made.append(dict(what="steal", how="add", at=s, start=at, end=last,
                             value=spare * rng.uniform(.3, .7)))
        else:
            continue
        if kind == "spike":
            s = flow.of[flow.entries[made[-1]["at"]]]
        told.append([round(at), kind, flow.map.services[s].name])
    return made, told


def draw_load(flow, rng, ticks):
    """The day's wave and what wanders, as a factor for every journey and tick."""
    t = np.arange(ticks) * flow.tick
    wave = 1 + rng.uniform(.1, .35) * np.sin(2 * np.pi * (t / 86400 + rng.random()))
    noise = rng.standard_normal((len(flow.entries) + 1, ticks))
    keep, wander = np.exp(-flow.tick / rng.uniform(60, 400)), np.zeros_like(noise)
    for at in range(1, ticks):
        wander[:, at] = keep * wander[:, at - 1] + np.sqrt(1 - keep ** 2) * noise[:, at]
    return wave * np.exp(.05 * wander[0] + .05 * wander[1:])


# -- a case --

def make(number, seed, target, mode=None):
    rng = np.random.default_rng([seed, 20231])
    step = int(rng.choice(list(TICK_S)))
    before, after = int(rng.integers(60, 241)), int(rng.integers(6, 41))
    flow = Flow(draw_map(rng), rng, TICK_S[step], parcel_view.draw_bounds(rng))
    provision(flow, rng)
    view = parcel_view.View(flow, rng, step)
    first = view.window + 90                       # rows begin when windows are filled
    at = first + (before - rng.random()) * step    # seconds of the run
    end = first + (before + after) * step
    fault, root, seen = FAULTS[number % len(FAULTS)], None, reach(flow)
    while mode != "healthy" and (root := draw_root(flow, fault, view, rng, seen)) is None:
        fault = str(rng.choice(FAULTS))            # nobody here can have that one
    harmless, told = draw_harmless(flow, rng, 30, end, root)
    effects, how = draw_fault(fault, root, flow, rng, at, end + 1) if root is not None else ([], {})
    run(flow, rng, view, effects + harmless, at, end)
    leaks = (root, at, how["fills_s"]) if fault == "memory_leak" and root is not None else None
    table = view.table(first, before + after, BEGIN, leaks)
    write(target, table, view, flow, dict(
        fault=fault if root is not None else "none", root=root, how=how, at=at, step=step,
        harmless=[[BEGIN + t, *rest] for t, *rest in sorted(told)]), rng)


def run(flow, rng, view, effects, at, end):
    """Ticks from 0 to the end; some are kept whole, for traces."""
    ticks = int(end / flow.tick) + 2
    load, usual = draw_load(flow, rng, ticks), flow.load
    onset, kept = int(at / flow.tick) + 1, []
    chosen = set(rng.integers(90, onset - 1, 60)) | set(rng.integers(onset, ticks, 60))
    for tick in range(ticks):
        flow.load = usual * load[:, tick]
        keep = kept if view.traced and tick in chosen else None
        view.take(flow.step(effects, tick * flow.tick, keep))
    flow.load, view.kept = usual, kept


def write(target, table, view, flow, case, rng):
    head, rows = table
    root, fault, onset = case["root"], case["fault"], int(BEGIN + case["at"])
    if root is None:
        onset = int(rows[np.searchsorted([r[0] for r in rows], onset).clip(0, len(rows) - 1)][0])
    called = view.called(root) if root is not None else {}
    shown = [f"{view.names[root]}_{called.get(k)}" for k in SHOWN.get(fault, "").split()
             if called and f"{view.names[root]}_{called.get(k)}" in head]
    slo = view.symptom(head, rows, onset)
    write_table(os.path.join(target, "metrics.csv"), head, rows)
    write_table(os.path.join(target, "graph.csv"), ["src", "dst"], view.graph())
    if view.traced:
        write_table(os.path.join(target, "traces.csv"),
                    "phase trace span parent service operation start_us duration_us".split(),
                    view.spans(BEGIN, case["at"]))
    with open(os.path.join(target, "truth.json"), "w") as file:
        json.dump(dict(service=view.names[root] if root is not None else None, fault=fault,
                       how=case["how"], metric=shown[0] if shown else None,
                       metric_alt=shown[1:], inject_time=onset, slo=slo, step=case["step"],
                       baseline_shift_s=0, harmless=case["harmless"]), file)


if __name__ == "__main__":
    sys.exit(make_as_asked(__doc__, "p", make))
