# SPDX-License-Identifier: Apache-2.0
"""A shop on a cluster as a fluid, for exporters.py.

Every service has, in each tick, a rate of requests and PARTICLES examples of how long
one takes and whether it fails, which are drawn from the examples of its callees.
Rates follow from calls and their repetitions, latencies from rates: each is found
in turn until they agree. Nothing here is of `caus simulate`.
"""
import itertools
import math

import numpy as np

# Of a step in seconds: ticks, seconds before the onset, seconds after it.
WINDOWS = {5: (1, (1200, 2700), (300, 900)), 10: (1, (1500, 5400), (300, 1200)),
           15: (2, (1800, 7200), (300, 1500)), 30: (2, (3600, 9000), (300, 2400)),
           60: (3, (4500, 14400), (300, 3600))}
PARTICLES = 32       # of a service and tick
DAY_S = 86400
LONGEST_WAIT_S = 15
HANGS_S = 1000       # longer than any timeout
UNLIMITED = 1e9      # requests a second
FULL = .93           # of its processors, at which a service does not get slower

GATEWAYS = ["web-gw", "mobile-gw", "partner-api", "ingress", "pos-gw"]
DOMAINS = """orders carts catalog pricing inventory payments ledger accounts customers auth
sessions search recommend reviews shipping tracking invoices tax promo loyalty fraud kyc notify
email sms media geo currency quotes transfers cards limits statements audit reports pref wishlist
returns stores suppliers planner dispatch fleet rates scoring claims policy documents""".split()
CONSUMERS = ["worker", "consumer", "indexer", "projector"]
THIRD_PARTIES = ["payments-ext", "maps-ext", "mail-ext", "bureau-ext", "fx-ext"]
LANGUAGES = ["java", "java", "go", "node", "python"]
CALLS = [1, 1, 1, .5, .3, 2, 1.5, .1]
TIMEOUTS_S = [1., 2., 3., 5., 10.]
RETRIES = [0, 0, 1, 2]

# What faults and hiccups change: factors, and what is added or a share.
FACTORS = ["slow", "cpu", "cores", "pool", "timeout", "hot_factor", "hit", "stop", "calls", "blip",
           "disk"]
AMOUNTS = ["refuse", "delay", "loss", "dns", "hot", "error", "dead", "hog", "leak", "lock",
           "leaked_pool", "down"]


class Times:
    """Rows of so many seconds, each of some ticks, before the onset and after it."""

    def __init__(self, step_s, per_row, before, after):
        self.step_s, self.per_row, self.tick_s = step_s, per_row, step_s / per_row
        self.before, self.after, self.rows = before, after, before + after
        self.ticks, self.onset = self.rows * per_row, before * per_row

    def ticks_of(self, seconds):
        return max(1, int(seconds / self.tick_s))


def draw_times(draw, step_s):
    per_row, before_s, after_s = WINDOWS[step_s]
    before = int(draw.uniform(*before_s) / step_s)
    return Times(step_s, per_row, before, max(8, int(draw.uniform(*after_s) / step_s)))


class Service:
    """What a service is; System says what it has and does."""

    def __init__(self, name, kind, engine):
        self.name, self.kind, self.engine = name, kind, engine
        self.calls, self.callers, self.fed, self.takers = [], [], [], []
        self.restarts = []           # rows
        self.usual = 0.0             # requests a second
        self.most, self.able = None, np.inf
        self.pool = None


class Call:
    """What a caller asks of a callee, usually so often a request."""

    def __init__(self, caller, callee, usual):
        self.caller, self.callee, self.usual = caller, callee, usual
        self.critical, self.timeout_s, self.retries = True, 5.0, 0
        self.fallback = None         # the call that a miss leads to
        self.consumer = None         # who takes from a broker what this call puts there


class Node:
    def __init__(self, name):
        self.name, self.services = name, []


def drain(arriving, leaving, tick_s, room):
    """What queues at the end of each tick, and the share that finds no room."""
    queue, queues, refused = 0.0, [], []
    for a, b, most in zip(arriving.tolist(), leaving.tolist(), room.tolist()):
        queue, share = max(queue + (a - b) * tick_s, 0.0), 0.0
        if queue > most:
            share = min(1.0, (queue - most) / (a * tick_s)) if a > 0 else 0.0
            queue = most
        queues.append(queue)
        refused.append(share)
    return np.array(queues), np.array(refused)


class System:
    """Services on nodes and the calls between them; callers come before callees."""

    def __init__(self, draw, size, times, seed):
        self.draw, self.times, self.noise = draw, times, np.random.default_rng(seed)
        self.shape = (times.ticks, PARTICLES)
        self.grow(size)
        self.call_pages()
        self.call_stores()
        self.call_rest()
        for s in self.services:
            for c in s.calls:
                c.callee.callers.append(c)
                if c.consumer:
                    c.consumer.fed.append(c)
        self.enter()
        self.rate()
        self.nodes = [Node("node%d" % i) for i in range(max(5, len(self.services) // 6))]
        for s in self.services:
            self.equip(s)
        for s in self.services:
            self.disturb(s)
        for node in self.nodes:
            self.provide(node)
        for s in self.services:
            s.collect_s, s.collect_at = draw.uniform(60, 600), draw.randrange(50)
            s.disk_s = draw.uniform(.0005, .004)

    # ---- topology ----

    def grow(self, size):
        """Gateways, pages, domains, cores; then what these and nobody else use."""
        draw, pick = self.draw, self.draw.choice
        names = DOMAINS[:]
        draw.shuffle(names)
        self.gates = [Service(n, "gateway", pick(["go", "envoy", "java"]))
                      for n in draw.sample(GATEWAYS, draw.randint(2, 4))]
        dbs, caches, thirds = max(4, size // 7), draw.randint(2, 4), draw.randint(1, 3)
        consumers, crons, brokers = draw.randint(3, 6), draw.randint(1, 2), draw.randint(1, 2)
        web = size - len(self.gates) - dbs - caches - thirds - consumers - crons - brokers
        pages, cores = draw.randint(4, 7), max(4, web // 4)
        self.pages = [Service(names.pop() + "-bff", "web", pick(LANGUAGES)) for _ in range(pages)]
        self.domains = [Service(names.pop(), "web", pick(LANGUAGES))
                        for _ in range(web - pages - cores)]
        self.cores = [Service((names.pop() if names else "plat%d" % i) + "-core", "web",
                              pick(LANGUAGES)) for i in range(cores)]
        self.owners = self.domains + self.cores
        self.brokers = [Service("broker-%d" % i, "broker", pick(["kafka", "rabbitmq"]))
                        for i in range(brokers)]
        self.dbs = []
        for i in range(dbs):
            engine, owner = pick(["pg", "mysql", "mongo"]), pick(self.owners)
            self.dbs.append(Service("db-%s%d" % (owner.name.split("-")[0], i), "db", engine))
        self.caches = [Service("cache-%s%d" % (pick("abcdefgh"), i), "cache", "redis")
                       for i in range(caches)]
        self.thirds = [Service(n, "third", None) for n in draw.sample(THIRD_PARTIES, thirds)]
        self.consumers = [Service("%s-%d" % (pick(CONSUMERS), i), "consumer", pick(LANGUAGES))
                          for i in range(consumers)]
        self.crons = [Service("cron-%d" % i, "cron", "python") for i in range(crons)]
        self.services = (self.gates + self.pages + self.domains + self.consumers + self.crons +
                         self.cores + self.brokers + self.dbs + self.caches + self.thirds)

    def some(self, pool, count):
        return self.draw.sample(pool, min(count, len(pool)))

    @staticmethod
    def call(caller, callee, usual, **more):
        made = Call(caller, callee, usual)
        vars(made).update(more)
        caller.calls.append(made)
        return made

    def call_within(self, caller, callee, critical):
        """A call between web services."""
        pick = self.draw.choice
        self.call(caller, callee, pick(CALLS), critical=self.draw.random() < critical,
                  timeout_s=pick(TIMEOUTS_S), retries=pick(RETRIES))

    def call_pages(self):
        """Every web service has a caller."""
        draw, pick = self.draw, self.draw.choice
        for i, page in enumerate(self.pages):
            self.call(self.gates[i % len(self.gates)], page, pick([1, .5, .7]), timeout_s=10.,
                      retries=pick([0, 0, 1]))
        for gate in self.gates:
            known = [c.callee for c in gate.calls]
            for page in self.some([p for p in self.pages if p not in known], 1):
                self.call(gate, page, .4, timeout_s=10.)
        for s in self.domains:
            for page in self.some(self.pages, pick([1, 1, 2])):
                self.call_within(page, s, .75)
        for s in self.some(self.domains, len(self.domains) // 3):
            other = draw.choice(self.domains)
            if self.domains.index(other) > self.domains.index(s):
                self.call_within(s, other, .7)
        for s in self.cores:
            for caller in self.some(self.domains, pick([1, 2, 3])):
                self.call_within(caller, s, .8)

    def call_stores(self):
        draw, pick = self.draw, self.draw.choice
        for db in self.dbs:
            for s in self.some(self.owners, pick([1, 2, 3])):
                self.call(s, db, pick([1, 2, 3, 1]), timeout_s=pick([5., 30.]))
        for s in self.owners:
            if not s.calls and draw.random() < .7:
                self.call(s, pick(self.dbs), pick([1, 2]), timeout_s=30.)
        for cache in self.caches:
            for s in self.some(self.owners + self.pages, pick([1, 2, 3])):
                stored = [c for c in s.calls if c.callee.kind == "db"]
                made = Call(s, cache, pick([1, 2, 3]))
                made.critical, made.timeout_s = False, 1.
                made.fallback = pick(stored) if stored and draw.random() < .85 else None
                s.calls.insert(0, made)

    def call_rest(self):
        """Third parties, what brokers get and consumers take, and what is done by time."""
        draw, pick = self.draw, self.draw.choice
        for third in self.thirds:
            for s in self.some(self.owners, pick([1, 2])):
                self.call(s, third, pick([1, .5, .3]), critical=draw.random() < .6,
                          timeout_s=pick([5., 10.]), retries=pick([0, 1]))
        for consumer in self.consumers:
            broker = pick(self.brokers)
            broker.takers.append(consumer)
            for s in self.some(self.pages + self.domains, pick([1, 2])):
                self.call(s, broker, pick([1, .5]), critical=False, consumer=consumer)
            for s in self.some(self.dbs + self.cores + self.thirds, pick([1, 2])):
                self.call(consumer, s, pick([1, 2]), timeout_s=30., critical=s.kind != "third")
        for cron in self.crons:
            for s in self.some(self.dbs + self.cores, pick([1, 2])):
                self.call(cron, s, pick([1, 5]), timeout_s=60.)

    # ---- characters ----

    def wander(self, deviation, seconds):
        """Noise that keeps to itself for so long."""
        kept = math.exp(-self.times.tick_s / seconds)
        steps = self.noise.normal(0, deviation * math.sqrt(1 - kept * kept), self.times.ticks)
        first = self.noise.normal(0, deviation)
        way = itertools.accumulate(steps.tolist(), lambda x, e: kept * x + e, initial=first)
        return np.array(list(way)[1:])

    def spread(self, least, most):
        """Between two values, as likely in each of their decades."""
        return math.exp(self.draw.uniform(math.log(least), math.log(most)))

    def enter(self):
        """Requests a second at each gateway: by the hour, together, in bursts."""
        draw, times = self.draw, self.times
        phase, swing = draw.uniform(0, 2 * math.pi), draw.uniform(.1, .4)
        clock = np.arange(times.ticks) * times.tick_s
        day = 1 + swing * np.sin(2 * math.pi * clock / DAY_S + phase)
        common = np.exp(self.wander(draw.uniform(.02, .08), draw.uniform(120, 900)))
        for gate in self.gates:
            base, burst = self.spread(15, 200), np.ones(times.ticks)
            for _ in range(draw.choice([0, 0, 1, 3])):
                at = draw.randrange(times.ticks)
                lasts = times.ticks_of(draw.uniform(60, 300))
                burst[at:at + lasts] *= draw.uniform(1.15, 1.5)
            gate.entering = base * day * common * burst * np.exp(self.wander(.03, 120))

    def rate(self):
        """The requests that a service usually gets."""
        for s in self.services:
            if s.kind == "gateway":
                s.usual += float(np.median(s.entering))
            elif s.kind == "cron":
                s.usual = .2
            elif s.kind == "consumer":
                s.usual = sum(c.caller.usual * c.usual for c in s.fed)
            for c in s.calls:
                c.callee.usual += s.usual * c.usual

    def equip(self, s):
        """What a service waits for and computes with, for the requests it usually gets."""
        draw = self.draw
        s.wait_s = {"gateway": .001, "web": self.spread(.002, .06),
                    "consumer": self.spread(.005, .1), "db": self.spread(.001, .012),
                    "cache": .0004, "broker": .002, "third": draw.uniform(.06, .4),
                    "cron": .05}[s.kind]
        s.cpu_s = {"gateway": .0008, "web": self.spread(.001, .015), "consumer": .004,
                   "db": self.spread(.0008, .005), "cache": .0001, "broker": .0003,
                   "third": .0001, "cron": .02}[s.kind]
        s.spread = {"cache": .3, "third": .5}.get(s.kind, draw.uniform(.25, .8))
        s.replicas = 1 if s.kind in ("db", "cache", "cron") else draw.choice([1, 2, 2, 3, 4])
        s.cores = max(.1, max(s.usual, .05) * s.cpu_s / draw.uniform(.12, .55) / s.replicas)
        s.flaw = 0 if draw.random() < .4 else self.spread(1e-5, 4e-3)
        s.memory = draw.uniform(80e6, 1.5e9) * (4 if s.kind in ("db", "cache") else 1)
        s.limit = s.memory * draw.uniform(1.3, 2.5)
        s.mood = np.exp(self.wander(draw.uniform(.01, .06), draw.uniform(30, 600)))
        s.hit = draw.uniform(.85, .99)
        count = 0 if s.kind == "third" else 1 if s.replicas == 1 else 2
        s.nodes = draw.sample(self.nodes, count)
        for node in s.nodes:
            node.services.append(s)
        s.knobs = {k: np.ones(self.times.ticks) for k in FACTORS}
        s.knobs |= {k: np.zeros(self.times.ticks) for k in AMOUNTS}

    def disturb(self, s):
        """Hiccups of healthy services, and jobs."""
        draw, times = self.draw, self.times
        if draw.random() < .15:
            at, lasts = draw.randrange(times.ticks), times.ticks_of(draw.uniform(5, 40))
            s.knobs["blip"][at:at + lasts] = draw.uniform(1.5, 4)
        if s.kind == "cron":
            every_s, lasts_s = draw.choice([300, 600, 900, 1800]), draw.uniform(20, 90)
            clock = np.arange(times.ticks) * times.tick_s + draw.uniform(0, 600)
            active = (clock % every_s < lasts_s).astype(float)
            if not active.any():
                active[:2] = 1
            s.entering = active * draw.uniform(2, 8)

    def provide(self, node):
        """Processors for the services of a node and for what else runs there."""
        used = sum(s.usual * s.cpu_s / len(s.nodes) for s in node.services)
        node.cores = max(2, used / self.draw.uniform(.2, .5))
        base = self.draw.uniform(.02, .1)
        node.other = np.clip(base + self.wander(.02, 300), 0, .3) * node.cores

    # ---- what happens ----

    def run(self, passes):
        for s in self.services:
            for c in s.calls:
                c.sent = np.full(self.times.ticks, float(c.usual))
        for number in range(passes):
            self.load()
            self.share_nodes()
            for s in reversed(self.services):
                self.serve(s, number)
            if number == 1:
                self.size_pools()

    def load(self):
        """Requests a second: those that enter, are sent and not refused, or are taken."""
        for s in self.services:
            s.load = np.zeros(self.times.ticks)
        for s in self.services:
            if s.kind in ("gateway", "cron"):
                s.load = s.load + s.entering
            elif s.kind == "consumer":
                self.take(s)
            for c in s.calls:
                refused = np.minimum(1, c.callee.knobs["refuse"])
                c.callee.load = c.callee.load + s.load * c.sent * (1 - refused)
        for s in self.consumers:
            if s.most is None:
                s.most = float(np.median(s.arriving)) * self.draw.uniform(1.5, 4) + .1

    def take(self, s):
        """What a consumer gets of what waits for it."""
        ticks, tick_s = self.times.ticks, self.times.tick_s
        s.arriving = sum((c.caller.load * c.sent for c in s.fed), np.zeros(ticks))
        most = np.minimum(s.knobs["stop"] * (UNLIMITED if s.most is None else s.most), s.able)
        s.lag, _ = drain(s.arriving, np.maximum(most, 1e-9), tick_s, np.full(ticks, np.inf))
        s.load = np.clip(s.arriving - np.diff(s.lag, prepend=0.) / tick_s, 0, most)

    def share_nodes(self):
        """Who shares a node that is short of processors gets slower."""
        for node in self.nodes:
            used = node.other
            for s in node.services:
                need = s.load * s.cpu_s * s.knobs["cpu"]
                used = used + need / len(s.nodes) + s.knobs["hog"] * node.cores
            node.use = used / node.cores
            node.stretch = (1 + np.maximum(0, node.use - .7) * 4 +
                            np.maximum(0, node.use - 1) * 8)

    def serve(self, s, number):
        """How long the requests of a service take, and which fail."""
        noise, knobs = self.noise, s.knobs
        capacity, cpu = s.cores * s.replicas * knobs["cores"], s.cpu_s * knobs["cpu"] * s.mood
        s.cpu_use = np.minimum(s.load * cpu, capacity)
        s.use = s.load * cpu / np.maximum(capacity, 1e-9)
        took = self.work(s, cpu)
        failed = noise.random(self.shape) < (s.flaw + knobs["error"])[:, None]
        going = ~failed | (noise.random(self.shape) < .5)
        for c in s.calls:
            spent, lost = self.ask(c, going)
            c.sent = c.made if number == 0 else .5 * c.sent + .5 * c.made
            took = took + spent
            if c.critical:
                failed, going = failed | lost, going & ~lost
        s.base_s, s.pending = took.mean(1), np.zeros(self.times.ticks)
        s.busy, s.size = s.load * s.base_s, np.inf
        if s.pool:
            s.size = np.maximum(1, s.pool * knobs["pool"])
            s.busy, able = np.minimum(s.busy, s.size), s.size / np.maximum(s.base_s, 1e-6)
            if number or s.kind != "consumer":
                able = np.minimum(able, capacity / np.maximum(cpu, 1e-9))
            if s.kind == "consumer":
                s.able = able
            else:
                took, failed = self.wait(s, able, (took, failed), number)
        s.took, s.failed = took, failed

    def work(self, s, cpu):
        """What a request takes in the service itself."""
        noise, knobs = self.noise, s.knobs
        nodes = np.mean([n.stretch for n in s.nodes], axis=0) if s.nodes else 1.
        computes = cpu * (nodes / (1 - np.minimum(s.use, FULL) ** 2))
        waits = s.wait_s * knobs["slow"] * s.mood * knobs["blip"]
        own = (computes[:, None] * np.exp(noise.normal(0, s.spread, self.shape)) +
               waits[:, None] * np.exp(noise.normal(0, s.spread, self.shape)))
        own *= np.exp(-s.spread ** 2 / 2)
        if knobs["hot"].any():
            hot = noise.random(self.shape) < knobs["hot"][:, None]
            own = np.where(hot, own * knobs["hot_factor"][:, None], own)
        if knobs["lock"].any():
            own = own + knobs["lock"][:, None] * noise.exponential(1, self.shape)
        return own

    def ask(self, c, going):
        """A call's time in each request, and in which it is lost for good."""
        callee, knobs = c.callee, c.caller.knobs
        more = 1 if callee.kind in ("broker", "cache") else knobs["calls"]
        rate = np.full(self.times.ticks, float(c.usual)) * more
        calls = np.floor(rate)[:, None] + (self.noise.random(self.shape) < (rate % 1)[:, None])
        calls = calls + sum(o.missed for o in c.caller.calls if o.fallback is c)
        calls = np.where(going, calls, 0)
        if callee.kind == "cache":
            hit = np.clip(callee.hit * callee.knobs["hit"], 0, 1)
            c.missed = (self.noise.random(self.shape) > hit[:, None]) & (calls > 0)
        made, spent, lost = np.zeros(self.shape), np.zeros(self.shape), np.zeros(self.shape, bool)
        for number in range(int(calls.max())):
            need = (calls > number) & ~lost
            for _ in range(c.retries + 1):
                if not need.any():
                    break
                made += need
                took, failed = self.attempt(c)
                spent += np.where(need, took, 0)
                need = need & failed
            lost |= need
        c.took, c.made = np.where(made > 0, spent / np.maximum(made, 1), np.nan), made.mean(1)
        return spent, lost

    def attempt(self, c):
        """One call, on a way where names are not found, packets lost or refused."""
        noise, shape, knobs = self.noise, self.shape, c.callee.knobs
        which = noise.integers(0, PARTICLES, shape)
        took = np.take_along_axis(c.callee.took, which, 1)
        failed = np.take_along_axis(c.callee.failed, which, 1)
        if knobs["loss"].any():
            lost = noise.random(shape) < knobs["loss"][:, None]
            took = took + np.where(lost, .2 * noise.geometric(.6, shape), 0)
        if knobs["delay"].any():
            took = took + knobs["delay"][:, None] * noise.uniform(.7, 1.3, shape)
        if c.caller.knobs["dns"].any():
            unknown = noise.random(shape) < c.caller.knobs["dns"][:, None]
            took = took + np.where(unknown, noise.uniform(.5, 2.5, shape), 0)
        refused = noise.random(shape) < knobs["refuse"][:, None]
        took = np.where(refused, .001, took)
        took = np.where(noise.random(shape) < knobs["dead"][:, None], HANGS_S, took)
        most = (c.timeout_s * c.caller.knobs["timeout"])[:, None]
        return np.minimum(took, most), failed | refused | (took > most)

    def wait(self, s, able, served, number):
        """What waiting for a worker adds, and what finds the queue full."""
        took, failed = served
        queue, refused = drain(s.load, able, self.times.tick_s, np.maximum(20., 4 * s.size))
        able = np.maximum(able, 1e-9)
        use = np.clip(s.load / able, 0, .97)
        # Of several workers one is free until nearly all are busy.
        wait = queue / able + s.base_s / s.size * use ** np.sqrt(2 * (s.size + 1)) / (1 - use)
        wait = np.minimum(wait, LONGEST_WAIT_S)
        if number >= 2:              # damped, for rates and latencies to agree
            wait, refused = .5 * s.wait + .5 * wait, .5 * s.refused + .5 * refused
        s.wait, s.refused = wait, refused
        took = took + wait[:, None] * self.noise.uniform(.6, 1.4, self.shape)
        sent_off = self.noise.random(self.shape) < refused[:, None]
        s.pending = queue + wait * s.load
        return np.where(sent_off, .002, took), failed | sent_off

    def size_pools(self):
        """Workers for what is usual before the onset."""
        usual = slice(0, max(5, self.times.onset))
        for s in self.services:
            busy = float(np.mean(s.load[usual]) * np.mean(s.base_s[usual]))
            s.pool = max(s.replicas * self.draw.choice([4, 8, 8]),
                         math.ceil(busy * self.draw.uniform(2, 6)))
