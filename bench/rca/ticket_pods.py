# SPDX-License-Identifier: Apache-2.0
"""Pods of ticketing.py: what they have and what they did, in a time of their own."""
import collections
import heapq

Way = collections.namedtuple("Way", "delay jitter loss")
CLEAR = Way(0, 0, 0)


class Event:
    """What a process waits for; given one value, once."""

    def __init__(self):
        self.done, self.value, self.process = False, None, None


class Clock:
    """Runs processes: generators that yield seconds or events."""

    def __init__(self):
        self.now, self.heap, self.count = 0., [], 0

    def push(self, delay, what, value=None):
        """A process, an event or a function is due."""
        self.count += 1
        heapq.heappush(self.heap, (self.now + delay, self.count, what, value))

    def at(self, time, function):
        self.count += 1
        heapq.heappush(self.heap, (time, self.count, function, None))

    def fire(self, event, value):
        if not event.done:
            event.done, event.value = True, value
            if event.process is not None:
                self.push(0., event.process, value)

    def step(self, process, value):
        try:
            wish = process.send(value)
            while type(wish) is not float and wish.done:
                wish = process.send(wish.value)
        except StopIteration:
            return
        if type(wish) is float:
            self.push(wish, process)
        else:
            wish.process = process

    def run(self, until):
        while self.heap and self.heap[0][0] <= until:
            self.now, _, what, value = heapq.heappop(self.heap)
            if type(what) is Event:
                self.fire(what, value)
            elif callable(what):
                what()
            else:
                self.step(what, value)
        self.now = until


class Pool:
    """So many of something, who waits for one, and (time, count) of both."""

    def __init__(self, clock, size):
        self.clock, self.size, self.used, self.leaked = clock, size, 0, 0
        self.queue, self.held, self.waited = collections.deque(), [], []

    def note(self):
        self.held.append((self.clock.now, self.used + self.leaked))

    def note_queue(self):
        self.waited.append((self.clock.now, sum(not e.done for e in self.queue)))

    def acquire(self, timeout=None):
        if self.used + self.leaked < self.size and not self.queue:
            self.used += 1
            self.note()
            return True
        event = Event()
        self.queue.append(event)
        self.waited.append((self.clock.now, len(self.queue)))
        if timeout:
            self.clock.push(timeout, event, False)
        got = yield event
        if not got:
            self.note_queue()
        return got

    def release(self):
        self.used = max(0, self.used - 1)
        while self.queue and self.used + self.leaked < self.size:
            event = self.queue.popleft()
            if not event.done:
                self.used += 1
                self.clock.fire(event, True)
                self.note_queue()
        self.note()

    def leak(self):
        """What was held is never given back."""
        self.used = max(0, self.used - 1)
        self.leaked += 1
        self.note()

    def reset(self):
        self.used = self.leaked = 0
        for event in self.queue:
            self.clock.fire(event, False)
        self.queue.clear()
        self.note()
        self.note_queue()


class Pod:
    """A service or a store: what it has, what ails it, and what it did when."""

    def __init__(self, clock, name, host, draw, kind="java"):
        self.clock, self.name, self.host, self.kind = clock, name, host, kind
        self.is_java, self.is_store = kind == "java", kind in ("mongo", "mysql")
        self.cores = draw.choice([.5, 1, 1, 1, 2]) if self.is_java else 2
        if self.is_java and draw.random() < .15:
            self.cores = .3
        self.slowness = draw.lognormvariate(0, .3)
        self.threads = Pool(clock, draw.choice([10, 20, 50, 200]) if self.is_java else 500)
        self.connections = Pool(clock, draw.choice([5, 10, 10, 20]))
        self.connect_timeout = draw.choice([3., 5., 10., 30.])
        self.young, self.young_most = 0., draw.uniform(20, 120)      # MB of heap
        # A start makes it another one, which is not yet warm.
        self.start, self.down, self.worked = 0, False, 10 ** 6
        self.active, self.pause_until, self.heap_free = 0, 0., 1.
        self.fault, self.way = None, CLEAR
        self.stress, self.crowded, self.slow = 0, 1., 1.
        # (time, seconds, whether it went well) of requests and of calls; (time, seconds of
        # processors), (time, bytes out, bytes in), (time, seconds), (time, MB);
        # (from, to) and (from, to, processors).
        self.served, self.asked = [], []
        self.computed, self.moved, self.paused, self.leaked = [], [], [], []
        self.away, self.burns = [], []

    def compute(self, seconds):
        self.computed.append((self.clock.now, seconds))

    def answer(self, since, well):
        self.served.append((self.clock.now, self.clock.now - since, well))

    def ask(self, since, well):
        self.asked.append((self.clock.now, self.clock.now - since, well))

    def pause(self, seconds):
        """Collects garbage."""
        self.pause_until = max(self.pause_until, self.clock.now + seconds)
        self.paused.append((self.clock.now, seconds))
        self.compute(seconds * min(1.5, self.cores))

    def held_mb(self):
        return sum(mb for _, mb in self.leaked)
