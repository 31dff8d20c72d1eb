# SPDX-License-Identifier: Apache-2.0
"""Single requests drawn from the state of the flow: latency distributions, traces, log lines.

A request of a service is built from requests of its callees, so that time-outs, retries,
fallbacks and rare slow calls shape the distribution a histogram or a tracer would see.
"""

import csv
import json
import time

import numpy as np

from farm_world import RANKS

TRACED_NOT = ("third", "cache", "sql", "tsdb", "replica", "dns")
VERBS = "get list update find check put plan fetch sync".split()


class Draw:
    """Requests of all services for some rows: `seconds`, `handler` and `good` are [row, sample]."""

    def __init__(self, world, rec, rng, count, keep=False):
        self.world, self.rec, self.rng, self.count = world, rec, rng, count
        self.shape = (len(rec["hot"]), count)
        n = len(world.services)
        self.seconds, self.handler, self.good = [None] * n, [None] * n, [None] * n
        self.out = [[] for _ in range(n)]
        for e, edge in enumerate(world.edges):
            self.out[edge.src].append(e)
        self.kept = {} if keep else None
        for s in sorted(range(n), key=lambda i: -RANKS[world.services[i].kind]):
            self.requests(s)

    def uniform(self):
        return self.rng.random(self.shape, dtype=np.float32)

    def exponential(self):
        return self.rng.standard_exponential(self.shape, dtype=np.float32)

    def zones(self, s):
        """The zone that serves each request."""
        lam = self.rec["lam"][:, s] + 1e-9
        edges = np.cumsum(lam / lam.sum(1, keepdims=True), 1)
        u = self.uniform()
        return (u > edges[:, :1]).astype(np.int8) + (u > edges[:, 1:2])

    def requests(self, s):
        """Requests of one service: waiting, own work, then its calls one after the other."""
        rec, service = self.rec, self.world.services[s]
        zone = self.zones(s)
        rows = np.arange(self.shape[0])[:, None]
        at = lambda name: rec[name][:, s, :][rows, zone].astype(np.float32)
        wait = at("wait") * self.exponential()
        noise = self.rng.standard_normal(self.shape, dtype=np.float32) * service.sigma
        own = at("own") * np.exp(noise - service.sigma ** 2 / 2)
        own += (self.uniform() < at("tail_p")) * at("tail_t") * self.exponential()
        quick = rec["rej"][:, s, :][rows, zone]
        quick = quick + (1 - quick) * rec["limited"][:, s][:, None]
        quick = self.uniform() < quick
        broken = self.uniform() < at("own_fail")
        good, inside = ~broken, np.zeros(self.shape, np.float32)
        for e in self.out[s]:
            time, ok = self.calls(e, good & ~quick, at("net"), at("loss"))
            inside = np.maximum(inside, time) if service.parallel else inside + time
            good &= ok | (self.uniform() >= (0.02 if self.world.edges[e].fallback else 1.0))
        own = np.where(broken, own * self.uniform(), own)
        self.handler[s] = np.where(quick, 0.001 + 0.002 * self.uniform(), own + inside)
        self.seconds[s] = self.handler[s] + np.where(quick, 0, wait)
        self.good[s] = good & ~quick

    def calls(self, e, alive, net, loss):
        """Calls over one edge: seconds spent in each, and whether it went well in the end."""
        rec, edge = self.rec, self.world.edges[e]
        row = lambda name: rec[name][:, e][:, None].astype(np.float32)
        w = np.minimum(1.0, row("reach"))
        times_each = np.maximum(1.0, row("reach"))
        made = alive & (self.uniform() < w)
        shut = made & (self.uniform() < row("open"))
        spent = row("pool_wait") * self.exponential()
        trying, good = made & ~shut, np.zeros(self.shape, bool)
        tried = []
        retries = edge.retries if edge.retries else int((row("extra") > 0.05).any())
        ratio = row("extra") / np.maximum(row("attempt_fail"), 1e-6)
        for attempt in range(1 + min(3, retries)):
            time, ok, column = self.attempt(e, net, loss)
            tried.append((trying, np.where(trying, time, 0), column))
            spent = spent + np.where(trying, time + (edge.backoff if attempt else 0), 0)
            good |= trying & ok
            trying = trying & ~ok & (self.uniform() < ratio)
        if self.kept is not None:
            self.kept[e] = tried
        return np.where(made, spent * times_each, 0), good | ~made

    def attempt(self, e, net, loss):
        """One attempt: a request of the callee, the network, the time-out and the hedge."""
        rec, edge = self.rec, self.world.edges[e]
        row = lambda name: rec[name][:, e][:, None].astype(np.float32)
        column = self.rng.permutation(self.count)
        time = np.take(self.seconds[edge.dst], column, 1)
        ok = np.take(self.good[edge.dst], column, 1)
        if edge.hedge:
            other = np.take(self.seconds[edge.dst], self.rng.permutation(self.count), 1)
            time = np.minimum(time, other + edge.hedge)
        own_net = (rec["net"][:, edge.dst].mean(1))[:, None]
        steady = np.maximum(0, row("edge_net") - own_net - self.source_net(edge.src))
        time = time + 0.0003 + (steady + own_net + net) * (0.7 + 0.3 * self.exponential())
        lost = loss + rec["loss"][:, edge.dst].mean(1)[:, None]
        time = time + (self.uniform() < lost) * (0.2 + 0.1 * self.exponential())
        refused = self.uniform() < row("block")
        time = np.where(refused, 0.003, time)
        timeout = row("timeout")
        failed = refused | (time > timeout)
        rest = row("attempt_fail") - row("block") - row("timed_out")
        seen_bad = (1 - self.good[edge.dst].mean(1))[:, None]
        failed |= self.uniform() < np.maximum(0, rest - seen_bad - 0.001)
        return np.minimum(time, timeout), ok & ~failed, column

    def source_net(self, s):
        return self.rec["net"][:, s].mean(1)[:, None]


def operation(service, e):
    return VERBS[(e * 7 + len(service.name)) % len(VERBS)]


class Tracer:
    """Spans of kept requests, client and server side, as a tracer would store them."""

    def __init__(self, world, draw, traced):
        self.world, self.draw, self.traced = world, draw, traced

    def trace(self, s, row, column, start):
        """Spans (parent, service, operation, start, duration) of a request of service s."""
        self.spans = []
        self.serve(s, row, column, start, -1, "handle")
        return self.spans

    def serve(self, s, row, column, start, parent, name):
        """The server span of a request, and all below it."""
        seconds = float(self.draw.seconds[s][row, column])
        service = self.world.services[s]
        if service.name in self.traced:
            self.spans.append((parent, service.name, name, start, seconds))
            parent = len(self.spans) - 1
        inside = [(e, mask, time, col) for e in self.draw.out[s]
                  for mask, time, col in self.draw.kept[e] if mask[row, column]]
        spent = sum(float(i[2][row, column]) for i in inside)
        gap = max(0.0, seconds - spent) / (len(inside) + 1)
        at = start + (min(gap, 0.002) if service.parallel else gap)
        for e, _, time, col in inside:
            self.client(e, row, int(col[column]), at, float(time[row, column]), parent)
            at += 0.0001 if service.parallel else float(time[row, column]) + gap

    def client(self, e, row, column, at, seconds, parent):
        """The client span of one attempt, and what the callee did for it."""
        edge = self.world.edges[e]
        src, dst = self.world.services[edge.src], self.world.services[edge.dst]
        if dst.kind == "dns":
            return
        name = operation(dst, e)
        if src.name in self.traced:
            self.spans.append((parent, src.name, f"{dst.name}/{name}", at, seconds))
            parent = len(self.spans) - 1
        if dst.kind not in TRACED_NOT and self.draw.seconds[edge.dst][row, column] <= seconds:
            self.serve(edge.dst, row, column, at + 0.0002, parent, name)


def write_table(path, header, rows):
    with open(path, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


def chosen_rows(case, per_phase=25):
    """Rows whose requests are traced: the last healthy ones, and those of the incident."""
    start = case.before if case.trouble else case.before + case.after - per_phase
    healthy = np.arange(max(0, start - 40), start)
    after = np.arange(start, case.before + case.after)
    pick = lambda rows: np.sort(case.rng.choice(rows, min(per_phase, len(rows)), replace=False))
    return pick(healthy), pick(after)


def write_traces(path, case, first):
    """Some two hundred traces before the fault and as many after."""
    world, rng = case.world, case.rng
    traced = {s.name for s in world.services
              if s.kind not in TRACED_NOT and rng.random() < 0.9}
    often = dict(api=8.0, ingest=1.0, cron=0.5)
    sources = [(s, often[group]) for s, _, group in world.entries]
    sources += [(s, 0.5) for s in world.of_kind("decoder", "stage2", "stage3")]
    entries, weight = np.array(sources).T
    lines = []
    for phase, rows in enumerate(chosen_rows(case)):
        part = {name: value[rows] for name, value in case.rec.items()}
        draw = Draw(world, part, rng, 24, keep=True)
        tracer = Tracer(world, draw, traced)
        for trace in range(200):
            s = int(rng.choice(entries, p=weight / weight.sum()))
            row = trace * len(rows) // 200
            start = first + (rows[row] + rng.random()) * case.step
            if case.trouble and phase and start < first + case.inject:
                start = first + case.inject + 0.5
            spans = tracer.trace(s, row, int(rng.integers(24)), start)
            lines += [(phase, trace, i, parent, name, op, int(at * 1e6), max(1, int(took * 1e6)))
                      for i, (parent, name, op, at, took) in enumerate(spans)]
    write_table(path, "phase,trace,span,parent,service,operation,start_us,duration_us".split(","),
                lines)


def log_lines(case, s, row):
    """Lines (level, text) a service writes in a row, at most a few of each sort."""
    world, rec, rng = case.world, case.rec, case.rng
    service, step = world.services[s], case.step
    few = lambda mean: range(min(4, rng.poisson(min(mean, 50))))
    lines = [("INFO", str(rng.choice(["health check ok", "configuration unchanged",
                                      "handled batch", "session refreshed"]))) for _ in few(0.1)]
    own = rec["served"][row, s].sum() * rec["own_fail"][row, s].mean() * step
    lines += [("ERROR", "request failed: internal error in handler") for _ in few(own)]
    if rec["restarts"][row, s] > 0:
        lines.append(("WARN", "starting up: previous run ended by signal 9"))
    if rec["disk"][row, s] > 0.97:
        lines.append(("ERROR", "write failed: no space left on device"))
    lines += [("WARN", "too many requests: limited") for _ in few(
        rec["limited"][row, s] * rec["lam"][row, s].sum() * step)]
    for e in case.draw.out[s]:
        name = world.services[world.edges[e].dst].name
        tried, value = rec["attempts"][row, e] * step, lambda key: rec[key][row, e]
        rest = max(0, value("attempt_fail") - value("timed_out") - value("block"))
        lines += [("WARN", f"call to {name} timed out") for _ in few(tried * value("timed_out"))]
        lines += [("ERROR", f"call to {name} failed: handshake: certificate has expired")
                  for _ in few(tried * value("block"))]
        lines += [("WARN", f"call to {name} failed: status 503") for _ in few(tried * rest)]
        if value("open") > 0.5:
            lines.append(("WARN", f"circuit breaker for {name} is open"))
    return lines


def write_logs(path, case, first):
    """JSON lines in the order of time; some services write none."""
    silent = ("third", "cache", "dns")
    writers = [s for s, service in enumerate(case.world.services)
               if service.kind not in silent and case.rng.random() < 0.85]
    lines = []
    for row in range(case.before + case.after):
        for s in writers:
            lines += [(first + (row + case.rng.random()) * case.step, s, *line)
                      for line in log_lines(case, s, row)]
    with open(path, "w") as file:
        for at, s, level, text in sorted(lines):
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".%03dZ" % (at % 1 * 1000)
            name = case.world.services[s].name
            file.write(json.dumps(dict(time=stamp, level=level, service=name, message=text),
                                  separators=(",", ":")) + "\n")
