# SPDX-License-Identifier: Apache-2.0
"""The ticket system of a railway, request by request, for tickets.py.

The services of railway.py behind a page server and half the time a gateway, on hosts.
Requests are processes that hold threads and connections, wait in queues, run into
timeouts and ask again; pods have a quota of processors, collect garbage, are slow after
a start, and lose packets. What happens is kept as events (ticket_pods.py); nothing here
knows what is measured. Nothing here is of `caus simulate` or of the other simulators.
"""
import collections
import math
import random

from railway import FLOWS, SERVICES, STEPS, STORING, Call
from ticket_pods import Clock, Event, Pod, Pool

WRITES = ("create", "modify", "pay", "credit")
POSTED = ("query", "book", "pay", "create")
FRONTS = ("ui", "gateway")

# How a request ends: done, answered with less than asked, or failed.
DONE, LACKING, FAILED, TIMEOUT, REFUSED = range(5)
PACKET = 1400        # bytes
RESENT_S, CONNECTED_S = .2, 1.    # seconds until a packet is sent again, and a handshake's

Edge = collections.namedtuple("Edge", "timeout retries lacking")
# How much is traced, whether queries begin with the wait for a connection, what clients'
# spans are called ("http", "name" or None without them), whether code inside has spans.
Tracing = collections.namedtuple("Tracing", "share pooled client inside")
Span = collections.namedtuple("Span", "id parent service operation start took")
DIRECT = Edge(60., 0, "skip")


def full(service):
    return service + "-svc"


class Trace:
    def __init__(self, begin):
        self.begin, self.spans, self.count = begin, [], 0

    def new(self):
        self.count += 1
        return self.count - 1


class System(Clock):
    """`own` draws the system, the same for both parts of a spliced case; `seed` what
    happens in it."""

    def __init__(self, seed, own, tracing, is_open):
        super().__init__()
        self.draw, self.tracing, self.is_open = random.Random(seed), tracing, is_open
        self.traces, self.felt = [], []      # felt: (time, seconds, whether it went well)
        draw = random.Random(own)
        self.place(draw)
        usual_timeout = draw.choice([5., 10., 20., 30.])
        self.user_timeout = draw.choice([20., 30., 60.])
        self.connect(draw, usual_timeout)
        self.characterize(draw)

    def place(self, draw):
        """Pods on hosts, whose clocks differ."""
        self.has_gateway = draw.random() < .5
        hosts = draw.randint(3, 6)
        self.skew = [draw.gauss(0, .003) for _ in range(hosts)]
        self.pods, self.stores = {}, {}
        for s in ["ui"] + self.has_gateway * ["gateway"] + SERVICES:
            self.pods[s] = Pod(self, full(s), draw.randrange(hosts), draw,
                               "nginx" if s == "ui" else "java")
        for s in SERVICES:
            if s in STORING:
                kind = "mysql" if draw.random() < .3 else "mongo"
                store = Pod(self, f"{s}-{kind}", draw.randrange(hosts), draw, kind)
                store.threads = Pool(self, draw.choice([4, 8, 16]))
                self.stores[s] = store
        self.front = "gateway" if self.has_gateway else "ui"

    def connect(self, draw, usual):
        self.edges = {}
        for (service, _), steps in sorted(STEPS.items()):
            for call in steps:
                if isinstance(call, Call):
                    self.edges.setdefault((service, call.service), Edge(
                        draw.choice([2., 3., 5., usual, usual, 60.]),
                        draw.choice([0, 0, 0, 0, 0, 1, 2]),
                        draw.choice(["stop", "stop", "skip", "throw"])))

    def characterize(self, draw):
        """What an operation takes, keeps and does at once differs between systems."""
        self.scale = {k: draw.lognormvariate(0, .4) for k in sorted(STEPS)}
        self.spread = draw.uniform(.2, .45)
        self.pause_rate = draw.uniform(.0005, .003)
        self.cached = {}
        for k in sorted(STEPS):
            steps = STEPS[k]
            if len(steps) > 1 and any(s[0] == "d" for s in steps) and draw.random() < .12:
                self.cached[k] = draw.uniform(.3, .9)
        self.fresh = draw.choice([.02, .1, .3])      # share of calls with a handshake
        self.parallel = {k for k in sorted(STEPS) if draw.random() < .1}

    def everyone(self):
        return sorted([*self.pods.values(), *self.stores.values()], key=lambda p: p.name)

    # ---- what a request does ----

    def send(self, source, target, size, may_connect=True):
        """Seconds that a message takes, with what interfaces do to it."""
        draw = self.draw
        took = draw.lognormvariate(math.log(.00025), .4) + size / 2e8
        source.moved.append((self.now, size, 0))
        target.moved.append((self.now, 0, size))
        took += self.leave(source, size, RESENT_S)
        if may_connect and draw.random() < self.fresh:
            took += (self.leave(source, 60, CONNECTED_S) +
                     self.leave(target, 60, CONNECTED_S) + .0004)
        return took

    def leave(self, pod, size, resent_s):
        """Seconds that the sender's interface adds."""
        draw, way, added = self.draw, pod.way, 0.
        if way.delay:
            added += max(0., draw.gauss(way.delay, way.jitter))
        if not way.loss:
            return added
        packets = 1 + int(size // PACKET)
        for number in range(min(packets, 12)):
            if draw.random() >= way.loss:
                continue
            if packets - number > 3 and draw.random() < .7:
                added += .002            # those behind it tell that it is missing
                continue
            wait, times = resent_s, 0
            while draw.random() < way.loss and times < 7:
                added += wait
                wait *= 2
                times += 1
            return added + wait
        return added

    def collect_garbage(self, pod, ms):
        draw = self.draw
        pod.young += ms * .4
        if pod.young > pod.young_most * pod.heap_free:
            pod.young = 0
            pause = draw.lognormvariate(math.log(.012), .5)
            if pod.heap_free < .3 and draw.random() < .6:
                pause = draw.lognormvariate(math.log(.5), .5) / max(.15, pod.heap_free / .3)
            pod.pause(pause)
        elif draw.random() < self.pause_rate:
            pod.pause(draw.lognormvariate(math.log(.15), .7))

    def work(self, pod, ms):
        draw = self.draw
        need = ms / 1000 * draw.lognormvariate(0, self.spread) * pod.slowness
        if pod.is_java:
            if pod.worked < 400:
                need *= 1 + 5 * math.exp(-pod.worked / 60)
            pod.worked += 1
            self.collect_garbage(pod, ms)
        pod.active += 1
        took = need * max(1., (pod.active + pod.stress) / pod.cores) * pod.crowded
        # What else burns the quota leaves waits of part of its period of 100 ms.
        if pod.stress:
            share = min(1., pod.cores / max(pod.stress, pod.cores + 1e-9))
            if draw.random() < 1 - share:
                took += draw.uniform(0, .1 * (1 - share))
        elif need > .1 * pod.cores:
            took = max(took, need / min(1., pod.cores))
        wait = max(0., pod.pause_until - self.now)
        pod.compute(need)
        yield wait + took
        pod.active = max(0, pod.active - 1)
        if pod.pause_until > self.now:
            yield pod.pause_until - self.now

    def note(self, trace, span, parent, pod, operation, start):
        trace.spans.append(Span(span, parent, pod.name, operation, start + self.skew[pod.host],
                                self.now - start))

    def query(self, service, operation, ms, trace, parent):
        """Asks the service's store over one of its connections."""
        draw, pod, store, start = self.draw, self.pods[service], self.stores[service], self.now
        if not (yield from pod.connections.acquire(pod.connect_timeout)):
            return FAILED
        own = pod.start
        if not self.tracing.pooled:
            start = self.now
        yield self.send(pod, store, 300, False)
        arrived = self.now
        yield from store.threads.acquire()
        took = ms / 1000 * draw.lognormvariate(0, .5) * store.slow
        if draw.random() < .002:
            took += draw.expovariate(1 / .1)
        store.compute(took * (.5 / store.slow))
        yield took * max(1., store.threads.used / 8)
        store.threads.release()
        store.answer(arrived, True)
        yield self.send(store, pod, draw.lognormvariate(math.log(1200), .6), False)
        pod.ask(start, True)
        if pod.start != own:
            return DONE
        fault = pod.fault
        if fault and fault["kind"] == "pool" and draw.random() < fault["leak"]:
            pod.connections.leak()
        else:
            pod.connections.release()
        if trace:
            writes = operation in WRITES and ms >= 2
            word = (f"{'update' if writes else 'find'} tickets." if store.kind == "mongo" else
                    f"{'UPDATE' if writes else 'SELECT'} tickets-")
            self.note(trace, trace.new(), parent, pod, word + service, start)
        return DONE

    def call(self, source, service, operation, trace, parent):
        """A call with its timeout and repetitions."""
        pod, edge = self.pods[source], self.edges.get((source, service), DIRECT)
        client = self.tracing.client
        for attempt in range(edge.retries + 1):
            span = trace.new() if trace else None
            start, event = self.now, Event()
            above = span if client else parent
            self.push(0., self.serve(source, service, operation, event, trace, above))
            self.push(edge.timeout, event, TIMEOUT)
            own = pod.start
            status = yield event
            pod.ask(start, status < FAILED)
            if trace and client and own == pod.start:
                name = self.client_name(service, operation)
                self.note(trace, span, parent, pod, name, start)
            if status < FAILED or own != pod.start:
                break
            if attempt < edge.retries:
                yield .05 * 2 ** attempt
        if status == LACKING:
            return {"stop": LACKING, "skip": DONE, "throw": FAILED}[edge.lacking]
        return status

    def client_name(self, service, operation):
        asked = operation[1] if service == "gateway" else operation
        if self.tracing.client == "http":
            return "HTTP POST" if asked in POSTED else "HTTP GET"
        return f"{service}/{asked}"

    def serve(self, source, service, operation, event, trace, parent):
        """One request in a service; at the fronts an operation names its service."""
        draw, pod, caller = self.draw, self.pods[service], self.pods.get(source)
        if caller:
            yield self.send(caller, pod, draw.lognormvariate(math.log(600), .4))
        if pod.down:                     # refused, or nobody says so
            yield .001 if draw.random() < .7 else 3.
            self.fire(event, REFUSED)
            return
        own, arrived = pod.start, self.now
        got = yield from pod.threads.acquire(60.)
        if not got or own != pod.start:
            self.fire(event, FAILED)
            return
        start, is_front = self.now, service in FRONTS
        span = trace.new() if trace else None
        inner = trace.new() if trace and self.tracing.inside and not is_front else None
        status = yield from self.handle(pod, service, operation, trace,
                                        span if inner is None else inner)
        if own != pod.start:
            pod.answer(arrived, False)
            self.fire(event, REFUSED)
            return
        if inner is not None:
            name = service.title().replace("-", "")
            self.note(trace, inner, span, pod, f"{name}Service.{operation}", start + 8e-5)
        if trace:
            path = operation if is_front else (service, operation)
            self.note(trace, span, parent, pod, "/api/v1/" + "/".join(path), start)
        pod.threads.release()
        pod.answer(arrived, status < FAILED)
        if caller:
            yield self.send(pod, caller, draw.lognormvariate(math.log(2500), .7), False)
        self.fire(event, status)

    def handle(self, pod, service, operation, trace, parent):
        if service in FRONTS:
            yield from self.work(pod, .3 if service == "ui" else 1.5)
            if service != self.front:
                return (yield from self.call(service, self.front, operation, trace, parent))
            return (yield from self.call(service, *operation, trace, parent))
        steps, fault = STEPS[service, operation], pod.fault
        hit = (fault and operation in fault.get("operations", ()) and
               self.draw.random() < fault["share"])
        kind = fault["kind"] if hit else None
        if kind == "return":
            yield from self.work(pod, .3)
            return LACKING
        if kind == "exception":
            steps = steps[:fault["after"]]
        if kind == "busy":
            yield from self.work(pod, fault["ms"] / pod.slowness)
        if kind == "stuck":
            yield from self.work(pod, 1)
            yield fault["hold"]
            return FAILED
        if fault and fault["kind"] == "leak":
            pod.leaked.append((self.now, fault["mb"]))
        status = yield from self.follow(steps, pod, (service, operation), trace, parent)
        return FAILED if kind == "exception" and status == DONE else status

    def follow(self, steps, pod, what, trace, parent):
        """The steps of an operation."""
        draw, scale, replies = self.draw, self.scale[what], []
        cached = draw.random() < self.cached.get(what, 0)
        for step in steps:
            status = DONE
            if isinstance(step, Call):
                if draw.random() >= step.chance:
                    continue
                asked = (what[0], step.service, step.operation, trace, parent)
                if step.how == "^":
                    self.push(draw.expovariate(100), self.call(*asked))
                elif step.how != "~" and what in self.parallel:
                    replies.append(Event())
                    self.push(0., self.branch(asked, replies[-1]))
                else:
                    status = yield from self.call(*asked)
            elif step[0] == "w":
                yield from self.work(pod, step[1] * scale)
            elif step[0] == "d" and not cached:
                status = yield from self.query(*what, step[1] * scale, trace, parent)
            elif step[0] == "x":
                start = self.now
                yield (self.send(pod, pod, 2000) +
                       step[1] / 1000 * draw.lognormvariate(0, .6))
                pod.ask(start, True)
            if status and not (isinstance(step, Call) and step.how == "~"):
                return min(status, FAILED)
        for event in replies:
            status = yield event
            if status:
                return min(status, FAILED)
        return DONE

    def branch(self, asked, event):
        self.fire(event, (yield from self.call(*asked)))

    # ---- who asks ----

    def request(self, target):
        trace = Trace(self.now) if self.draw.random() < self.tracing.share else None
        event, start = Event(), self.now
        self.push(0., self.serve(None, "ui", tuple(target.split(".")), event, trace, -1))
        self.push(self.user_timeout, event, TIMEOUT)
        status = yield event
        self.felt.append((self.now, self.now - start, status < FAILED))
        if trace:
            self.traces.append(trace)
        return status

    def user(self, think_s):
        weights = [weight for weight, _ in FLOWS]
        while True:
            for target in self.draw.choices(FLOWS, weights)[0][1]:
                yield self.draw.expovariate(1 / think_s) / self.load(self.now)
                status = yield from self.request(target)
                if status >= FAILED and self.draw.random() < .7:
                    break

    def arrivals(self, rate):
        targets, weights = zip(*((t, weight) for weight, asked in FLOWS for t in asked))
        while True:
            yield self.draw.expovariate(rate * self.load(self.now))
            self.push(0., self.request(self.draw.choices(targets, weights)[0]))

    def begin(self, rate, think_s, load):
        """Users that wait for answers, or requests that come whatever happens;
        `load` is what they are multiplied by at a time."""
        self.load = load
        if self.is_open:
            self.push(0., self.arrivals(rate))
        else:
            for _ in range(max(2, round(rate * think_s))):
                self.push(self.draw.random() * think_s, self.user(think_s))
        for pod in [*self.pods.values(), *self.stores.values()]:
            self.push(self.draw.random() * 5, self.idle(pod))

    def idle(self, pod):
        """Heartbeats, telemetry, now and then a job."""
        draw = self.draw
        every, at = draw.choice([0, 0, 0, 300, 600]), draw.uniform(0, 600)
        while True:
            yield draw.expovariate(1 / 10)
            if pod.down:
                continue
            pod.compute(draw.lognormvariate(math.log(.02), .5))
            pod.moved.append((self.now, 4000 * draw.random(), 4000 * draw.random()))
            if pod.is_java:
                took = draw.lognormvariate(math.log(.012), .8)
                pod.asked.append((self.now, took + self.leave(pod, 3000, RESENT_S), True))
            if every and self.now > at:
                at += every
                pod.compute(draw.uniform(.2, 1.5))

    # ---- what goes wrong with a pod ----

    def kill(self, pod, away_s):
        pod.down, pod.start = True, pod.start + 1
        pod.threads.reset()
        pod.connections.reset()
        pod.active, pod.young = 0, 0.
        held = pod.held_mb()
        if held:
            pod.leaked.append((self.now, -held))
            pod.fault = None
        pod.heap_free, pod.pause_until = 1., 0.
        pod.away.append((self.now, self.now + away_s))
        self.push(away_s, self.boot(pod))

    def boot(self, pod):
        for _ in range(8):               # it starts before it is ready
            pod.compute(.8 * pod.cores)
            yield .1
        pod.down, pod.worked = False, 0

    def leak(self, pod, mb_a_second):
        while pod.fault and not pod.down:
            yield 1.
            pod.leaked.append((self.now, mb_a_second * self.draw.uniform(.5, 1.5)))

    def run_out(self, pod, heap_mb, away_s):
        """What leaks leaves less heap to collect, until the pod is killed for it."""
        while True:
            yield 1.
            if pod.down:
                return
            held = pod.held_mb()
            pod.heap_free = max(.02, 1 - held / heap_mb)
            if pod.heap_free < .25:
                pause = self.draw.lognormvariate(math.log(.12), .6)
                pod.pause(pause / max(.1, pod.heap_free / .25))
            if held > heap_mb * 1.02:
                self.kill(pod, away_s)
                return
