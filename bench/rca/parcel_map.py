# SPDX-License-Identifier: Apache-2.0
"""The systems of parcels.py: services, their operations, who calls whom, and how.

A map is drawn anew from every generator. Operations call only operations of a
deeper layer, so a request is a tree; what goes through a broker comes back as the
work of a consumer, whose layer lies below all who publish: messages make no loop.
"""
from dataclasses import dataclass, field

ENTRY, DOMAIN, SECOND, WORKER, INNER, SHARED, BASIC, STORE = range(8)
CALLED = ("quote booking pickup label tracking routing depot sorting hub manifest customs duty "
          "returns claims insurance invoice billing payment refund address contact customer "
          "courier driver fleet vehicle schedule timeslot locker shop dropoff delivery proof "
          "signature loyalty voucher tariff zone weighing scan exception eta linehaul pallet "
          "consolidation redirect neighbour subscription feedback partner contract "
          "forecast carbon packaging dangerous-goods cold-chain freight").split()
BASICS = "auth geo config features audit sessions".split()
SHARES = "pricing search notify templates availability catalog documents ranking".split()
WORKERS = "printer mailer scanner-feed biller indexer archiver planner geocoder exporter".split()
OUTSIDE = "sms maps bank weather mail postoffice fraud".split()
ENTRIES = "web mobile partner desk terminal".split()
VERBS = "get list create update check find confirm plan".split()


@dataclass
class Service:
    name: str
    kind: str
    level: int
    runtime: str
    replicas: int
    cores: float = 1e6
    slots: float = 1e6
    waiting: float = 1e6       # requests that may wait for a slot
    hit: float = 0.            # share of what a cache is asked for and has


@dataclass
class Op:
    service: int
    name: str
    level: int
    cpu_s: float
    io_s: float


@dataclass
class Call:
    src: int
    dst: int
    share: float               # of the caller's requests
    timeout: float
    retries: int
    optional: bool
    cache: int = -1            # service whose misses make the call
    topic: int = -1            # the caller waits for what a consumer answers
    stage: int = 0


@dataclass
class Topic:
    broker: int
    publish: int               # operation of the broker
    work: int                  # operation of the consumer
    reply: bool
    full_s: float              # the broker takes so many seconds of messages


@dataclass
class Map:
    services: list = field(default_factory=list)
    ops: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    topics: list = field(default_factory=list)
    journeys: list = field(default_factory=list)     # (operation, share of the users)
    rate: float = 0.

    def ops_of(self, *levels, kind=None):
        return [i for i, o in enumerate(self.ops) if o.level in levels and
                kind in (None, self.services[o.service].kind)]

    def add(self, rng, name, kind, level, verbs, cpu_ms, io_ms):
        """A service with an operation for every verb, times lognormal around a middle."""
        runtime = rng.choice(["jvm", "go", "node", "python"], p=[.45, .25, .2, .1])
        replicas = 1 if kind in ("db", "cache", "broker", "gateway") else rng.integers(1, 6)
        self.services.append(Service(name, kind, level, str(runtime), int(replicas)))
        for verb in verbs:
            self.ops.append(Op(len(self.services) - 1, str(verb), level,
                               cpu_ms / 1e3 * rng.lognormal(0, .5),
                               io_ms / 1e3 * rng.lognormal(0, .5)))
        return len(self.services) - 1

    def call(self, rng, src, dst, share=None, timeout=None, optional=.2, retries=.33, **more):
        share = (1. if rng.random() < .6 else rng.uniform(.2, .9)) if share is None else share
        timeout = rng.choice([1., 1.5, 2., 3., 5.]) if timeout is None else timeout
        again = 0 if rng.random() > retries else rng.choice([1, 2], p=[.75, .25])
        self.calls.append(Call(src, dst, share, float(timeout), int(again),
                               bool(rng.random() < optional), **more))

    def rates(self):
        """Mean requests a second of every operation while all is well."""
        rate = [0.] * len(self.ops)
        for op, share in self.journeys:
            rate[op] = self.rate * share
        works = {t.publish: t.work for t in self.topics}
        order = sorted(self.calls, key=lambda c: self.ops[c.src].level)
        for c in order:
            missed = 1 - self.services[c.cache].hit if c.cache >= 0 else 1
            more = rate[c.src] * c.share * missed
            rate[c.dst] += more
            if c.dst in works:
                rate[works[c.dst]] += more
        return rate


def pick(rng, options, out, count=1):
    """Operations, those that call few first."""
    weight = [1 / (1 + out.get(o, 0)) ** 2 for o in options]
    chosen = rng.choice(options, size=min(count, len(options)), replace=False,
                        p=[w / sum(weight) for w in weight])
    for o in chosen:
        out[o] = out.get(o, 0) + 1
    return [int(o) for o in chosen]


def draw_map(rng):
    m, size = Map(), rng.random()
    look = dict(app=str(rng.choice(["-svc", "-service", "-api", "-ms"])),
                db=str(rng.choice(["-db", "-postgres", "-pg"])),
                cache=str(rng.choice(["-redis", "-cache"])),
                broker=str(rng.choice(["-rabbitmq", "-mq", "-broker"])),
                gateway=str(rng.choice(["-gateway", "-gw", "-egress"])))
    words = [str(w) for w in rng.permutation(CALLED)]
    draw_services(m, rng, size, look, words)
    out = {}
    link_services(m, rng, out)
    add_stores(m, rng, size, look, [str(w) for w in rng.permutation(CALLED)], out)
    add_topics(m, rng, look, out)
    give_stages(m, rng)
    share = rng.dirichlet([2.] * len(m.ops_of(ENTRY)))
    m.journeys = [(o, float(s)) for o, s in zip(m.ops_of(ENTRY), share)]
    m.rate = float(rng.lognormal(4.2, .8))
    return m


def draw_services(m, rng, size, look, words):
    def some(low, high):
        return int(round(low + (high - low) * size * rng.uniform(.7, 1))) if high > low else low

    names = [str(e) for e in rng.permutation(ENTRIES)[:rng.integers(2, 4)]]
    for name in names:
        m.add(rng, name + str(rng.choice(["-front", "-edge", "-bff"])), "entry", ENTRY,
              [f"{v}-{w}" for v, w in zip(rng.choice(VERBS, 3), words[::-1])]
              [:rng.integers(2, 4)], 2, 1)
    for level, count in ((DOMAIN, some(7, 20)), (SECOND, some(4, 13)), (INNER, some(4, 11))):
        for _ in range(count):
            m.add(rng, words.pop() + look["app"], "app", level,
                  rng.permutation(VERBS)[:rng.integers(1, 4)], 3, 2)
    for level, names, count in ((SHARED, SHARES, some(3, 6)), (BASIC, BASICS, some(2, 5))):
        for name in rng.permutation(names)[:count]:
            m.add(rng, name + look["app"], "shared", level,
                  rng.permutation(VERBS)[:rng.integers(1, 3)], 1.5, 1)


def link_services(m, rng, out):
    """Whoever is there is called; shared services have many callers."""
    above = {DOMAIN: [ENTRY], SECOND: [DOMAIN], INNER: [DOMAIN, SECOND],
             SHARED: [DOMAIN, SECOND, INNER], BASIC: [ENTRY, DOMAIN, SECOND, INNER, SHARED]}
    for level, callers in above.items():
        for op in m.ops_of(level):
            count = rng.integers(3, 7) if level >= SHARED else rng.choice([1, 2], p=[.7, .3])
            for src in pick(rng, m.ops_of(*callers), out, int(count)):
                m.call(rng, src, op)


def add_stores(m, rng, size, look, words, out):
    users = [i for i, s in enumerate(m.services) if s.level not in (ENTRY, STORE)]
    own = [i for i in users if rng.random() < .7]
    caches = [m.add(rng, words.pop() + look["cache"], "cache", STORE, ["get"], .12, .25)
              for _ in range(2 + int(3 * size * rng.random()))]
    for c in caches:
        m.services[c].hit = float(rng.uniform(.6, .97))
    stores = []
    for at, user in enumerate(rng.permutation(own)):
        if at % 3 == 0 or rng.random() < .25:
            stores.append(m.add(rng, words.pop() + look["db"], "db", STORE,
                                ["scan", "select", "update"], .8, 3))
            dear = m.ops[-3]                       # it is cached because it is dear
            dear.cpu_s, dear.io_s = dear.cpu_s * rng.uniform(3, 10), dear.io_s * rng.uniform(3, 10)
        use_store(m, rng, int(user), stores[-1], int(rng.choice(caches)))
    for name in rng.permutation(OUTSIDE)[:2 + int(4 * size * rng.random())]:
        far = m.add(rng, name + look["gateway"], "gateway", STORE, ["request"], .05,
                    rng.uniform(50, 250))
        for src in pick(rng, m.ops_of(DOMAIN, SECOND, INNER, SHARED), out, rng.integers(1, 3)):
            m.call(rng, src, last_op(m, far), timeout=rng.choice([2., 3., 5., 10.]), optional=.25)


def last_op(m, service):
    return max(i for i, o in enumerate(m.ops) if o.service == service)


def use_store(m, rng, user, store, cache):
    """Every operation of a service asks its store, behind a cache or not."""
    write = last_op(m, store)
    cached = rng.random() < .45
    for i in [i for i, o in enumerate(m.ops) if o.service == user]:
        share = float(rng.choice([1., rng.uniform(.3, 1)]))
        timeout = rng.choice([2., 3., 5., 10.])
        if cached and rng.random() < .8:
            m.call(rng, i, last_op(m, cache), share, rng.choice([.05, .1, .25]), .95, .1)
            m.call(rng, i, write - 2, share, timeout, 0, .2, cache=cache)
        else:
            m.call(rng, i, write - 1, share, timeout, 0, .2)
        if m.ops[i].name in ("create", "update", "confirm"):
            m.call(rng, i, write, float(rng.uniform(.5, 1)), timeout, 0, .1)


def add_topics(m, rng, look, out):
    """Consumers ask what lies below all publishers; some publishers await an answer."""
    brokers = [m.add(rng, name + look["broker"], "broker", STORE, [], 0, 0)
               for name in ["events", "jobs"][:rng.integers(1, 3)]]
    stores = m.ops_of(STORE, kind="db")
    for name in rng.permutation(WORKERS)[:rng.integers(3, 8)]:
        broker = int(rng.choice(brokers))
        m.ops.append(Op(broker, f"publish-{name}", STORE, .1e-3, .6e-3))
        publish = len(m.ops) - 1
        m.add(rng, name + "-worker", "worker", WORKER, ["work"], 6, 8)
        work, reply = len(m.ops) - 1, bool(rng.random() < .5)
        m.topics.append(Topic(broker, publish, work, reply, float(rng.uniform(45, 400))))
        for dst in rng.choice(m.ops_of(INNER, SHARED, BASIC), rng.integers(1, 4), replace=False):
            m.call(rng, work, int(dst))
        m.call(rng, work, int(rng.choice(stores)), timeout=5., optional=0)
        for src in pick(rng, m.ops_of(DOMAIN, SECOND), out, rng.integers(1, 4)):
            m.call(rng, src, publish, timeout=rng.choice([3., 5., 10.]) if reply else 3.,
                   optional=.1 if reply else .3, retries=.1,
                   topic=len(m.topics) - 1 if reply else -1)


def give_stages(m, rng):
    """Calls of a stage run side by side, stages one after another; messages go last."""
    publish = {t.publish for t in m.topics}
    for op in range(len(m.ops)):
        mine = [c for c in m.calls if c.src == op]
        key = {id(c): rng.random() + (c.dst in publish) for c in mine}
        for c in mine:
            if c.cache >= 0:    # what a cache lacks is asked for after the cache
                key[id(c)] = 1e-6 + max(key[id(d)] for d in mine
                                        if m.ops[d.dst].service == c.cache)
        stage = 0
        for at, c in enumerate(sorted(mine, key=lambda c: key[id(c)])):
            if at and (c.cache >= 0 or rng.random() > .4):
                stage += 1
            c.stage = stage
