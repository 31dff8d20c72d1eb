# SPDX-License-Identifier: Apache-2.0
"""How requests flow through a map of parcel_map.py, in small ticks of time.

Every operation carries PARTICLES samples (latency, failed or not) of a request that
comes in now. They are put together from those of the callees, deepest layer first;
then counts of requests, whole numbers, go down from the users. Waiting for a core, a
slot of a service or a connection of a pool is that of a queue with many servers,
plus what is left over from the tick before. So slowness travels to callers and
load to callees, both within a tick.
"""
import numpy as np

from parcel_map import ENTRY, STORE

PARTICLES = 32
TABLE = 1 << 19


def station(left, come, hold, places, tick, most):
    """Places taken `hold` seconds each: mean wait, what is left over, share turned away."""
    can = np.maximum(places * tick / np.maximum(hold, 1e-5), 1e-6)
    left = np.maximum(left + come - can, 0)
    limit = np.minimum(most, can / tick * 8)            # callers do not wait for ever
    away = np.maximum(left - limit, 0) / np.maximum(come, 1e-9)
    left = np.minimum(left, limit)
    return crowd(come / can, places) * hold + left / can * tick, left, np.minimum(away, 1)


def crowd(busy, servers):
    """Mean wait over service time (Sakasegawa's formula); one server at least."""
    servers, busy = np.maximum(servers, 1.), np.minimum(busy, .97)
    return busy ** (np.sqrt(2 * (servers + 1)) - 1) / (servers * (1 - busy))


class Layer:
    """The calls of a layer's operations, in stages, as arrays to reduce over."""

    def __init__(self, calls, at):
        self.calls = np.array(at)
        keys = [(calls[i].src, calls[i].stage) for i in at]
        self.starts = np.array([i for i, k in enumerate(keys) if not i or k != keys[i - 1]])
        groups = [keys[i] for i in self.starts]
        self.ops = np.array(sorted({k[0] for k in keys}))
        width = max(sum(k[0] == o for k in groups) for o in self.ops)
        self.pad = np.full((len(self.ops), width), len(groups))     # the last is none
        for row, op in enumerate(self.ops):
            mine = [g for g, k in enumerate(groups) if k[0] == op]
            self.pad[row, :len(mine)] = mine
        self.row = np.searchsorted(self.ops, [k[0] for k in keys])
        group = np.searchsorted(self.starts, np.arange(len(at)), side="right") - 1
        self.column = np.array([list(self.pad[r]).index(g) for r, g in zip(self.row, group)])


class Flow:
    def __init__(self, system, rng, tick, bounds):
        self.map, self.rng, self.tick, self.bounds = system, rng, tick, bounds
        s, o, c = system.services, system.ops, system.calls
        c.sort(key=lambda call: (o[call.src].level, call.src, call.stage))
        self.of = np.array([op.service for op in o])
        self.cpu, self.io = (np.array([getattr(op, k) for op in o]) for k in ("cpu_s", "io_s"))
        for key in ("src", "dst", "share", "timeout", "retries", "optional", "cache", "topic"):
            setattr(self, key, np.array([getattr(call, key) for call in c]))
        self.to, self.by = self.of[self.dst], self.of[self.src]
        self.layers = [Layer(c, [i for i, call in enumerate(c) if o[call.src].level == level])
                       for level in range(STORE)
                       if any(o[call.src].level == level for call in c)]
        self.entries = np.array([i for i, op in enumerate(o) if op.level == ENTRY])
        self.load = np.array([share for _, share in system.journeys]) * system.rate
        self.kind = np.array([x.kind for x in s])
        self.give_pools()
        self.give_topics()
        self.base = self.draw_base(len(s))
        self.swap = [np.argsort(rng.random((len(c), PARTICLES)), axis=1) for _ in range(3)]
        self.normal = rng.standard_normal(TABLE)
        self.waits = rng.standard_exponential(TABLE)
        self.even = rng.random(TABLE)
        self.reset()

    def give_pools(self):
        """Calls of a service to a store share its connections."""
        keys = [(a, b) if self.kind[b] in ("db", "cache") else None
                for a, b in zip(self.by, self.to)]
        self.pools = sorted({k for k in keys if k})
        self.pool = np.array([self.pools.index(k) if k else len(self.pools) for k in keys])
        self.pool_by = np.array([k[0] for k in self.pools])
        self.pool_size = np.full(len(self.pools) + 1, 1e6)

    def give_topics(self):
        t = self.map.topics
        self.publish, self.work, self.reply, self.broker, self.full_s = (
            np.array([getattr(x, k) for x in t])
            for k in ("publish", "work", "reply", "broker", "full_s"))
        self.worker = self.of[self.work]
        rates = np.array(self.map.rates())
        self.full = np.maximum(rates[self.publish] * self.full_s, 50)

    def draw_base(self, n):
        s = self.map.services
        same = dict(cpu_mul=1, io_mul=1, errors=0, down=0, gone=0, slow_share=0, slow_s=0,
                    burn=0, steal=0, delay=0, loss=0, dns=0, dns_s=.005, pull=1, pools=1,
                    slot_mul=1, pause=0)
        base = {k: np.full(n, float(v)) for k, v in same.items()}
        for key in ("cores", "slots", "hit"):
            base[key] = np.array([getattr(x, key) for x in s], float)
        rare = self.rng.lognormal(-8.5, 1, n)       # some requests fail on any day
        base["errors"] = np.where(np.isin(self.kind, ("db", "cache", "broker")), rare / 20, rare)
        base["load"] = np.ones(len(self.entries))
        return base

    def reset(self):
        n, o, p = len(self.map.services), len(self.of), len(self.pools) + 1
        self.p = self.base
        self.lat, self.fail = np.full((o, PARTICLES), .01), np.zeros((o, PARTICLES), bool)
        self.cpu_left, self.cpu_rate = np.zeros(n), np.zeros(n)
        self.left, self.wait, self.away, self.held = (np.zeros(n) for _ in range(4))
        self.pool_left, self.pool_wait, self.pool_held = (np.zeros(p) for _ in range(3))
        self.cache_bad = np.zeros(n)
        self.queue = np.zeros(len(self.work))
        self.topic_wait, self.fresh = np.zeros(len(self.work)), np.zeros(len(self.work))
        self.call_s = np.zeros(len(self.src))
        self.alive = np.ones(len(self.src))
        self.tries = np.ones(len(self.src))

    def some(self, table, rows):
        at = self.rng.integers(0, TABLE - rows * PARTICLES)
        return table[at:at + rows * PARTICLES].reshape(rows, PARTICLES)

    # -- effects of faults and of what happens anyway --

    def apply(self, effects, now):
        active = [e for e in effects if e["start"] <= now < e["end"]]
        self.p = {k: v.copy() for k, v in self.base.items()} if active else self.base
        for e in active:
            array, at, share = self.p[e["what"]], e["at"], 1.
            if e.get("ramp"):
                share = min(1., (now - e["start"]) / e["ramp"])
            if e.get("fades"):
                share = float(np.exp(-(now - e["start"]) / e["fades"]))
            if e["how"] == "mul":
                array[at] *= 1 + (e["value"] - 1) * share
            elif e["how"] == "add":
                array[at] += e["value"] * share
            else:
                array[at] += (e["value"] - array[at]) * share

    # -- what a request takes, deepest layer first --

    def own(self):
        """Seconds of a request in its operation without its calls, failed or not."""
        p, n = self.p, len(self.of)
        cap = np.maximum((p["cores"] - p["steal"]) * (1 - p["gone"]) - p["burn"], .02)
        mean = self.cpu * p["cpu_mul"][self.of]
        busy = self.cpu_rate / cap
        stretch = crowd(busy, cap)[self.of] * mean * np.maximum(1, 1 / cap)[self.of]
        late = (self.cpu_left / cap)[self.of]
        own = (mean[:, None] * np.exp(.35 * self.some(self.normal, n)) +
               (self.io * p["io_mul"][self.of])[:, None] * np.exp(.5 * self.some(self.normal, n)) +
               (stretch + p["pause"][self.of])[:, None] * self.some(self.waits, n) + late[:, None])
        if p["slow_share"].any():
            slow = self.some(self.even, n) < p["slow_share"][self.of][:, None]
            own = own + slow * (p["slow_s"][self.of][:, None] *
                                np.exp(.4 * self.some(self.normal, n)))
        self.cap = cap
        wait = self.wait[self.of][:, None] * (.5 + .5 * self.some(self.waits, n))
        turned = self.away + (1 - self.away) * p["errors"]
        bad = self.some(self.even, n) < turned[self.of][:, None]
        shed = bad & (self.away > 0)[self.of][:, None]
        return np.where(shed, .001, own), np.where(shed, 0, wait), bad

    def attempt(self, e, swap):
        """One try of calls `e`: seconds the caller waits, failed or not."""
        p, d, to, by = self.p, self.dst[e], self.to[e], self.by[e]
        flat = d[:, None] * PARTICLES + swap[e]
        far = .0004 + p["delay"][to] + p["delay"][by]
        took = self.lat.ravel().take(flat) + far[:, None] * np.exp(
            .15 * self.some(self.normal, len(e)))
        bad = self.fail.ravel().take(flat)
        lost = 1 - (1 - p["loss"][to]) * (1 - p["loss"][by])
        if lost.any():        # a lost packet is sent again after 0.2 s, 0.4 s, ...
            again = np.floor(np.log(self.some(self.even, len(e))) /
                             np.log(np.clip(1 - (1 - lost) ** 3, 1e-9, .9))[:, None])
            took = took + .2 * (2 ** np.minimum(again, 7) - 1)
        for share, seconds in ((p["down"][to], .002), (p["dns"][by], p["dns_s"][by])):
            if share.any():
                hit = self.some(self.even, len(e)) < share[:, None]
                took = np.where(hit, np.broadcast_to(seconds, share.shape)[:, None], took)
                bad = bad | hit
        topic = self.topic[e]
        if (topic >= 0).any():
            took = took + np.where(topic >= 0, self.topic_wait[topic], 0)[:, None] * (
                .6 + .4 * self.some(self.waits, len(e)))
        self.call_s[e] = np.minimum(took, self.timeout[e][:, None]).mean(1)
        took = took + self.pool_wait[self.pool[e]][:, None] * self.some(self.waits, len(e))
        late = took > self.timeout[e][:, None]
        return np.where(late, self.timeout[e][:, None], took), bad | late

    def chance(self, e):
        """Share of the caller's requests that make a call."""
        cache = self.cache[e]
        has = self.p["hit"][cache] * (1 - self.cache_bad[cache])
        return self.share[e] * np.where(cache >= 0, 1 - has, 1)

    def climb(self, layer, own, wait, bad, keep=None):
        """Latency and failure of a layer's operations out of those they call."""
        e = layer.calls
        took, lost = self.attempt(e, self.swap[0])
        first, tries = took, np.ones_like(took)
        for again in (1, 2):
            retry = lost & (self.retries[e] >= again)[:, None]
            if retry.any():
                more, still = self.attempt(e, self.swap[again])
                took = np.where(retry, took + .02 + more, took)
                lost, tries = np.where(retry, still, lost), tries + retry
        made = self.some(self.even, len(e)) < self.chance(e)[:, None]
        for c in np.flatnonzero(self.kind[self.to[e]] == "cache"):
            self.cache_bad[self.to[e][c]] = lost[c].mean()
        hurt = lost & made & ~self.optional[e][:, None]
        none = np.zeros((1, PARTICLES))
        stage_s = np.concatenate([np.maximum.reduceat(took * made, layer.starts), none])[layer.pad]
        stage_bad = np.concatenate([np.logical_or.reduceat(hurt, layer.starts),
                                    none.astype(bool)])[layer.pad]
        o = layer.ops
        over = np.logical_or.accumulate(np.concatenate(
            [bad[o][:, None], stage_bad], axis=1), axis=1)
        self.lat[o] = wait[o] + own[o] + (stage_s * ~over[:, :-1]).sum(1)
        self.fail[o] = over[:, -1]
        on = ~over[layer.row, layer.column]
        self.alive[e] = on.mean(1)
        self.tries[e] = tries.mean(1)
        if keep is not None:
            keep.append((e, took, first, tries, made & on, hurt))

    # -- counts, from the users down --

    def descend(self):
        n = len(self.of)
        come, sent = np.zeros(n), np.zeros(len(self.src))
        asked = self.rng.poisson(self.load * self.p["load"] * self.tick)
        come[self.entries] = np.round(asked * (1 - self.p["down"][self.of[self.entries]]))
        pulled = self.pull()
        come[self.work] += pulled
        for layer in self.layers:
            e = layer.calls
            mean = come[self.src[e]] * self.chance(e) * self.alive[e] * self.tries[e]
            tried = self.rng.poisson(mean)
            sent[e] = tried
            reach = (1 - self.p["down"][self.to[e]]) * (1 - self.p["dns"][self.by[e]])
            np.add.at(come, self.dst[e], np.floor(tried * reach + self.rng.random(len(e))))
        put = come[self.publish] * (1 - self.fail[self.publish].mean(1))
        again = pulled * self.fail[self.work].mean(1) * .5       # what failed comes back
        self.fresh = np.round(put + again)
        self.queue = np.maximum(self.queue - pulled, 0) + self.fresh
        return come, sent, asked

    def pull(self):
        """Consumers take what they have free hands for."""
        w = self.worker
        hold = np.maximum(self.lat[self.work].mean(1), 1e-4)
        hands = (self.p["slots"] * (1 - self.p["gone"]) * self.p["pull"])[w] * (
            1 - self.p["down"][w]) * (1 - self.p["down"][self.broker])
        can = .9 * hands * self.tick / hold
        rate = np.maximum(can / self.tick, 1e-3)
        old = np.maximum(self.queue - self.fresh, 0)            # fresh ones go within a tick
        self.topic_wait = np.minimum(old / rate, 600) + hold
        return np.floor(np.minimum(self.queue, can) + self.rng.random(len(w)) *
                        (self.queue > 0)).clip(0, self.queue)

    def settle(self, come, sent, work_s, hold_s):
        """Queues after the tick: cores, slots, connections, brokers."""
        n, p, tick = len(self.kind), self.p, self.tick
        seen = np.bincount(self.of, come, n)
        work = np.bincount(self.of, come * work_s, n)
        slots = p["slots"] * p["slot_mul"] * (1 - p["gone"]) + .01
        self.cpu_left = np.clip(self.cpu_left + work - self.cap * tick, 0,
                                slots * work / np.maximum(seen, 1))
        blend = 1 - np.exp(-tick / 4)
        self.cpu_rate += blend * (work / tick - self.cpu_rate)
        hold = np.bincount(self.of, come * hold_s, n) / np.maximum(seen, 1)
        slow = 1 - np.exp(-tick / np.maximum(hold, 2))
        self.held += slow * (hold - self.held)
        most = np.array([s.waiting for s in self.map.services])
        worker = self.kind == "worker"             # takes only what it has a slot for
        wait, self.left, away = station(self.left, seen * ~worker, self.held, slots, tick, most)
        self.wait, self.away = self.wait + blend * (wait - self.wait), away
        count = len(self.pools) + 1
        calls = np.bincount(self.pool, sent, count)
        mean = np.bincount(self.pool, sent * self.call_s, count) / np.maximum(calls, 1)
        self.pool_held += blend * (mean - self.pool_held)
        size = self.pool_size * np.append(p["pools"][self.pool_by], 1)
        wait, self.pool_left, _ = station(self.pool_left, calls, self.pool_held, size, tick, 1e9)
        self.pool_wait += blend * (wait - self.pool_wait)
        self.in_use = np.minimum(calls / tick * self.pool_held, size)[:-1]
        self.size = size[:-1]
        used = np.minimum(seen / tick * self.held + self.left, slots)
        return seen, work, used

    def step(self, effects, now, keep=None):
        self.apply(effects, now)
        own, wait, bad = self.own()
        over = np.clip(self.queue / self.full - 1, 0, 1)        # a full broker holds back
        stop = np.zeros(len(self.kind))
        np.maximum.at(stop, self.broker, over)
        own = own + 2.5 * stop[self.of][:, None] * np.isin(self.of, self.broker)[:, None]
        self.lat, self.fail = own + wait, bad.copy()
        calls = [] if keep is not None else None
        for layer in self.layers[::-1]:
            self.climb(layer, own, wait, bad, calls)
        come, sent, asked = self.descend()
        work = self.cpu * self.p["cpu_mul"][self.of]
        seen, work, used = self.settle(come, sent, work, (self.lat - wait).mean(1))
        if keep is not None:
            keep.append(dict(now=now, lat=self.lat, fail=self.fail, wait=wait, own=own,
                             calls=calls, come=come))
        return come, seen, work, used, asked
