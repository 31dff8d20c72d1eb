#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Systems of 40 to 70 services as a simulation of their queues shows them.

Made to judge answers on what `caus simulate` does not know: another simulator,
other faults, other names. Requests are processes that wait for workers,
processors of a shared node, disks, locks, pooled connections and callees, with
timeouts, retries and circuit breakers (queueing.py); services scale out, collect
garbage, run jobs and are short of what their neighbours take. What is measured
has the names of a mesh, of a cluster, of OpenTelemetry or of a virtual machine in
turn, some of it raw counters, with gaps, constants, and services of which little
is known. The root of a case is drawn from the services that get requests and can
have the fault. Every fourth case has traces, every fourth log lines.

usage: queues.py FOLDER COUNT [SEED [FAULT]]

makes cases of every fault in turn, or of one; "surge" is more requests from
outside, of which no service is the root. `run.py --queues COUNT --queue-seed SEED`
makes and scores them; fault and root do not depend on how answers come out.
"""
import csv
import json
import os
import random
import sys
import time

from queueing import KNOBS, WARM_S, System

FAULTS = ["cpu", "leak", "disk", "delay", "loss", "socket", "threads", "slow code",
          "failing code", "config", "removed", "flush", "lock", "retry storm", "killed",
          "dns"]
# Step in seconds, rows before the onset, rows after it.
WINDOWS = [(1, 600, 600), (5, 120, 30), (15, 60, 20), (1, 300, 60), (60, 40, 8),
           (5, 60, 60), (15, 40, 6), (1, 600, 200), (60, 30, 15), (5, 24, 12)]
REQUESTS = 9000      # that enter a system in all


# ---- faults ----

def can_have(fault, s):
    calls_web = any(c.kind != "cache" for c, _ in s.calls)
    return {"disk": s.kind == "db", "flush": s.kind == "cache",
            "config": calls_web, "dns": calls_web, "retry storm": calls_web,
            "leak": s.kind == "web", "lock": s.kind != "cache"}.get(fault, True)


def inject(system, s, fault, draw):
    set_to = s.knobs.update
    rate = max(system.rate * s.share, .01)
    most = .7 * s.pool.size / rate       # longer and workers run out
    {"cpu": lambda: set_to(slow=draw.uniform(4, 15), cores=draw.uniform(.5, 2)),
     "leak": lambda: set_to(leak=(s.limit - s.memory) / draw.uniform(30, 90)),
     "disk": lambda: set_to(disk=draw.uniform(15, 60)),
     "delay": lambda: set_to(delay=draw.uniform(.05, .6)),
     "loss": lambda: set_to(loss=draw.uniform(.1, .4)),
     "socket": lambda: set_to(refuse=draw.uniform(.2, .9)),
     "threads": lambda: (setattr(s.pool, "size", max(1, s.pool.size // 4)),
                         set_to(keep=draw.uniform(.9, 1.5) * s.pool.size / rate)),
     "slow code": lambda: set_to(extra=min(draw.uniform(.1, 1.5), 3 * most)),
     "failing code": lambda: set_to(fail=draw.uniform(.2, 1)),
     "config": lambda: set_to(timeout=.4 * max(c.usual_s for c, _ in s.calls)),
     "removed": lambda: set_to(down=True),
     "flush": lambda: set_to(miss=True),
     "lock": lambda: set_to(hold=draw.uniform(.8, 1.6) / rate),
     "retry storm": lambda: set_to(retries=6, timeout=.8 * max(c.usual_s for c, _ in s.calls)),
     "killed": lambda: (set_to(killed=1), setattr(s.pool, "size", max(1, s.pool.size // 3))),
     "dns": lambda: set_to(dns=draw.uniform(.2, 1.5)),
     "surge": lambda: setattr(system, "surge", draw.uniform(2, 4))}[fault]()


def heal(system, s):
    s.knobs.update(KNOBS)
    s.pool.size, system.surge = s.base, 1.0


# ---- what is measured ----

def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else None


class View:
    """The seconds of one service by steps."""

    def __init__(self, s, step):
        self.seen, self.step, self.kind, self.service = s.seen, step, s.kind, s
        self.steps = range(WARM_S, len(s.seen["count"]) - step + 1, step)

    def cut(self, name):
        return [self.seen[name][at:at + self.step] for at in self.steps]

    def rate(self, name, factor=1):
        return [None if None in c else factor * sum(c) / self.step for c in self.cut(name)]

    def total(self, name):
        """A counter that nobody has taken rates of."""
        so_far, found = 1000.0 * len(name), []
        for part in self.cut(name):
            so_far += sum(v or 0 for v in part)
            found.append(None if None in part else so_far)
        return found

    def last(self, name, factor=1):
        return [None if c[-1] is None else factor * c[-1] for c in self.cut(name)]

    def quantile(self, share, name="latency", factor=1):
        joined = [[v for part in c for v in part] for c in self.cut(name)]
        return [v and v * factor for v in (quantile(j, share) for j in joined)]

    def share(self, part, whole):
        pairs = [(sum(a), sum(b)) for a, b in zip(self.cut(part), self.cut(whole))]
        return [a / b if b else None for a, b in pairs]


def as_mesh(v):
    table = {"cpu": v.rate("cpu"), "mem": v.last("memory"), "diskio": v.rate("bytes"),
             "socket": v.last("sockets")}
    if v.kind == "web":
        table |= {"latency-50": v.quantile(.5), "latency-90": v.quantile(.9),
                  "error": v.rate("errors"), "workload": v.rate("count")}
    return table


def as_cluster(v):
    raw = v.service.raw
    table = {"container-cpu-usage-seconds-total": v.total("cpu") if raw else v.rate("cpu"),
             "container-memory-working-set-bytes": v.last("memory"),
             "container-spec-memory-limit-bytes": [v.service.limit] * len(v.steps),
             "container-fs-writes-bytes-total": v.total("bytes") if raw else v.rate("bytes"),
             "kube-pod-container-status-restarts-total": v.last("restarts")}
    if v.kind == "web":
        table |= {"istio-requests-total": v.total("count") if raw else v.rate("count"),
                  "istio-requests-5xx-total": v.total("errors") if raw else v.rate("errors"),
                  "istio-request-duration-milliseconds-p50": v.quantile(.5, factor=1e3),
                  "istio-request-duration-milliseconds-p99": v.quantile(.99, factor=1e3)}
    return table


def as_telemetry(v):
    table = {"process.cpu.utilization": v.rate("cpu"), "process.memory.usage": v.last("memory"),
             "system.disk.io_time": v.rate("disk_s")}
    if v.kind == "cache":
        table["cache.hit_ratio"] = [None if m is None else 1 - m for m in
                                    v.share("misses", "count")]
    if v.service.calls:
        table |= {"http.client.request.duration.p95": v.quantile(.95, "wait"),
                  "http.client.timeouts": v.rate("timeouts"),
                  "db.client.connection.pending_requests": v.last("pending")}
    if v.kind == "web":
        table |= {"http.server.request.duration.p95": v.quantile(.95),
                  "http.server.request.rate": v.rate("count"),
                  "http.server.error_ratio": v.share("errors", "count"),
                  "http.server.active_requests": v.last("busy")}
    return table


def as_machine(v):
    if v.kind == "db":
        return {"mysql_global_status_threads_running": v.last("busy"),
                "mysql_global_status_questions": v.rate("count"),
                "node_disk_io_time_seconds": v.rate("disk_s"), "cpuUsage": v.rate("cpu", 100)}
    if v.kind == "cache":
        return {"redis_keyspace_hits": v.rate("hits"), "redis_keyspace_misses": v.rate("misses"),
                "redis_connected_clients": v.last("sockets"),
                "redis_memory_used_bytes": v.last("memory")}
    return {"http_server_requests_seconds_avg": v.quantile(.5),
            "http_server_requests_seconds_max": v.quantile(1),
            "http_server_requests_count": v.rate("count", v.step),
            "http_server_requests_status_5xx": v.rate("errors", v.step),
            "jvm_memory_used_bytes": v.last("memory"), "jvm_gc_pause_seconds_sum": v.rate("gc"),
            "jvm_threads_live_threads": v.last("sockets"), "process_cpu_usage": v.rate("cpu"),
            "tomcat_threads_busy": v.last("busy"), "executor_queued_tasks": v.last("queue"),
            "hikaricp_connections_active": v.last("links"),
            "hikaricp_connections_pending": v.last("pending"),
            "resilience4j_retry_calls": v.rate("retries")}


def measure(system, draw, step, convention):
    """Columns with what monitoring loses: services, measures, stretches, values."""
    table = {}
    for s in system.services:
        s.raw = convention is as_cluster and draw.random() < .5
        little, nothing = draw.random() < .15, s.kind != "web" and draw.random() < .1
        for name, values in convention(View(s, step)).items():
            if nothing or draw.random() < (.6 if little else .04):
                continue
            lost = range(0)
            if draw.random() < .03:
                first = draw.randrange(len(values))
                lost = range(first, first + max(2, len(values) // 12))
            table[f"{s.name}_{name}"] = [
                None if row in lost or draw.random() < .005 else v
                for row, v in enumerate(values)]
    return table


# ---- cases ----

def find_symptom(table, before, rows):
    """Of what users see, that which is furthest off."""
    best, most = None, 0
    for name, values in table.items():
        if not name.startswith("gateway_") or not any(
                w in name for w in ("latency-90", "p9", "server.request.d", "max", "error",
                                    "5xx")) or "client" in name or "total" in name:
            continue
        old = sorted(v for v in values[:before] if v is not None)
        new = sorted(v for v in values[before:rows] if v is not None)
        if len(old) > 4 and new:
            wide = old[int(.9 * len(old))] - old[len(old) // 10] or 1e-3
            off = (new[len(new) // 2] - old[len(old) // 2]) / wide
            best, most = (name, off) if off > most else (best, most)
    return best


def write_table(path, head, rows):
    with open(path, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(head)
        out.writerows(rows)


def write_spans(path, system, begin, begun):
    """Ids are of their trace; what was not over at the end is not known."""
    spans = [(int(s[3] >= begun), s[0], i, s[1], s[2], "handle",
              int((begin + s[3]) * 1e6), int(s[4] * 1e6))
             for i, s in enumerate(system.spans) if s[4] is not None and s[3] >= WARM_S]
    write_table(path, "phase trace span parent service operation start_us duration_us".split(),
                spans)


def write_lines(path, system, begin):
    with open(path, "w") as file:
        for at, service, severity, text in system.lines:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(begin + at))
            print(json.dumps(dict(time=f"{stamp}.{int(at % 1 * 1000):03}Z", service=service,
                                  severity=severity, message=text)), file=file)


def make(number, seed, target, fault=None):
    """Writes one system in the layout of a set."""
    draw = random.Random(seed)
    fault, (step, before, after) = fault or FAULTS[number % len(FAULTS)], draw.choice(WINDOWS)
    onset, lasts = WARM_S + before * step, after * step * draw.choice([1, 1, 1, .6])
    end = onset + after * step
    able = []
    while not able:                      # few systems have no cache that is used
        system = System(draw, draw.randint(40, 70), REQUESTS / end)
        able = [s for s in system.services[1:] if can_have(fault, s) and s.share > .05]
    told = (number // 4 + number // 16) % 4    # any fault and names may have them
    system.spans = [] if told == 1 else None
    system.lines = [] if told == 2 else None
    root = draw.choice(able)
    system.clock.start(system.tick())
    system.clock.start(system.enter())
    begun = onset - draw.uniform(0, step / 2)
    system.clock.run(begun)
    inject(system, root, fault, draw)
    system.clock.run(onset + lasts)
    heal(system, root)
    system.clock.run(end + 1)
    begin = 1761000000 + seed % 1000 * 3600 - WARM_S
    convention = [as_mesh, as_cluster, as_telemetry, as_machine][(number + number // 16) % 4]
    table = measure(system, draw, step, convention)
    rows = before + after
    write_table(os.path.join(target, "metrics.csv"), ["time", *table],
                ([begin + WARM_S + (row + 1) * step,
                  *("" if v[row] is None else f"{v[row]:.6g}" for v in table.values())]
                 for row in range(rows)))
    calls = [(s.name, c.name) for s in system.services for c, _ in s.calls]
    write_table(os.path.join(target, "graph.csv"), ["src", "dst"],
                [c for c in calls if draw.random() > .03])
    if system.spans is not None:
        write_spans(os.path.join(target, "traces.csv"), system, begin, begun)
    if system.lines is not None:
        write_lines(os.path.join(target, "logs.jsonl"), system, begin)
    slo = find_symptom(table, before, rows) if draw.random() < .5 else None
    with open(os.path.join(target, "truth.json"), "w") as file:
        json.dump(dict(service="" if fault == "surge" else root.name, fault=fault, slo=slo,
                       inject_time=round(begin + begun, 1), baseline_shift_s=0,
                       names=convention.__name__, step=step, before=before, after=after), file)


def make_as_asked(usage, letter, make_one):
    """What these programs do on a command line; `make_one` writes one system."""
    if len(sys.argv) < 3:
        print(usage)
        return 2
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    for number in range(int(sys.argv[2])):
        target = os.path.join(sys.argv[1], f"{letter}{number:04}")
        os.makedirs(target, exist_ok=True)
        make_one(number, seed + number, target, sys.argv[4] if len(sys.argv) > 4 else None)
    return 0


if __name__ == "__main__":
    sys.exit(make_as_asked(__doc__, "q", make))
