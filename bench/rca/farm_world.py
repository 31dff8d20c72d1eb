# SPDX-License-Identifier: Apache-2.0
"""A telemetry platform drawn at random: services, calls between them, topics and capacities."""

from dataclasses import dataclass, field

import numpy as np

ZONES = 3
RANKS = dict(ingress=0, front=1, gateway=1, job=1, decoder=2, stage2=3, stage3=4, upper=5,
             middle=6, lower=7, identity=8, registry=9, flags=10, third=11, cache=11, sql=11,
             tsdb=11, replica=11, broker=11, dns=12)
CONSUMERS = ("decoder", "stage2", "stage3")
STORES = ("sql", "tsdb", "replica", "cache", "broker")
# CPU milliseconds and waiting milliseconds of a request, by kind: each a range.
COSTS = dict(ingress=((0.1, 0.5), (0.2, 1)), front=((0.5, 4), (0.5, 3)),
             gateway=((0.1, 0.8), (0.3, 2)), job=((10, 60), (20, 300)),
             decoder=((0.2, 1.5), (0.2, 2)), stage2=((0.2, 2), (0.2, 4)),
             stage3=((1, 6), (1, 10)), upper=((1, 12), (0.5, 10)), middle=((1, 15), (0.5, 12)),
             lower=((1, 15), (0.5, 12)), identity=((0.5, 5), (0.5, 4)),
             registry=((0.3, 3), (0.3, 3)), flags=((0.2, 1), (0.2, 1)), third=((1, 3), (50, 450)),
             cache=((0.02, 0.1), (0.1, 0.5)), sql=((0.3, 4), (0.5, 8)), tsdb=((0.8, 8), (1, 20)),
             replica=((0.4, 6), (0.5, 12)), broker=((0.03, 0.2), (1, 6)),
             dns=((0.05, 0.1), (0.2, 2)))
THEMES = (
    "soil crop field irrigation barn silo herd weather pasture harvest tractor orchard seed drone "
    "greenhouse pump milk feed spray grain vine hive yield pond valve hedge plot shed",
    "turbine meter inverter substation feeder charger battery outage tariff roof panel load grid "
    "storage forecast dispatch transformer heatpump pylon curtail site volt phase breaker-box",
    "container reefer pallet dock crane vessel berth customs chill truck yard seal hatch lane "
    "manifest route tracker gate terminal buoy tide pilot locker ramp",
    "lift boiler tenant floor sensor-hub hvac room badge camera lamp parking leak sprinkler "
    "facade elevator window shade cleaning desk energy roofline cellar mains")
SUFFIX = dict(ingress="ingress edge-proxy", front="web-bff mobile-bff partner-gw console-bff",
              gateway="mqtt-gw coap-gw lora-bridge http-intake nbiot-gw",
              decoder="decoder parser normalizer", stage3="notifier invoicer escalator reporter",
              stage2="rollup enricher rules writer windower indexer usage-meter anomaly",
              upper="api view board-api", middle="svc manager planner engine query",
              lower="core resolver catalog lookup limits history", identity="auth tokens sso",
              registry="registry inventory", flags="flags settings", cache="redis valkey memcached",
              third="sms-provider push-provider maps-provider pay-provider meteo-provider "
              "lora-operator mail-provider", sql="postgres mysql pg", dns="dns",
              tsdb="influx timescale clickhouse victoria", broker="kafka redpanda", job="job cron")
FRAMEWORKS = ["spring", "go", "node", "python", "rust"]
TIMEOUTS = [0.1, 0.2, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 15, 30, 60]
THREADS = [8, 10, 16, 20, 32, 50, 64, 100, 200, 400, 800, 2000, 5000]


@dataclass
class Service:
    """One service: times in seconds, capacities for each replica."""
    name: str
    kind: str
    framework: str
    cpu: float
    io: float
    sigma: float
    fail: float
    replicas: int = 1
    cores: float = 1.0
    workers: int = 100
    queue: float = 100.0
    elastic: bool = False
    parallel: bool = False
    primary: int = -1
    rate: float = 0.0
    hold: float = 0.0


@dataclass
class Edge:
    """Calls of one service to another; `w` calls a request."""
    src: int
    dst: int
    w: float
    timeout: float = 1.0
    retries: int = 0
    budget: float = 0.2
    backoff: float = 0.02
    breaker: bool = False
    fallback: bool = False
    pool: float = 1e9
    hedge: float = 0.0
    cache: int = -1
    hit: float = 0.0
    write: bool = False
    fresh: float = 0.0
    tolerance: float = 5.0
    shown: bool = True


@dataclass
class World:
    services: list
    edges: list
    feeds: list
    entries: list
    mesh: bool
    zone_share: np.ndarray = None
    stale: list = field(default_factory=list)

    def of_kind(self, *kinds):
        return [i for i, s in enumerate(self.services) if s.kind in kinds]


class Builder:
    """Adds services and calls; keeps names unique."""

    def __init__(self, rng):
        self.rng = rng
        self.nouns = rng.choice(THEMES).split()
        self.services, self.edges, self.feeds, self.entries = [], [], [], []
        self.taken, self.made = set(), set()
        self.jvm_bias = rng.dirichlet(np.ones(len(FRAMEWORKS)) * 1.5)

    def log_between(self, low, high):
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def name(self, kind):
        for _ in range(200):
            name = self.rng.choice(self.nouns) + "-" + self.rng.choice(SUFFIX[kind].split())
            if name not in self.taken:
                return name
        return f"{name}{len(self.taken)}"

    def add(self, kind, name=None, **more):
        name = name or self.name(kind)
        self.taken.add(name)
        cpu, io = COSTS[kind]
        self.services.append(Service(
            name, kind, str(self.rng.choice(FRAMEWORKS, p=self.jvm_bias)),
            self.log_between(*cpu) / 1e3, self.log_between(*io) / 1e3,
            self.rng.uniform(0.3, 0.8), self.log_between(1e-6, 1.5e-3),
            parallel=kind in ("front", "upper") and self.rng.random() < 0.4, **more))
        return len(self.services) - 1

    def add_many(self, kind, low, high):
        return [self.add(kind) for _ in range(self.rng.integers(low, high + 1))]

    def call(self, src, dst, w, **more):
        """A call with policies drawn at random, unless the pair is there already."""
        key = (src, dst, more.get("write", False))
        if src == dst or key in self.made:
            return None
        self.made.add(key)
        rng = self.rng
        policy = dict(retries=int(rng.choice([0, 1, 2, 3], p=[0.4, 0.3, 0.2, 0.1])),
                      budget=float(rng.choice([0.1, 0.2, 5.0], p=[0.3, 0.3, 0.4])),
                      backoff=float(rng.choice([0.0, 0.01, 0.05, 0.1])),
                      breaker=rng.random() < 0.25, hedge=float(rng.random() < 0.05))
        policy.update(more)
        self.edges.append(Edge(src, dst, float(w), **policy))
        return len(self.edges) - 1

    def read_through(self, src, cache, store, w):
        """A look-up in a cache, and the store behind it for what the cache lacks."""
        if self.call(src, cache, w, fallback=True, retries=0, breaker=False) is None:
            return
        hit = self.rng.uniform(0.75, 0.97)
        self.call(src, store, w, cache=cache, hit=hit, **self.freshness(store))

    def freshness(self, store):
        if self.services[store].kind != "replica" or self.rng.random() < 0.3:
            return {}
        return dict(fresh=self.rng.uniform(0.05, 0.6), tolerance=self.rng.uniform(1, 10))

    def some(self, pool, low, high):
        count = min(len(pool), int(self.rng.integers(low, high + 1)))
        return [int(i) for i in self.rng.choice(pool, count, replace=False)] if count else []


def add_stores(b):
    """Databases with their replicas, caches and brokers."""
    primaries, readers = {}, {}
    for kind, count in (("sql", b.rng.integers(2, 6)), ("tsdb", b.rng.integers(1, 5))):
        primaries[kind] = [b.add(kind) for _ in range(count)]
        readers[kind] = []
        for p in primaries[kind]:
            twins = [b.add("replica", f"{b.services[p].name}-{word}", primary=p)
                     for word in b.rng.choice([("ro", "ro2"), ("replica1", "replica2")])
                     [:b.rng.choice([0, 1, 2], p=[0.3, 0.4, 0.3])]]
            readers[kind] += twins or [p]
    return primaries, readers


def add_apis(b, count, low_calls):
    """Three tiers of APIs in which each has at least one caller above it."""
    parts = np.maximum(2, (np.array([0.35, 0.35, 0.3]) * count).astype(int))
    tiers = [[b.add(kind) for _ in range(n)]
             for kind, n in zip(("upper", "middle", "lower"), parts)]
    for above, below in zip(tiers, tiers[1:]):
        for s in above:
            for d in b.some(below, 1, 3):
                b.call(s, d, b.rng.choice([0.1, 0.3, 0.6, 1.0]), fallback=b.rng.random() < 0.2)
        called = {e.dst for e in b.edges}
        for d in below:
            if d not in called:
                b.call(int(b.rng.choice(above)), d, b.rng.uniform(0.2, 1))
    for tier, chance in zip(tiers, (0.3, 0.7, 1.0)):
        for s in tier:
            if b.rng.random() < chance:
                low_calls(s)
    return tiers


def add_pipeline(b, gateways, brokers, registry, stores):
    """Consumer groups in three stages, fed by what gateways and earlier stages publish."""
    primaries, caches, thirds = stores
    rng = b.rng

    def publish(sources, w):
        broker = int(rng.choice(brokers))
        made = [b.call(s, broker, w, write=True, fallback=False) for s in sources]
        return broker, [e for e in made if e is not None]

    def consume(kind, feeds, ratio):
        s = b.add(kind)
        broker, edges = feeds
        b.call(s, broker, rng.uniform(0.01, 0.05), retries=1, breaker=False)
        b.feeds += [(e, s, ratio) for e in edges]
        return s

    raw = publish(gateways, 1.0)
    decoders = [consume("decoder", raw, 0) for _ in range(rng.integers(1, 4))]
    share = rng.dirichlet(np.ones(len(decoders)) * 4)
    b.feeds = [(e, s, share[decoders.index(s)]) for e, s, _ in b.feeds]
    for s in decoders:
        b.read_through(s, int(rng.choice(caches)), registry, rng.uniform(0.2, 1))
    clean = publish(decoders, rng.uniform(0.5, 1))
    alerts = []
    for _ in range(rng.integers(3, 8)):
        s = consume("stage2", clean, rng.choice([0.2, 0.5, 1.0]))
        store = int(rng.choice(primaries["tsdb" if rng.random() < 0.7 else "sql"]))
        b.call(s, store, rng.uniform(0.01, 0.06), write=True, retries=2)
        for c in b.some(caches, 0, 1):
            b.call(s, c, rng.uniform(0.2, 1), fallback=True, write=True)
        alerts.append(s)
    warned = publish(b.some(alerts, 1, 3), rng.uniform(0.003, 0.02))
    for _ in range(rng.integers(1, 4)):
        s = consume("stage3", warned, rng.uniform(0.3, 1))
        b.call(s, int(rng.choice(thirds)), rng.uniform(0.3, 1), retries=2)
        b.call(s, int(rng.choice(primaries["sql"])), 1, write=True)


def build(rng):
    """A system of 40 to 90 services with its rates and capacities set."""
    b = Builder(rng)
    size = int(rng.integers(42, 89))
    primaries, readers = add_stores(b)
    caches, brokers = b.add_many("cache", 2, 4), b.add_many("broker", 1, 2)
    thirds, flags = b.add_many("third", 2, 6), b.add_many("flags", 0, 1)
    auth, registry = b.add_many("identity", 1, 2), b.add("registry")
    gateways, fronts = b.add_many("gateway", 2, 4), b.add_many("front", 1, 3)
    jobs = b.add_many("job", 1, 4)
    every_reader = readers["sql"] + readers["tsdb"]

    def low_calls(s):
        for store in b.some(every_reader, 1, 2):
            if rng.random() < 0.6:
                b.read_through(s, int(rng.choice(caches)), store, rng.choice([0.5, 1, 2]))
            else:
                b.call(s, store, rng.choice([0.5, 1, 2, 3]), **b.freshness(store))
        if rng.random() < 0.4:
            b.call(s, int(rng.choice(primaries["sql"])), rng.uniform(0.05, 0.4), write=True)
        if rng.random() < 0.15:
            b.call(s, int(rng.choice(thirds)), rng.uniform(0.02, 0.4), fallback=rng.random() < 0.4)

    add_pipeline(b, gateways, brokers, registry, (primaries, caches, thirds))
    tiers = add_apis(b, max(8, size - len(b.services) - 1), low_calls)
    for s in auth + [registry]:
        b.read_through(s, int(rng.choice(caches)), int(rng.choice(readers["sql"])), 1)
    for s in fronts:
        b.call(s, int(rng.choice(auth)), rng.uniform(0.2, 1), fallback=False)
        weights = rng.dirichlet(np.ones(len(tiers[0]))) * rng.uniform(1, 2)
        for d, w in zip(tiers[0], weights):
            b.call(s, d, min(1, w + 0.02), fallback=rng.random() < 0.25)
    for s in gateways:
        b.call(s, int(rng.choice(auth)), rng.uniform(0.005, 0.04))
        b.call(s, registry, rng.uniform(0.005, 0.05), fallback=rng.random() < 0.3)
    for s in jobs:
        b.call(s, int(rng.choice(every_reader + primaries["sql"])), rng.uniform(10, 60), retries=1)
        b.call(s, int(rng.choice(thirds)), rng.uniform(0.2, 2))
    add_entries(b, fronts, gateways, jobs)
    add_loose_ends(b, tiers, flags)
    world = World(b.services, b.edges, b.feeds, b.entries, bool(rng.random() < 0.4))
    size_up(world, rng)
    world.stale = [tuple(int(i) for i in rng.choice(len(b.services), 2, replace=False))
                   for _ in range(rng.integers(1, 5))] if rng.random() < 0.3 else []
    return world


def add_entries(b, fronts, gateways, jobs):
    """Where load comes from, with an ingress before the fronts in half of the systems."""
    total = b.log_between(40, 400)
    shares = b.rng.dirichlet(np.ones(len(fronts)) * 3) * total
    if b.rng.random() < 0.5:
        ingress = b.add("ingress")
        for s, rate in zip(fronts, shares):
            b.call(ingress, s, rate / total, retries=0, fallback=False)
        b.entries.append((ingress, total, "api"))
    else:
        b.entries += [(s, rate, "api") for s, rate in zip(fronts, shares)]
    b.entries += [(s, b.log_between(80, 700), "ingest") for s in gateways]
    b.entries += [(s, b.log_between(0.1, 0.6), "cron") for s in jobs]


def add_loose_ends(b, tiers, flags):
    """Callers for what nobody calls yet, feature flags, and names to be resolved."""
    called = {e.dst for e in b.edges}
    for d, service in enumerate(b.services):
        if d not in called and service.kind in STORES + ("third", "identity"):
            b.call(int(b.rng.choice(tiers[1] + tiers[2])), d, b.rng.uniform(0.1, 0.6),
                   fallback=b.rng.random() < 0.3, write=service.kind in ("sql", "tsdb", "broker"))
    for s in range(len(b.services)):
        kind = b.services[s].kind
        if flags and kind in ("front", "upper", "middle", "lower") and b.rng.random() < 0.5:
            b.call(s, flags[0], b.rng.uniform(0.02, 0.3), fallback=True, retries=0)
    dns, shown = b.add("dns", "cluster-dns"), b.rng.random() < 0.7
    for s, service in enumerate(b.services):
        if service.kind in STORES + ("third", "dns"):
            continue
        w = b.log_between(0.05, 0.3) if service.framework == "node" else b.log_between(5e-4, 0.02)
        w *= 0.05 if service.kind in CONSUMERS + ("gateway",) else 1
        b.call(s, dns, w, retries=1, budget=5.0, breaker=False, hedge=0.0, shown=shown)


def above(choices, value):
    return next((c for c in choices if c >= value), choices[-1])


def size_up(world, rng):
    """Rates from the entries down, times from the bottom up, then capacities with headroom."""
    services, edges = world.services, world.edges
    order = sorted(range(len(services)), key=lambda i: RANKS[services[i].kind])
    out = {i: [k for k, e in enumerate(edges) if e.src == i] for i in order}
    for s, rate, _ in world.entries:
        services[s].rate += rate
    for i in order:
        for k in out[i]:
            flow = services[i].rate * edges[k].w * (1 - edges[k].hit)
            services[edges[k].dst].rate += flow
            for _, consumer, ratio in [f for f in world.feeds if f[0] == k]:
                services[consumer].rate += flow * ratio
    for i in reversed(order):
        s = services[i]
        times = [edges[k].w * (1 - edges[k].hit) * services[edges[k].dst].hold for k in out[i]]
        s.hold = s.cpu * 1.1 + s.io + (max(times, default=0) if s.parallel else sum(times))
        size_service(s, rng)
    for e in edges:
        size_edge(e, services, rng)
    world.zone_share = np.array([zones_of(s, rng) for s in services])


def size_service(s, rng):
    """Replicas, cores, threads and queue of a service from its rate and its holding time."""
    fixed = dict(sql=1, tsdb=1, replica=1, broker=3, third=3, job=1, cache=int(rng.integers(1, 4)))
    s.replicas = fixed.get(s.kind, int(rng.integers(2, 9)))
    s.elastic = s.kind in ("front", "upper", "middle", "lower") and rng.random() < 0.4
    rate = max(s.rate, 0.01) / s.replicas
    s.cores = max(0.05, rate * s.cpu / rng.uniform(0.12, 0.5))
    if s.kind in CONSUMERS:
        s.workers = max(2, int(np.ceil(rate * s.hold * rng.uniform(1.5, 3))))
        s.cores = max(s.cores, rate * s.cpu * 1.7)
    elif s.kind in ("third", "dns", "cache"):
        s.cores, s.workers = s.cores * 5 + 1, 5000
    else:
        roomy = 12 if s.framework in ("go", "node", "rust") else rng.uniform(2.5, 6)
        s.workers = above(THREADS, rate * s.hold * roomy)
    s.queue = s.workers * rng.uniform(1, 6)


def size_edge(e, services, rng):
    """Timeout, pool and delay before a hedged request, from the times of the callee."""
    src, dst = services[e.src], services[e.dst]
    e.timeout = above(TIMEOUTS, dst.hold * rng.uniform(5, 20))
    if dst.kind == "dns":
        e.timeout = 5.0
    used = src.rate * e.w * (1 - e.hit) * dst.hold / src.replicas
    if dst.kind in ("sql", "tsdb", "replica", "third") or rng.random() < 0.3:
        e.pool = above([5, 8, 10, 15, 20, 30, 50, 100, 200, 500], used * rng.uniform(3, 8) + 2)
    e.hedge = e.hedge and above(TIMEOUTS, dst.hold * 4)


def zones_of(service, rng):
    """Share of a service's replicas in each zone; partitions of topics are spread evenly."""
    if service.kind in CONSUMERS + ("broker", "third"):
        return np.full(ZONES, 1 / ZONES)
    counts = np.full(ZONES, service.replicas // ZONES)
    counts[rng.permutation(ZONES)[:service.replicas % ZONES]] += 1
    return counts / counts.sum()
