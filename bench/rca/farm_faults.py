# SPDX-License-Identifier: Apache-2.0
"""What goes wrong: the injected fault of a case.

A fault is a function that is given a `Trouble` and returns (how, turn); `turn(knobs, age, flow)`
sets what the flow has to suffer `age` seconds after the start.
"""

from dataclasses import dataclass

import numpy as np

from farm_world import CONSUMERS, ZONES

SYNC = ("ingress", "front", "gateway", "upper", "middle", "lower", "identity", "registry", "flags")
APPS = SYNC + CONSUMERS
DATABASES = ("sql", "tsdb", "replica")
FAULTS = {}


@dataclass
class Kind:
    make: object
    kinds: tuple
    metrics: tuple
    zoned: bool
    needs: object


def fault(kinds, metrics, zoned=True, needs=None):
    """Register a fault: kinds of services, columns that show it best, and what the root needs."""
    def keep(make):
        FAULTS[make.__name__] = Kind(make, kinds, tuple(metrics.split()), zoned, needs)
        return make
    return keep


class Trouble:
    """A fault being made: its root, its zone (None for all), its strength and its length."""

    def __init__(self, world, root, zone, rng, length, push, rate):
        self.world, self.root, self.zone, self.rng = world, root, zone, rng
        self.length, self.push, self.rate = length, push, rate
        self.at = (root, slice(None) if zone is None else zone)
        self.ramp = 0.0 if rng.random() < 0.6 else rng.uniform(0.05, 0.3) * length
        self.service = world.services[root]
        self.shows = None  # columns that show it best, where not those of its kind

    def strength(self, weak, strong):
        """A strength, weak ones more often; a push above 0 leaves out the weaker part."""
        share = self.push + (1 - self.push) * self.rng.random() ** 2.2
        return float(np.exp(np.log(weak) + share * np.log(strong / weak)))

    def grown(self, age):
        """Share of the full effect: at once, or along a ramp."""
        return min(1.0, age / self.ramp) if self.ramp else 1.0

    def out(self, usable):
        """One of the root's calls for which `usable` holds."""
        edges = [i for i, e in enumerate(self.world.edges) if e.src == self.root and usable(e)]
        return int(self.rng.choice(edges))

    def callee(self, e):
        return self.world.services[self.world.edges[e].dst].name


def steady(trouble, name, value, how):
    """A turn that scales (factors) or adds (amounts) one knob of the root's replicas."""
    def turn(k, age, flow):
        part, array = trouble.grown(age), getattr(k, name)
        where = trouble.at if array.ndim == 2 else trouble.root
        if k.neutral[name].flat[0] == 1:
            array[where] *= 1 + (value - 1) * part
        else:
            array[where] += value * part
    return how, turn


def has_call(usable):
    """Whether a service has a call for which `usable(world, edge)` holds."""
    return lambda world, s: any(e.src == s and usable(world, e) for e in world.edges)


def is_plain(world, e):
    return world.services[e.dst].kind not in ("dns", "flags")


@fault(APPS, "p95 mean p99 cpu")
def slow_code(t):
    x = t.strength(1.3, 25)
    return steady(t, "cpu", x, dict(cpu_times=x))


@fault(APPS, "p95 mean p99")
def slow_wait(t):
    seconds = t.strength(0.004, 1.5)
    def turn(k, age, flow):
        k.tail_p[t.at], k.tail_t[t.at] = t.grown(age), seconds
    return dict(sleep_s=seconds), turn


@fault(APPS, "err ok")
def failing_code(t):
    p = t.strength(0.004, 0.8)
    return steady(t, "fail", p, dict(error_ratio=p))


@fault(APPS, "err p99 p95", zoned=False, needs=lambda w, s: w.services[s].replicas >= 3)
def bad_canary(t):
    share = t.strength(0.04, 0.34)
    if t.rng.random() < 0.5:
        return steady(t, "fail", share, dict(share=share, errors=1))
    seconds, t.shows = t.strength(0.3, 8), ("p99", "p95")
    def turn(k, age, flow):
        k.tail_p[t.root], k.tail_t[t.root] = share * t.grown(age), seconds
    return dict(share=share, sleep_s=seconds), turn


@fault(APPS + DATABASES, "throttle cpu")
def cpu_limit(t):
    x = 1 / t.strength(1.4, 15)
    return steady(t, "cores", x, dict(cores_times=x))


@fault(SYNC, "mem heap restarts gc")
def memory_leak(t):
    at = t.length * t.rng.uniform(0.15, 0.7)
    return steady(t, "leak", 0.6 / at, dict(seconds_to_full=at))


@fault(SYNC + ("decoder", "stage2"), "gc heap mem p99", needs=lambda w, s: w.services[
    s].framework in ("spring", "node"))
def heap_too_small(t):
    level, p, pause = t.strength(0.85, 0.985), t.strength(0.01, 0.25), t.strength(0.2, 2.5)
    def turn(k, age, flow):
        flow.mem[t.at] = np.maximum(flow.mem[t.at], level)
        k.tail_p[t.at], k.tail_t[t.at] = p, pause
    return dict(heap=level, pause_s=pause, share=p), turn


@fault(APPS + DATABASES + ("cache", "broker"), "rtx c_mean p99")
def network_service(t):
    if t.rng.random() < 0.5:
        t.shows = ("c_mean", "p99")
        return steady(t, "net", (s := t.strength(0.002, 0.5)), dict(delay_s=s))
    return steady(t, "loss", (p := t.strength(0.03, 0.6)), dict(loss=p))


@fault(APPS, "c_mean c_err", zoned=False, needs=has_call(is_plain))
def network_link(t):
    e = t.out(lambda e: is_plain(t.world, e))
    seconds, loss = t.strength(0.005, 1.5), t.strength(0.03, 0.7)
    lossy = t.rng.random() < 0.5
    def turn(k, age, flow):
        if lossy:
            k.edge_loss[e] += loss * t.grown(age)
        else:
            k.edge_net[e] += seconds * t.grown(age)
    return dict(link=t.callee(e), **(dict(loss=loss) if lossy else dict(delay_s=seconds))), turn


@fault(("sql", "tsdb"), "locks longest busy", zoned=False)
def lock_waits(t):
    p, seconds = t.strength(0.03, 0.8), t.strength(0.5, 12)
    def turn(k, age, flow):
        k.tail_p[t.root], k.tail_t[t.root] = p * t.grown(age), seconds
    return dict(share=p, lock_s=seconds), turn


@fault(DATABASES, "slowq busy cpu mean", zoned=False)
def slow_query(t):
    x = t.strength(1.5, 30)
    def turn(k, age, flow):
        k.cpu[t.root] *= 1 + (x - 1) * t.grown(age)
        k.io[t.root] *= 1 + (x - 1) * 0.5 * t.grown(age)
    return dict(cost_times=x), turn


@fault(("sql", "tsdb"), "up clients busy", zoned=False)
def db_failover(t):
    gone = min(t.strength(8, 60), 0.5 * t.length)
    cold = t.strength(1.5, 8)
    def turn(k, age, flow):
        if age < gone:
            k.down[t.root] = 1
        k.io[t.root] *= 1 + (cold - 1) * np.exp(-(age - gone) / 90) if age >= gone else 1
    return dict(unavailable_s=gone, cold_times=cold), turn


@fault(("replica",), "lag", zoned=False)
def replica_lag(t):
    x = 0.25 / t.strength(1.3, 30)
    return steady(t, "apply", x, dict(apply_times=x * 4))


@fault(("cache",), "hits misses keys", zoned=False)
def cache_loss(t):
    share, gone = t.strength(0.3, 1), t.rng.choice([0, 15, 60])
    slower = t.strength(1, 6)
    def turn(k, age, flow):
        if age < 2.6:
            flow.hot[t.root] = min(flow.hot[t.root], 1 - share)
        if age < gone:
            k.fail[t.root] = share
        flow.hot[t.root] -= flow.hot[t.root] * (1 - 1 / slower) * 0.002
    return dict(share=share, down_s=int(gone)), turn


@fault(("cache",), "evict hits misses", zoned=False)
def cache_too_small(t):
    x = 1 / t.strength(1.1, 8)
    return steady(t, "hit", x, dict(hit_times=x))


@fault(("broker",), "offline underrep err", zoned=False)
def partition_leader(t):
    zone, p = int(t.rng.integers(ZONES)), t.strength(0.15, 1)
    def turn(k, age, flow):
        k.fail[t.root, zone] = p
    return dict(partitions="a third", error_ratio=p), turn


@fault(CONSUMERS, "lag_msgs age consumed busy")
def stuck_consumer(t):
    x = 1 / t.strength(1.4, 300)
    return steady(t, "workers", x, dict(workers_times=x))


@fault(CONSUMERS, "err lag_msgs age", zoned=False)
def poison_message(t):
    zone = int(t.rng.integers(ZONES))
    def turn(k, age, flow):
        k.fail[t.root, zone], k.workers[t.root, zone] = 0.995, 0.4
    return dict(partitions="a third"), turn


@fault(("third",), "mean", zoned=False)
def third_slow(t):
    x = t.strength(1.4, 30)
    return steady(t, "io", x, dict(times=x))


@fault(("third",), "err", zoned=False)
def third_failing(t):
    p = t.strength(0.02, 1)
    return steady(t, "fail", p, dict(error_ratio=p))


@fault(SYNC + ("third",), "limited err", zoned=False)
def rate_limit(t):
    share = 1 - t.strength(0.02, 0.7)
    limit = t.rate * share
    def turn(k, age, flow):
        k.limit[t.root] = limit
    return dict(limit=limit, of_load=share), turn


@fault(APPS, "c_rate cpu", zoned=False, needs=has_call(is_plain))
def bad_flag(t):
    e, x = t.out(lambda e: is_plain(t.world, e)), t.strength(1.4, 25)
    def turn(k, age, flow):
        part = t.grown(age)
        k.w[e] *= 1 + (x - 1) * part
        k.cpu[t.root] *= 1 + 0.3 * (x - 1) ** 0.5 * part
    return dict(calls_to=t.callee(e), times=x), turn


@fault(SYNC[2:] + DATABASES + ("cache", "broker", "third"), "cert handshakes rate",
       zoned=False, needs=lambda w, s: any(e.dst == s for e in w.edges))
def certificate_expired(t):
    share, tau = t.strength(0.1, 1), t.rng.uniform(0.02, 0.4) * t.length
    def turn(k, age, flow):
        k.block[t.root] = share * (1 - np.exp(-age / tau))
    return dict(share_of_clients=share, connection_life_s=tau), turn


@fault(("dns",), "p99 err", zoned=False)
def dns_server(t):
    if t.rng.random() < 0.5:
        t.shows = ("err",)
        return steady(t, "fail", (p := t.strength(0.1, 1)), dict(servfail=p))
    seconds = t.strength(0.1, 6)
    def turn(k, age, flow):
        k.tail_p[t.root], k.tail_t[t.root] = t.grown(age), seconds
    return dict(delay_s=seconds), turn


@fault(SYNC, "c_mean p99", zoned=False, needs=has_call(
    lambda w, e: w.services[e.dst].kind == "dns" and e.w > 0.003))
def dns_resolver(t):
    e = t.out(lambda e: t.world.services[e.dst].kind == "dns")
    seconds, more = t.strength(0.2, 5), t.strength(1, 20)
    def turn(k, age, flow):
        k.edge_net[e], k.w[e] = seconds * t.grown(age), min(more, 0.9 / t.world.edges[e].w)
    return dict(delay_s=seconds, lookups_times=more), turn


@fault(("identity", "front", "gateway", "upper", "registry"), "clock err")
def clock_skew(t):
    final, p, leeway = t.strength(8, 600), t.strength(0.02, 0.6), 5.0
    pace = final / (t.rng.uniform(0.0, 0.6) * t.length + 1)
    def turn(k, age, flow):
        offset = min(final, pace * age)
        k.clock[t.at] = offset
        k.fail[t.at] = p if offset > leeway else 0
    return dict(offset_s=final, error_ratio=p), turn


@fault(("sql", "tsdb", "broker"), "disk err", zoned=False, needs=lambda w, s: any(
    e.dst == s and e.write for e in w.edges))
def disk_full(t):
    at, p = t.rng.uniform(0.02, 0.45) * t.length, t.strength(0.2, 1)
    def turn(k, age, flow):
        k.disk[t.root] = (0.7 if age < at else 0) / at
        if flow.disk[t.root] > 0.99 or age > at:
            flow.disk[t.root], k.write_fail[t.root] = 1.0, p
    return dict(seconds_to_full=at, error_ratio=p), turn


@fault(DATABASES + ("broker",), "iowait mean")
def disk_slow(t):
    x = t.strength(2.5, 60)
    return steady(t, "io", x, dict(io_times=x))


@fault(SYNC + DATABASES[:2], "busy queue workers", needs=lambda w, s: w.services[s].hold > 0.004)
def threads_stuck(t):
    x = 1 / t.strength(2, 150)
    return steady(t, "workers", x, dict(workers_times=x))


@fault(APPS, "c_pending c_pool", zoned=False, needs=has_call(
    lambda w, e: e.pool < 1e8 and is_plain(w, e)))
def connection_pool(t):
    e = t.out(lambda e: e.pool < 1e8 and is_plain(t.world, e))
    x = 1 / t.strength(2, 400)
    def turn(k, age, flow):
        k.pool[e] *= x ** t.grown(age)
    return dict(to=t.callee(e), pool_times=x), turn


@fault(("gateway",), "c_rate rate busy", zoned=False)
def reconnect_storm(t):
    edges = [i for i, e in enumerate(t.world.edges) if e.src == t.root and
             t.world.services[e.dst].kind in ("identity", "registry", "dns")]
    x, fade = t.strength(8, 120), t.rng.uniform(0.3, 2) * t.length
    def turn(k, age, flow):
        k.w[edges] *= 1 + (x - 1) * np.exp(-age / fade)
        k.load[t.root] *= 1 + 0.5 * np.exp(-age / 30)
        k.down[t.root] = 0.3 * (age < 15)
    return dict(handshakes_times=x, fade_s=fade), turn


@fault(APPS, "c_rate c_retry c_timeouts", zoned=False, needs=has_call(is_plain))
def retry_storm(t):
    e = t.out(lambda e: is_plain(t.world, e))
    more, near = int(t.rng.integers(3, 10)), 1 / t.strength(0.4, 2.5)
    def turn(k, age, flow):
        if age < 2.6:
            t.short = near * flow.lat[flow.dst[e]] / flow.e_timeout[e]
        k.timeout[e], k.retries[e], k.budget[e] = t.short, more, 20
    return dict(to=t.callee(e), more_retries=more, timeout_to_mean=near), turn


@fault(SYNC, "up cpu_ratio throttle", zoned=False, needs=lambda w, s: w.services[s].replicas >= 2)
def autoscaler(t):
    x = 1 / t.strength(2, 10)
    return steady(t, "scale", x, dict(replicas_times=x))


@fault(SYNC, "restarts up")
def crash_loop(t):
    part, period = t.strength(0.25, 1), t.rng.uniform(25, 90)
    up = t.rng.uniform(0.2, 0.5)
    def turn(k, age, flow):
        phase = age % period
        if phase < 2.6:
            flow.mem[t.at] = 1.01
        k.down[t.at] = part if phase < period * (1 - up) else 0
    return dict(share_of_replicas=part, period_s=period), turn


@fault(("job",), "rate cpu c_rate", zoned=False)
def runaway_job(t):
    x = t.strength(1.5, 60)
    edges = [i for i, e in enumerate(t.world.edges) if e.src == t.root]
    def turn(k, age, flow):
        k.pool[edges] = 20
        k.jump[t.root] += x * t.service.rate * t.grown(age)
        k.workers[t.root] *= 4
        k.cores[t.root] *= 20
    return dict(runs_times=x), turn
