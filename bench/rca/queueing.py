# SPDX-License-Identifier: Apache-2.0
"""A system of services as the queues in it, for queues.py.

Requests are processes that wait for workers, locks, disks, pooled connections,
processors of a shared node and callees. Nothing here is of `caus simulate`.
"""
import collections
import heapq
import math

WARM_S = 60          # before anything is measured
MEGABYTE = 2 ** 20
KNOBS = dict(slow=1, cores=0, leak=0, disk=1, delay=0, loss=0, refuse=0, extra=0, fail=0,
             timeout=0, down=False, miss=False, hold=0, retries=0, dns=0, killed=0,
             keep=0)


class Reply:
    """What a process waits for; given at most once, taken by at most one."""

    def __init__(self):
        self.done, self.ok, self.waiter = False, False, None


class Clock:
    """Runs processes: generators that yield seconds or (reply, seconds at most)."""

    def __init__(self):
        self.now, self.count, self.heap = 0.0, 0, []

    def start(self, process, after=0.0, value=None, reply=None):
        self.count += 1
        heapq.heappush(self.heap, (self.now + after, self.count, process, value, reply))

    def give(self, reply, ok):
        reply.done, reply.ok = True, ok
        if reply.waiter:
            self.start(reply.waiter, value=ok)
            reply.waiter = None

    def run(self, until):
        while self.heap and self.heap[0][0] < until:
            self.now, _, process, value, reply = heapq.heappop(self.heap)
            if reply:                    # waited long enough
                if reply.waiter is not process:
                    continue
                reply.waiter, value = None, False
            self.step(process, value)

    def step(self, process, value):
        while True:
            try:
                wish = process.send(value)
            except StopIteration:
                return
            if isinstance(wish, tuple):
                reply, most = wish
                if not reply.done:
                    reply.waiter = process
                    self.start(process, most, reply=reply)
                    return
                value = reply.ok
            else:
                self.start(process, wish)
                return


class Pool:
    """So many of something, and who waits for one."""

    def __init__(self, clock, size):
        self.clock, self.size, self.busy, self.queue = clock, size, 0, collections.deque()

    def take(self):
        reply = Reply()
        if self.busy < self.size:
            self.busy += 1
            reply.done = reply.ok = True
        else:
            self.queue.append(reply)
        return reply

    def give(self):
        self.busy -= 1
        while self.queue and self.busy < self.size:
            reply = self.queue.popleft()
            if reply.waiter:
                self.busy += 1
                self.clock.give(reply, True)


class Service:
    """One service: what it does, what it has, what is seen of it each second."""

    def __init__(self, name, kind, draw):
        self.name, self.kind = name, kind
        scale = {"db": .004, "cache": .0006}.get(kind, .003)
        self.work_s = scale * math.exp(draw.gauss(0, .5))
        self.io_s = .002 * math.exp(draw.gauss(0, .4)) if kind == "db" else 0
        self.calls, self.parallel = [], draw.random() < .3
        self.timeout_s, self.retries = draw.choice([1, 2, 5]), draw.choice([0, 1, 2])
        self.memory, self.leaked = draw.uniform(80, 900) * MEGABYTE, 0.0
        self.limit = self.memory * draw.uniform(1.4, 2.5)
        self.heap = draw.uniform(0, .5) * (self.limit - self.memory)
        self.collects = kind == "web" and draw.random() < .6
        self.job_s, self.job_at = draw.choice([0, 0, 0, 120, 300]), draw.randrange(300)
        self.replicas, self.flaw = draw.choice([1, 2, 3]), draw.choice([0, 0, .0005, .003])
        self.knobs, self.open, self.recent = dict(KNOBS), {}, {}
        self.pause_until = 0.0
        self.seen = collections.defaultdict(list)
        self.sums = collections.Counter()
        self.latencies, self.waits = [], []


class System:
    """Services on nodes, in layers, and the requests between them."""

    def __init__(self, draw, count, rate):
        self.draw, self.rate, self.clock, self.surge = draw, rate, Clock(), 1.0
        self.services, self.spans, self.lines, self.traces = [], None, None, 0
        self.usage = [0] * max(6, count // 5)
        self.grow(count)
        self.size()

    def add(self, name, kind, callers=()):
        made = Service(name, kind, self.draw)
        made.node = self.draw.randrange(len(self.usage))
        self.services.append(made)
        for caller, chance in callers:
            caller.calls.append((made, chance))
        return made

    def grow(self, count):
        """Gateway, pages, domains, helpers; then stores, until there are enough."""
        draw = self.draw
        gate = self.add("gateway", "web")
        layers = [[gate], [], [], []]
        for layer, share in ((1, .12), (2, .25), (3, .25)):
            for number in range(round(share * count)):
                above = draw.sample(layers[layer - 1], min(len(layers[layer - 1]),
                                                           draw.choice([1, 1, 2, 3])))
                callers = [(c, draw.uniform(.25, 1)) for c in above]
                layers[layer].append(self.add("%s%d" % (" phs"[layer], number), "web", callers))
        gate.calls = [(c, draw.uniform(.4, 1) * 1.6 / len(gate.calls)) for c, _ in gate.calls]
        owners = layers[2] + layers[3]
        while len(self.services) < count:
            owner, kind = draw.choice(owners), draw.choice(["db", "db", "cache", "web"])
            if kind == "cache" and not any(c.kind == "db" for c, _ in owner.calls):
                kind = "db"
            made = self.add("%s%d" % (kind, len(self.services)), kind, [(owner, 1.0)])
            if kind == "db" and draw.random() < .3:
                draw.choice(owners).calls.append((made, draw.uniform(.1, .6)))

    def size(self):
        """Workers and connections for the requests that a service usually gets."""
        draw = self.draw
        for s in self.services:
            s.share = 0.0
        self.services[0].share = 1.0
        for s in self.services:          # callers come before callees
            for callee, chance in s.calls:
                callee.share += s.share * chance
        for s in reversed(self.services):
            s.usual_s = s.work_s + s.io_s + sum(p * (c.usual_s + .001) for c, p in s.calls)
            need = s.share * self.rate * s.usual_s / draw.uniform(.1, .5)
            s.pool = Pool(self.clock, max(4, math.ceil(need)))
            s.base, s.lock = s.pool.size, Pool(self.clock, 1)
            s.disk = Pool(self.clock, max(1, math.ceil(s.share * self.rate * s.io_s * 3)))
            s.room = 20 * s.pool.size
        for s in self.services:
            s.links = {c.name: Pool(self.clock, max(4, s.pool.size * 2)) for c, _ in s.calls}

    def serve(self, s, reply, trace, parent):
        """One request in a service."""
        began, knobs, draw, usage = self.clock.now, s.knobs, self.draw, self.usage
        span = self.note(trace, parent, s)
        s.sums["open"] += 1
        ok = len(s.pool.queue) < s.room and (yield (s.pool.take(), 30.0))
        held = ok
        if ok and s.pause_until > self.clock.now:
            yield s.pause_until - self.clock.now
        if ok and knobs["hold"]:
            ok = locked = yield (s.lock.take(), 30.0)
            if locked:
                yield knobs["hold"]
                s.lock.give()
        if ok:
            work = draw.gammavariate(4, s.work_s / 4)
            s.sums["cpu"] += work
            usage[s.node] += 1
            yield work * knobs["slow"] * max(1.0, usage[s.node] / 8) + knobs["extra"]
            usage[s.node] -= 1
            if s.io_s:
                yield from self.write(s)
            if draw.random() < max(knobs["fail"], s.flaw):
                ok = False
                self.say(s, "ERROR", "cannot handle request %d: unexpected state %d"
                         % (draw.randrange(9999), draw.randrange(9)))
        if ok:
            ok = yield from self.ask(s, trace, span)
        if held and knobs["keep"]:
            self.clock.start(self.give_late(s.pool, knobs["keep"]))
        elif held:
            s.pool.give()
        s.sums["open"] -= 1
        s.sums["count"] += 1
        s.sums["errors"] += not ok
        s.latencies.append(self.clock.now - began)
        self.close(span, self.clock.now - began)
        self.clock.give(reply, ok and not knobs["down"])

    def give_late(self, pool, seconds):
        """A worker that has answered and hangs."""
        yield seconds
        pool.give()

    def write(self, s):
        yield (s.disk.take(), 60.0)
        took = self.draw.gammavariate(2, s.io_s / 2) * s.knobs["disk"]
        s.sums["disk_s"] += took
        s.sums["bytes"] += 16384
        yield took
        s.disk.give()

    def ask(self, s, trace, span):
        """All calls of a request; whether they succeeded."""
        hit = s.kind == "web" and any(c.kind == "cache" for c, _ in s.calls)
        if hit:
            cache = next(c for c, _ in s.calls if c.kind == "cache")
            hit = self.draw.random() < (.02 if cache.knobs["miss"] else .9)
            cache.sums["hits" if hit else "misses"] += 1
        replies, ok = [], True
        for callee, chance in s.calls:
            if (hit and callee.kind == "db") or self.draw.random() > chance:
                continue
            if s.parallel:
                replies.append(Reply())
                self.clock.start(self.call(s, callee, trace, span, replies[-1]))
                continue
            reply = Reply()
            ok = yield from self.call(s, callee, trace, span, reply)
            if not ok:
                return False
        for reply in replies:
            ok = (yield (reply, 60.0)) and ok
        return ok

    def call(self, s, callee, trace, span, whole):
        """A call with its connection, breaker, timeout and repetitions."""
        clock, knobs = self.clock, s.knobs
        recent = s.recent.setdefault(callee.name, collections.deque(maxlen=20))
        ok, timeout = False, knobs["timeout"] or s.timeout_s
        for attempt in range(1 + (knobs["retries"] or s.retries)):
            if s.open.get(callee.name, 0) > clock.now:
                break
            began, link = clock.now, s.links[callee.name]
            if not (yield (link.take(), timeout)):
                s.sums["timeouts"] += 1
                break
            yield self.way(s, callee)
            if callee.knobs["down"] or self.draw.random() < callee.knobs["refuse"]:
                self.say(s, "ERROR", "connection to %s refused" % callee.name)
            else:
                reply = Reply()
                clock.start(self.serve(callee, reply, trace, span))
                ok = yield (reply, timeout)
                if not ok and not reply.done:
                    s.sums["timeouts"] += 1
                    self.say(s, "WARN", "%s did not answer in %d ms" % (callee.name,
                                                                       timeout * 1000))
                if ok:
                    yield self.way(callee, s)
            link.give()
            s.waits.append(clock.now - began)
            recent.append(ok)
            if len(recent) == 20 and sum(recent) < 8 and s.retries == 2:
                s.open[callee.name] = clock.now + 5
                recent.clear()
            if ok:
                break
            s.sums["retries"] += 1
            yield .02 * 2 ** attempt
        clock.give(whole, ok)
        return ok

    def way(self, a, b):
        """Seconds that a message takes from one service to another."""
        took = self.draw.uniform(.0002, .001) + a.knobs["delay"]
        lost = 1 - (1 - a.knobs["loss"]) * (1 - b.knobs["loss"])
        wait = .2
        while lost and self.draw.random() < lost and wait < 3:
            took += wait
            wait *= 2
        if a.knobs["dns"] and self.draw.random() < .6:
            took += a.knobs["dns"]
        return took

    def enter(self):
        """Users: more by day than by night, in bursts."""
        draw, burst, until = self.draw, 1.0, 0.0
        gate = self.services[0]
        while True:
            now = self.clock.now
            if now >= until:
                burst, until = math.exp(.6 * math.log(burst) + draw.gauss(0, .12)), now + 10
            level = 1 + .2 * math.sin(now / 900)
            yield draw.expovariate(self.rate * level * burst * self.surge)
            self.traces += 1
            sampled = self.spans is not None and self.traces % 5 == 0
            self.clock.start(self.serve(gate, Reply(), self.traces if sampled else None, -1))

    def note(self, trace, parent, s):
        if trace is None:
            return None
        self.spans.append([trace, parent, s.name, self.clock.now, None])
        return len(self.spans) - 1

    def close(self, span, took):
        if span is not None:
            self.spans[span][4] = took

    def say(self, s, severity, text):
        if self.lines is not None:
            self.lines.append((self.clock.now, s.name, severity, text))

    def tick(self):
        """Every second: what a service has, and what is seen of it."""
        second = 0
        while True:
            yield 1.0
            second += 1
            for s in self.services:
                self.keep_house(s, second)
                self.look(s)

    def keep_house(self, s, second):
        draw, knobs = self.draw, s.knobs
        s.sums["cpu"] += knobs["cores"] + abs(draw.gauss(.002, .001))
        s.leaked += knobs["leak"]
        s.heap += s.sums["count"] * 150000 + draw.uniform(0, 2e5)
        room = max(s.limit - s.memory - s.leaked, .04 * s.limit)
        if s.collects and s.heap > room / 2:
            pause = .03 * (s.limit / room)
            s.pause_until, s.heap = self.clock.now + pause, 0.0
            s.sums["gc"] += pause
            s.sums["cpu"] += pause
        elif not s.collects:
            s.heap *= .9
        if s.memory + s.leaked > 1.1 * s.limit:
            s.leaked, s.pause_until = 0.0, self.clock.now + 15
            s.sums["restarts"] += 1
        if s.job_s and (second + s.job_at) % s.job_s < 8:
            s.sums["cpu"] += .3
            s.sums["bytes"] += 4e6 * (s.kind == "db")
        if second % 15 == 0 and s.kind == "web":
            full = s.pool.busy > .85 * s.pool.size
            s.pool.size = min(2 * s.base, s.pool.size + s.base // 2) if full else s.pool.size
        if knobs["killed"] and second % 25 == 0:
            s.pause_until = self.clock.now + 6
            s.sums["restarts"] += 1

    def look(self, s):
        away = s.knobs["down"]
        for name in ("count", "errors", "cpu", "bytes", "disk_s", "gc", "hits", "misses", "retries",
                     "timeouts"):
            s.seen[name].append(s.sums.pop(name, 0))
        s.seen["restarts"].append(s.sums["restarts"])
        s.seen["latency"].append(s.latencies)
        s.seen["wait"].append(s.waits)
        s.latencies, s.waits = [], []
        refused = 200 * s.knobs["refuse"]
        gauges = dict(memory=s.memory + s.heap + s.leaked, busy=s.pool.busy,
                      queue=len(s.pool.queue),
                      sockets=12 + 2 * s.sums["open"] + refused + self.draw.randrange(3),
                      links=sum(p.busy for p in s.links.values()),
                      pending=sum(len(p.queue) for p in s.links.values()))
        for name, value in gauges.items():
            s.seen[name].append(None if away else value)
        for name in ("cpu", "bytes", "disk_s", "gc") if away else ():
            s.seen[name][-1] = None
