# SPDX-License-Identifier: Apache-2.0
"""Flow of requests through a system in small ticks, and samples of single requests from it.

Every quantity is a rate or a mean over a tick.  What a caller knows of a callee is what the
callee did in the tick before: delays, failures and load walk from service to service.
"""

import copy

import numpy as np

from farm_world import CONSUMERS, ZONES

TICK = {5: 0.5, 10: 1.0, 15: 1.0, 30: 1.5, 60: 3.0}
PATIENCE = 10.0  # seconds after which a waiting request has been given up by its caller
RETRANSMIT = 0.25  # mean seconds a lost packet costs
SERVICE_KEYS = ("lam", "served", "rej", "wait", "own", "hold", "own_fail", "fail", "busy", "queue",
                "cpu_used", "ready", "mem", "gc", "tail_p", "tail_t", "net", "loss", "age",
                "throttle")
EDGE_KEYS = ("calls", "attempts", "failed", "attempt_fail", "latency", "extra", "open",
             "pool_wait", "pool_use", "block", "timeout", "reach", "timed_out", "edge_net")
OTHER_KEYS = ("hot", "disk", "lag", "limited", "count", "want", "evict", "restarts", "clock",
              "write_errors")


class Knobs:
    """What faults and harmless events may turn; set back to neutral before every tick."""

    def __init__(self, n, m):
        ones, zeros = np.ones((n, ZONES)), np.zeros((n, ZONES))
        self.neutral = dict(
            cpu=ones, io=ones, cores=ones, workers=ones, fail=zeros, write_fail=zeros, tail_p=zeros,
            tail_t=zeros, net=zeros, loss=zeros, down=zeros, leak=zeros, disk=zeros, clock=zeros,
            hit=np.ones(n), apply=np.ones(n), limit=np.full(n, np.inf), scale=np.ones(n),
            load=np.ones(n), jump=np.zeros(n), block=np.zeros(n), w=np.ones(m), pool=np.ones(m),
            timeout=np.ones(m), retries=np.zeros(m), edge_net=np.zeros(m), edge_loss=np.zeros(m),
            budget=np.zeros(m))
        self.reset()

    def reset(self):
        for name, value in self.neutral.items():
            setattr(self, name, value.copy())


def beyond(x, shape):
    """Survival function at x of a gamma variable of mean 1 with shape 3 (or of that times x)."""
    y = np.minimum(3 * x, 200.0)
    value = 1 + y + y * y / 2
    if shape == 4:
        value = value + y * y * y / 6
    return np.exp(-y) * value


class Flow:
    """State of a running system; `step` advances it by one tick."""

    def __init__(self, world, rng):
        self.world, self.rng = world, rng
        services, edges = world.services, sorted(world.edges, key=lambda e: e.src)
        moved = {id(e): i for i, e in enumerate(edges)}
        self.feeds = [(moved[id(world.edges[k])], c, r) for k, c, r in world.feeds]
        world.edges, world.feeds = edges, self.feeds
        n, m = len(services), len(edges)
        self.n, self.m, self.knobs, self.clock_now = n, m, Knobs(n, m), 0.0
        take = lambda items, name: np.array([getattr(i, name) for i in items], float)
        for name in ("cpu", "io", "cores", "workers", "queue", "fail"):
            setattr(self, "s_" + name, take(services, name)[:, None])
        for name in ("w", "timeout", "retries", "budget", "backoff", "pool", "hit", "fresh",
                     "tolerance", "hedge"):
            setattr(self, "e_" + name, take(edges, name))
        self.src = np.array([e.src for e in edges])
        self.dst = np.array([e.dst for e in edges])
        self.cached = np.array([e.cache for e in edges])
        self.hard = np.array([0.02 if e.fallback else 1.0 for e in edges])
        self.write = np.array([e.write for e in edges], float)
        self.breaker = np.array([e.breaker for e in edges])
        self.first = np.searchsorted(self.src, np.arange(n))
        self.calls_any = np.unique(self.src)
        self.parallel = np.array([s.parallel for s in services])
        self.consumer = np.array([s.kind in CONSUMERS for s in services])
        self.pinned = np.array([s.kind in CONSUMERS + ("broker",) for s in services])
        self.elastic = np.array([s.elastic for s in services])
        self.collects = np.array([s.framework in ("spring", "node") for s in services])[:, None]
        self.primary = np.array([s.primary for s in services])
        self.replicas = np.array([s.replicas for s in services], float)
        self.target = np.array([s.rate * s.cpu / (s.cores * s.replicas) for s in services]) * 1.35
        self.share = world.zone_share
        self.flush = rng.uniform(0.5, 6)  # seconds data wait in batches before they are written
        self.start_state()

    def start_state(self):
        n, m, services = self.n, self.m, self.world.services
        self.lat = np.array([s.hold for s in services])
        self.failing = np.zeros(n)
        self.attempts = np.array([services[e.src].rate * e.w * (1 - e.hit) for e in
                                  self.world.edges])
        self.produced, self.block_seen = self.attempts.copy(), np.zeros(m)
        self.calls_time, self.calls_fail, self.starved = np.zeros(n), np.zeros(n), np.zeros(m)
        self.q, self.fed = np.zeros((n, ZONES)), np.zeros((n, ZONES))
        self.served_was = self.share * np.array([s.rate for s in services])[:, None]
        self.base_mem = self.rng.uniform(0.3, 0.65, (n, 1)) * np.ones((1, ZONES))
        self.mem, self.oom = self.base_mem.copy(), np.zeros((n, ZONES))
        self.hot = np.ones(n)
        self.disk = self.rng.uniform(0.25, 0.7, n)
        self.lagged, self.lag = np.zeros(n), np.zeros(n)
        self.count, self.want = self.replicas.copy(), self.replicas.copy()
        self.calm, self.next_scaling = np.zeros(n), 30.0
        self.open, self.open_until, self.f_smooth = np.zeros(m), np.zeros(m), np.zeros(m)
        self.fed_slow = self.share * np.array([s.rate for s in services])[:, None]
        self.warmth = np.maximum(30.0, self.rng.uniform(60, 400, n))

    def clone(self):
        """The same state and the same chance to come, for one more way on from here."""
        twin = copy.copy(self)
        twin.rng = copy.deepcopy(self.rng)
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(twin, name, value.copy())
        return twin

    def step(self, dt, external):
        """One tick: arrivals, service, calls, and the slow state (scaling, memory, lag)."""
        self.clock_now += dt
        k = self.knobs
        self.scale(dt)
        full = self.count[:, None] * self.share
        ready = full * (1 - k.down) * (1 - np.minimum(1, self.oom))
        live = ready.sum(1, keepdims=True)
        split = np.where((live > 0) & ~self.pinned[:, None], ready / np.maximum(live, 1e-9),
                         self.share)
        self.arrive(external, split)
        self.serve(dt, ready)
        self.call(ready.sum(1), split)
        self.age_state(dt)

    def arrive(self, external, split):
        """Load on each service: users and devices, calls of the last tick, topics."""
        k = self.knobs
        angry = 1 + 0.4 * np.minimum(1, self.failing)
        bored = 1 / (1 + 0.15 * np.maximum(0, self.lat - 3.0))
        lam = external * k.load * angry * bored + k.jump
        lam += np.bincount(self.dst, self.attempts * (1 - self.block_seen), self.n)
        self.limited = 1 - np.minimum(1, k.limit / np.maximum(lam, 1e-9))
        self.lam = lam[:, None] * split + self.fed
        self.split = split

    def serve(self, dt, ready):
        """Queues, processor sharing, worker slots: how many are served, and how slowly."""
        k = self.knobs
        self.mem_now(dt)
        gc = np.where(self.collects, 0.01 + 0.6 * np.maximum(0, (self.mem - 0.75) / 0.25) ** 2, 0)
        cpu = self.s_cpu * k.cpu * (1 + gc)
        cores = np.maximum(ready * self.s_cores * k.cores, 1e-9)
        rho = np.minimum(0.97, self.served_was * cpu / cores)
        wide = np.maximum(1.0, cores)
        slow = 1 + rho ** np.sqrt(2 * (wide + 1)) / (wide * (1 - rho))
        slow += 0.3 * rho / np.maximum(0.2, self.s_cores * k.cores) * (self.s_cores < 1)
        self.own = cpu * slow + self.s_io * k.io + gc * 0.02
        self.hold = self.own + k.tail_p * k.tail_t + self.calls_time[:, None]
        slots = np.maximum(ready * self.s_workers * k.workers, 1e-9)
        cap = np.minimum(slots / self.hold, cores / cpu * 0.99)
        admitted = self.lam * (1 - self.limited)[:, None]
        served = np.minimum(admitted + self.q / dt, cap)
        q = np.maximum(0, self.q + (admitted - served) * dt)
        room = np.minimum(self.s_queue * ready, cap * PATIENCE)
        room[self.consumer] = np.inf
        over = np.maximum(0, q - room)
        self.q = q - over
        self.rej = np.minimum(1, over / dt / np.maximum(admitted, 1e-9))
        rho = np.minimum(0.98, served / cap)
        self.wait = self.q / np.maximum(cap, 1e-3) + self.hold / np.maximum(slots, 1) * rho ** (
            np.sqrt(2 * (np.maximum(slots, 1) + 1))) / (1 - rho)
        self.wait[self.consumer] = 0
        self.own_fail = np.minimum(1, self.s_fail + k.fail + self.oom * 0.1)
        self.served, self.busy, self.cpu_used = served, served * self.hold, served * cpu
        self.throttle = np.maximum(0, served * cpu / cores - 0.6) / 0.4
        self.served_was, self.gc, self.ready, self.queue = served, gc, ready, self.q
        fail = 1 - (1 - self.own_fail) * (1 - self.calls_fail[:, None])
        self.fail = fail
        redo = (served * fail * 0.98 * dt)[self.consumer]
        self.q[self.consumer] += redo
        self.fed_slow += 0.05 * (self.lam - self.fed_slow)
        self.age = np.where(self.consumer[:, None], self.q / np.maximum(self.fed_slow, 1e-3), 0)
        quick = self.rej + (1 - self.rej) * self.limited[:, None]
        seen = ((self.wait + self.hold - k.tail_p * k.tail_t) * (1 - quick) + 0.002 * quick)
        self.lat += 0.6 * ((seen * self.split).sum(1) - self.lat)
        bad = 1 - (1 - quick) * (1 - fail)
        self.failing += 0.6 * ((bad * self.split).sum(1) - self.failing)
        self.good_split = self.split * (1 - bad)
        self.good_split /= np.maximum(self.good_split.sum(1, keepdims=True), 1e-9)

    def call(self, replicas, split):
        """What callers do with their callees: time-outs, retries, breakers, pools, fallbacks."""
        k, src, dst = self.knobs, self.src, self.dst
        zoned = lambda a: (a * split).sum(1)
        net, loss = zoned(k.net), zoned(k.loss)
        tail_p, tail_t = zoned(k.tail_p)[dst], k.tail_t.max(1)[dst] + 1e-9
        loss = np.minimum(0.9, loss[src] + loss[dst] + k.edge_loss)
        wire = net[src] + net[dst] + k.edge_net
        latency = self.lat[dst] + wire + loss * RETRANSMIT + 0.0003
        timeout = self.e_timeout * k.timeout
        x = timeout / latency
        late = (1 - tail_p) * beyond(x, 3) + tail_p * np.exp(-timeout / tail_t)
        mean = (1 - tail_p) * (latency * (1 - beyond(x, 4)) + timeout * beyond(x, 3)) + tail_p * (
            timeout * (1 - np.exp(-timeout / tail_t)))
        stale = self.e_fresh * (1 - np.exp(-(self.lag[dst] / self.e_tolerance) ** 2))
        refused = k.block[dst]
        wrong = self.write * zoned(k.write_fail)[dst]
        f = 1 - (1 - self.failing[dst]) * (1 - late) * (1 - stale) * (1 - refused) * (
            1 - wrong) * (1 - loss * loss)
        f = np.clip(f, 1e-12, 0.99999)
        retries = np.round(self.e_retries + k.retries)
        series = np.where(retries > 0, f * (1 - f ** retries) / (1 - f), 0)
        extra = np.minimum(series, self.e_budget + k.budget)
        used = np.where(series > 0, extra / np.maximum(series, 1e-9), 0)
        failed = f * (1 - used) + used * f ** (retries + 1)
        extra = extra + np.where(self.e_hedge > 0, beyond(self.e_hedge / latency, 3), 0)
        self.break_circuits(f)
        failed = self.open + (1 - self.open) * failed
        w = self.e_w * k.w
        w = w * np.where(self.cached >= 0, 1 - self.e_hit * (self.hot * k.hit)[self.cached] * (
            1 - self.failing[self.cached]), 1)
        slots = self.e_pool * np.maximum(replicas[src], 0.3) * k.pool
        use = self.attempts * mean / slots
        full = np.minimum(0.98, use)
        pool_wait = np.minimum(1.0, mean / slots * full ** np.sqrt(2 * (slots + 1)) / (1 - full))
        starved = np.maximum(0, 1 - 1 / np.maximum(use, 1e-9))
        self.starved = 0.7 * self.starved + 0.3 * starved
        pool_wait = np.maximum(pool_wait, np.minimum(1.0, 5 * self.starved))
        failed = 1 - (1 - failed) * (1 - self.starved)
        hurt = np.log1p(-np.minimum(0.999999, np.minimum(1, w) * failed * self.hard))
        summed = np.concatenate(([0.0], np.cumsum(hurt)))
        reach = np.exp(summed[:-1] - summed[self.first[src]])
        reach = reach * (1 - 0.5 * zoned(self.own_fail)[src])
        calls = self.served.sum(1)[src] * w * reach
        self.attempts = calls * (1 - self.open) * (1 - self.starved) * (1 + extra)
        tries = pool_wait + mean * (1 + extra) * (1 - refused) + self.e_backoff * extra
        times = w * reach * (1 - self.open) * tries
        total = np.bincount(src, times, self.n)
        total[self.calls_any] = np.where(
            self.parallel[self.calls_any], np.maximum.reduceat(times, self.first[self.calls_any]),
            total[self.calls_any])
        self.calls_time += 0.6 * (total - self.calls_time)
        ends = np.append(self.first[1:], self.m)
        self.calls_fail = 1 - np.exp(summed[ends] - summed[self.first])
        self.write_errors = np.bincount(dst, self.attempts * wrong, self.n)
        self.block_seen, self.produced = refused, calls * (1 - failed)
        self.fed = np.zeros((self.n, ZONES))
        for e, consumer, ratio in self.feeds:
            self.fed[consumer] += self.produced[e] * ratio * self.good_split[dst[e]]
        self.calls, self.failed, self.attempt_fail, self.latency = calls, failed, f, mean
        self.extra, self.pool_wait, self.pool_use = extra, pool_wait, use * slots
        self.block, self.timeout, self.reach = refused, timeout, w * reach
        self.timed_out, self.edge_net = late, wire
        self.tail_p, self.tail_t, self.net, self.loss = k.tail_p, k.tail_t, k.net, k.loss

    def break_circuits(self, f):
        """Breakers open above half failures, stay open for a while, then let a tenth through."""
        self.f_smooth += 0.3 * (f - self.f_smooth)
        if not (self.open.any() or (self.f_smooth > 0.5).any()):
            return
        trip = self.breaker & (self.f_smooth > 0.5) & (self.open < 1)
        self.open_until[trip] = self.clock_now + 15
        self.open[trip] = 1
        self.f_smooth[trip] = 0.45
        half = (self.open == 1) & (self.clock_now >= self.open_until)
        self.open[half], self.f_smooth[half] = 0.9, 0.4
        self.open[(self.open == 0.9) & (self.f_smooth < 0.2)] = 0

    def mem_now(self, dt):
        """Memory moves with load and leaks; a full replica is killed and starts again."""
        drift = (self.base_mem - self.mem) * 0.002 * (self.knobs.leak == 0)
        self.mem += (drift + self.knobs.leak) * dt
        self.oom = np.maximum(0, self.oom - dt / 30)
        self.killed = self.mem >= 1
        if self.killed.any():
            self.mem[self.killed] = self.base_mem[self.killed]
            held = np.maximum(1, self.count[:, None] * self.share)
            self.oom[self.killed] = (1 / held)[self.killed]

    def age_state(self, dt):
        """Warmth of caches, disks filling, replicas behind their primaries."""
        k = self.knobs
        self.hot += (1 - self.hot) * dt / self.warmth
        self.disk = np.clip(self.disk + k.disk.max(1) * dt, 0.05, 1)
        rate = self.served.sum(1)
        has = self.primary >= 0
        inflow = np.where(has, np.maximum(rate[self.primary], 0.1), 0)
        speed = inflow * 4 * k.apply + 1e-9
        self.lagged = np.where(has, np.maximum(0, self.lagged + (inflow - speed) * dt), 0)
        self.lag = np.where(has, self.lagged / np.maximum(inflow, 1e-9) + 0.02, 0)
        self.evict = np.maximum(0, 1 - k.hit) * rate
        self.restarts = self.killed.sum(1) / dt
        self.clock = k.clock.max(1)

    def scale(self, dt):
        """Pod autoscaler: up after half a minute, down after ten calm looks."""
        if self.clock_now < self.next_scaling or self.clock_now < 60:
            self.count += np.clip(self.want * self.knobs.scale - self.count, -1, 1) * min(1, dt / 8)
            return
        self.next_scaling = self.clock_now + 30
        load = self.cpu_used.sum(1) / (self.count * self.s_cores[:, 0] + 1e-9)
        need = np.ceil(self.count * load / np.maximum(self.target, 1e-6) - 0.1)
        need = np.clip(need, np.maximum(1, self.replicas // 2), self.replicas * 2)
        up = self.elastic & (need > self.want)
        self.calm = np.where(self.elastic & (need < self.want), self.calm + 1, 0)
        down = self.calm >= 10
        self.want = np.where(up, need, np.where(down, self.want - 1, self.want))
        self.calm[down] = 0

    def users(self):
        """What users and devices get now: (mean seconds, failing share, age of data)."""
        k, parts = self.knobs, {}
        tail = (k.tail_p * k.tail_t * self.split).sum(1)
        for group in ("api", "ingest"):
            idx = [s for s, _, g in self.world.entries if g == group]
            weight = self.lam[idx].sum(1) + 1e-9
            outside = (k.net * self.split).sum(1) + (k.loss * self.split).sum(1) * RETRANSMIT
            parts[group] = (np.average(self.lat[idx] + tail[idx] + outside[idx], weights=weight),
                            np.average(self.failing[idx], weights=weight))
        return parts["api"] + parts["ingest"] + (self.data_age().mean(),)

    def data_age(self):
        """Seconds that shown data are behind, by zone: the consumers' stages and the replicas."""
        stages = [[i for i, s in enumerate(self.world.services) if s.kind == kind]
                  for kind in ("decoder", "stage2")]
        behind = sum(np.average(self.age[idx] + self.hold[idx], axis=0) for idx in stages)
        readers = self.primary >= 0
        return self.flush + behind + (self.lag[readers].mean() if readers.any() else 0)


class Rows:
    """Means over the ticks of each row of everything that exporters may show."""

    def __init__(self):
        self.sums, self.ticks, self.stored = {}, 0, []

    def add(self, flow):
        for name in SERVICE_KEYS + EDGE_KEYS + OTHER_KEYS:
            value = getattr(flow, name)
            self.sums[name] = self.sums[name] + value if self.ticks else value.copy()
        now = flow.data_age()
        self.sums["data_age"] = self.sums["data_age"] + now if self.ticks else now
        self.ticks += 1

    def close(self):
        self.stored.append({name: value / self.ticks for name, value in self.sums.items()})
        self.sums, self.ticks = {}, 0

    def arrays(self):
        return {name: np.array([row[name] for row in self.stored]) for name in self.stored[0]}
