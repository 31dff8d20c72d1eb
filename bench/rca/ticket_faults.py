# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in the system of ticketing.py, and what else happens then, for tickets.py."""
from railway import VISITS
from ticket_pods import CLEAR, Way

FAULTS = """cpu_contention network_delay early_return exception cpu_consumed network_loss
memory_leak pod_kill db_slow pool_exhaustion""".split()


class Incident:
    """A fault in a service from one second to another; a method of each name does it, `told`
    is how."""

    def __init__(self, system, root, window, draw, is_weak):
        self.system, self.root, self.draw, self.is_weak = system, root, draw, is_weak
        self.pod, (self.begin, self.end) = system.pods[root], window
        mine = sorted((o for s, o in VISITS if s == root), key=lambda o: -VISITS[root, o])
        self.operations = mine[:1] + [o for o in mine[1:] if draw.random() < .4]
        self.told = {}

    def choose(self, weak, strong):
        return self.draw.choice(weak if self.is_weak else strong)

    def set(self, what, name, value, back):
        self.system.at(self.begin, lambda: setattr(what, name, value))
        self.system.at(self.end, lambda: setattr(what, name, back))

    def fail(self, **fault):
        """What requests of the service meet."""
        self.set(self.pod, "fault", fault, None)

    def cpu_contention(self):
        """Somebody else computes in the pod, and is felt on its host."""
        pod, threads = self.pod, 1 if self.is_weak else self.draw.choice([2, 4, 4, 8])
        self.set(pod, "stress", threads, 0)
        pod.burns.append((self.begin, self.end, min(threads, pod.cores) * .97))
        for other in self.system.pods.values():
            if other is not pod and other.host == pod.host:
                self.set(other, "crowded", 1 + self.draw.uniform(0, .12), 1.)
        self.told = dict(threads=threads, cores=pod.cores)

    def cpu_consumed(self):
        ms = self.choose([8, 15, 30], [60, 120, 250, 500])
        self.fail(kind="busy", operations=self.operations, share=1, ms=ms)
        self.told = dict(ms=ms, operations=self.operations)

    def network_delay(self):
        delay = self.choose([.004, .008, .015], [.03, .06, .1, .2, .3])
        self.set(self.pod, "way", Way(delay, delay * self.draw.uniform(.02, .3), 0), CLEAR)
        self.told = dict(delay=delay)

    def network_loss(self):
        loss = self.choose([.03, .06, .1], [.15, .25, .4, .5])
        self.set(self.pod, "way", Way(0, 0, loss), CLEAR)
        self.told = dict(loss=loss)

    def early_return(self):
        """It answers before it has done anything."""
        share = self.draw.choice([.3, .5]) if self.is_weak else 1
        self.fail(kind="return", operations=self.operations, share=share)
        self.told = dict(share=share, operations=self.operations)

    def exception(self):
        after, share = self.draw.choice([0, 1, 1, 2]), self.choose([.1, .2, .4], [1, 1, .5])
        self.fail(kind="exception", operations=self.operations, after=after, share=share)
        self.told = dict(after=after, share=share, operations=self.operations)

    def memory_leak(self):
        system, pod, heap_mb = self.system, self.pod, self.draw.uniform(150, 400)
        full_s = (self.end - self.begin) * self.draw.uniform(.45, .95)
        self.fail(kind="leak", mb=heap_mb / full_s / 8)
        for process in (system.leak(pod, heap_mb / full_s), system.run_out(pod, heap_mb, 25.)):
            system.at(self.begin, lambda process=process: system.push(0., process))
        self.told = dict(heap_mb=round(heap_mb), full_s=round(full_s))

    def pod_kill(self):
        draw, system, pod = self.draw, self.system, self.pod
        away_s, at, times = draw.uniform(20, 50), self.begin, 0
        while at < self.end - away_s and times < draw.choice([1, 1, 2, 6]):
            system.at(at, lambda: system.kill(pod, away_s))
            at += away_s + draw.uniform(20, 60)
            times += 1
        self.told = dict(times=times, away_s=round(away_s))

    def db_slow(self):
        store, slow = self.system.stores[self.root], self.choose([3, 5, 8], [15, 30, 60, 120])
        why = self.draw.choice(["disk", "cpu", "lock"])
        self.set(store, "slow", float(slow), 1.)
        if why == "cpu":
            store.burns.append((self.begin, self.end, store.cores * .95))
        if why == "lock":
            self.set(store.threads, "size", 1, store.threads.size)
        self.told = dict(slow=slow, why=why, store=store.name)

    def pool_exhaustion(self):
        """Connections that are not given back, or requests that hang."""
        draw, system, pod = self.draw, self.system, self.pod
        if self.root in system.stores and draw.random() < .6:
            leak = draw.choice([.1, .25, .5])
            self.fail(kind="pool", leak=leak)
            self.told = dict(pool="connections", leak=leak, timeout_s=pod.connect_timeout)
        else:
            hold_s, share = draw.choice([20., 40., 90.]), draw.choice([.2, .4, .7])
            system.at(self.begin, self.shrink_threads)
            self.fail(kind="stuck", operations=self.operations, hold=hold_s, share=share)
            self.told = dict(pool="threads", hold_s=hold_s, share=share,
                             operations=self.operations)
        system.at(self.end, lambda: draw.random() < .5 and pod.connections.reset())

    def shrink_threads(self):
        threads = self.pod.threads
        threads.size = min(threads.size, self.draw.choice([6, 10]))


class Others:
    """What happens at the same time and is not the fault."""

    def __init__(self, draw):
        self.draw, self.surge = draw, draw.choice([1, 1, .5, 1.7])
        self.decoys, self.restarts = draw.choice([0, 1, 2]), draw.random() < .3

    def distract(self, system, root, window):
        draw, usual, (begin, end) = self.draw, system.load, window
        surge = self.surge
        system.load = lambda t: usual(t) * (surge if begin - 20 < t < end else 1)
        others = [pod for s, pod in sorted(system.pods.items()) if s != root]
        for _ in range(self.decoys):
            self.burden(system, draw.choice(others), begin)
        if self.restarts:
            words = ("news", "delivery", "avatar", "waiting", "ticket")
            pod = draw.choice([p for p in others if p.name.split("-")[0] in words])
            system.at(begin + draw.uniform(0, 90), lambda: system.kill(pod, 20.))

    def burden(self, system, pod, begin):
        """Keeps more memory from then on and computes for a while."""
        draw, mb = self.draw, self.draw.uniform(20, 120)
        system.at(begin + draw.uniform(-20, 40), lambda: pod.leaked.append((system.now, mb)))
        for second in range(int(draw.uniform(30, 150))):
            system.at(begin + second, lambda: pod.compute(.12 * pod.cores))
