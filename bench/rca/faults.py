# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in the systems of fluid.py, and the changes of that day, for exporters.py."""
import math

import numpy as np

FAULTS = """slow_disk pool_leak cpu_limit bad_deploy_slow bad_deploy_errors refused dns loss
hot_key lock cache_storm third_party consumer_stuck flag_calls mem_leak cron_overload deadlock
noisy_neighbour timeout_config crash_loop net_delay""".split()
LEAST_LOAD = .4      # requests a second of a root


def can_have(fault, s):
    served, web = s.kind in ("web", "gateway"), s.kind == "web"
    asks = any(c.callee.kind in ("web", "third") for c in s.calls)
    if fault != "cron_overload" and np.median(s.load) <= LEAST_LOAD:
        return False
    return {"slow_disk": s.kind == "db", "lock": s.kind == "db", "cache_storm": s.kind == "cache",
            "third_party": s.kind == "third", "consumer_stuck": s.kind == "consumer",
            "cron_overload": s.kind == "cron", "hot_key": s.kind in ("db", "cache"),
            "refused": s.kind in ("web", "db", "cache"), "loss": s.kind in ("web", "db", "cache"),
            "net_delay": s.kind in ("web", "db"), "dns": served and asks,
            "timeout_config": served and asks, "flag_calls": web and asks,
            "pool_leak": web, "mem_leak": web, "deadlock": web and s.replicas > 1,
            "noisy_neighbour": s.kind in ("web", "consumer"),
            "cpu_limit": served or s.kind == "consumer"}.get(fault, served)


class Incident:
    """A fault in a service from one tick to another; a method of each name does it."""

    def __init__(self, s, times, window, draw):
        self.s, self.times, self.draw, self.knobs = s, times, draw, s.knobs
        self.begin, self.end = window
        self.window, self.lasts = slice(*window), window[1] - window[0]
        ramp = 1 if draw.random() < .6 else int(draw.uniform(30, 150) / times.tick_s) + 1
        self.grown = self.rise(min(ramp, self.lasts))
        self.use = float(np.median(s.use))
        self.busy = float(np.median(s.load)) * float(np.mean(s.base_s))

    def rise(self, ticks):
        return np.minimum(1, (np.arange(self.lasts) + 1) / ticks)

    def set(self, **values):
        for knob, value in values.items():
            self.knobs[knob][self.window] = value

    def restart(self, tick):
        self.s.restarts.append((self.begin + tick) // self.times.per_row)

    def times_more(self, factor):
        return np.exp(np.log(factor) * self.grown)

    def bearable(self, factor):
        """More computing, but for processors that are not all in use."""
        return min(factor, .9 / max(self.use, .05))

    def slow_disk(self):
        slower = self.times_more(self.draw.uniform(5, 40))
        self.set(slow=slower, disk=slower)

    def pool_leak(self):
        left = min(self.draw.uniform(.5, 1.1) * max(self.busy, .5) / self.s.pool, 1)
        lost = self.rise(max(1, self.lasts * self.draw.uniform(.1, .6)))
        self.set(pool=1 - (1 - left) * lost, leaked_pool=self.s.pool * (1 - left) * lost)

    def cpu_limit(self):
        self.set(cores=self.use / self.draw.uniform(.85, 1.3))

    def bad_deploy_slow(self):
        slower = self.draw.uniform(2, 8) * (30 if self.s.kind == "gateway" else 1)
        if self.draw.random() < .6:
            self.set(cpu=self.bearable(slower))
        else:
            self.set(slow=slower)

    def bad_deploy_errors(self):
        self.set(error=self.draw.uniform(.05, .6))

    def refused(self):
        self.set(refuse=1 if self.draw.random() < .6 else self.draw.uniform(.3, .9))

    def dns(self):
        self.set(dns=self.draw.uniform(.08, .5) * self.grown)

    def loss(self):
        self.set(loss=self.draw.uniform(.05, .4))

    def hot_key(self):
        draw = self.draw
        self.set(hot=draw.uniform(.06, .25), hot_factor=draw.uniform(8, 40),
                 cpu=self.bearable(draw.uniform(1.3, 2.5)))

    def lock(self):
        self.set(lock=math.exp(self.draw.uniform(math.log(.03), math.log(1.))) * self.grown)

    def cache_storm(self):
        self.set(hit=self.draw.uniform(.1, .7))

    def third_party(self):
        if self.draw.random() < .6:
            self.set(slow=self.times_more(self.draw.uniform(4, 20)))
        else:
            self.set(error=self.draw.uniform(.1, .8))

    def consumer_stuck(self):
        self.set(stop=self.draw.choice([0, 0, .1, .2]))

    def flag_calls(self):
        self.set(calls=self.draw.uniform(2, 5))

    def mem_leak(self):
        """Slower and slower, until it is killed for what it has, and again."""
        every = max(8, int(self.lasts * self.draw.uniform(.4, .8)))
        full = (np.arange(self.lasts) % every) / every
        self.set(leak=(self.s.limit / self.s.memory - 1) * 1.02 * full,
                 cpu=1 + .25 * full / max(self.use, .1), slow=1 + 6 * np.maximum(0, full - .5))
        for tick in range(every, self.lasts, every):
            self.restart(tick)
            at = self.begin + tick
            self.knobs["refuse"][at:at + self.times.ticks_of(30)] = 1 / self.s.replicas

    def cron_overload(self):
        """A job that asks its store for all it has."""
        s, store = self.s, self.s.calls[0].callee
        need = self.draw.uniform(.8, 1.6) * store.cores * store.replicas / store.cpu_s
        s.entering[self.window] = need / max(.2, s.calls[0].usual)
        s.cores, s.pool = max(s.cores, need * s.cpu_s * 1.5), max(s.pool, need * 5)

    def deadlock(self):
        replicas = self.s.replicas
        self.set(dead=self.draw.choice([1, 1, max(1, replicas - 1)]) / replicas)

    def noisy_neighbour(self):
        self.set(hog=self.draw.uniform(.5, .9) * self.grown)

    def timeout_config(self):
        asked = [c for c in self.s.calls if c.callee.kind in ("web", "third")]
        self.set(timeout=min(1, max(float(np.mean(c.callee.base_s)) * self.draw.uniform(.6, 1.3) /
                                    c.timeout_s for c in asked)))

    def crash_loop(self):
        every = max(2, int(self.draw.uniform(30, 120) / self.times.tick_s))
        for tick in range(0, self.lasts, every):
            self.restart(tick)
            at = self.begin + tick
            down = max(1, int(every * self.draw.uniform(.3, .8)))
            gone = slice(at, min(self.end, at + down))
            self.knobs["down"][gone], self.knobs["refuse"][gone] = self.s.replicas, 1

    def net_delay(self):
        self.set(delay=self.draw.uniform(.02, .5))


def draw_changes(system, root, fault, begin):
    """The change that is the fault, where one is, and others: (tick, service, what)."""
    draw, times, changes = system.draw, system.times, []
    name = root.name
    if fault.startswith("bad_deploy"):
        changes.append((begin, root, "deploy %s v2.%d" % (name, draw.randint(1, 40))))
    if fault == "lock":
        before = int(draw.uniform(0, 60) / times.tick_s)
        changes.append((max(0, begin - before), root, "migration: add index on " + name))
    if fault == "flag_calls":
        changes.append((begin, root, "flag new-widget on"))
    if fault in ("cpu_limit", "timeout_config"):
        changes.append((begin, root, "config " + name))
    web = [s for s in system.services if s.kind == "web"]
    for _ in range(draw.choice([0, 1, 2, 3])):
        s = draw.choice(web)
        if draw.random() < .6:
            tick = draw.randrange(times.ticks)
        else:
            tick = max(0, begin - int(draw.uniform(0, 600) / times.tick_s))
        changes.append((tick, s, "deploy " + s.name))
    for tick, s, what in changes:
        if what.startswith("deploy"):
            s.restarts.append(tick // times.per_row)
    return changes
