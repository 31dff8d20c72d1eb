#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records incidents of the stack in tools/incident, several at once, and writes
each as a case in the layout that run.py reads.

usage: record.py record --dir D --first I --count N   runs N incidents of the plan
       record.py case --dir D --out FOLDER            writes those in D that FOLDER lacks
       record.py plan                                 prints the plan

`record` leaves one folder an incident in D, and needs what tools/record-incident
needs. Give it real-time priority where others load the machine (chrt -r 10).
"""
import argparse
import bisect
import collections
import csv
import io
import itertools
import json
import math
import os
import random
import subprocess
import sys
import time
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDER = os.path.join(HERE, "..", "..", "tools", "record-incident")
STEP_S = 5
MINUTES = {"--healthy-min": "12", "--fault-min": "4.5", "--after-min": "1"}
WARMUP_S = 75
KEPT_TRACES = 100  # before the fault, and as many since
LONGEST_GAP_MS = 3000  # between two of the rows a process writes each second
LATE_MS, LATE_SHARE = 50, .01  # so many rows of the fault late by that: a second incident
LATE_ROWS = 3  # so many within a step, of 35, in healthy time: the machine was taken away

PLAN = [(service, kind) for kinds in zip(
    ["errors", "cpu", "calls", "leak", "crash"],
    ["delay", "workers", "errors", "pause", "leak"],
    ["pool", "errors", "crash", "workers", "delay"],
    ["workers", "leak", "errors", "calls", "delay"],
    ["cache-miss", "crash", "delay", "errors", "pause"],
    ["workers", "delay", "cpu", "errors", "crash"])
    for service, kind in zip(
        ["checkout", "inventory", "payment", "auth", "cache", "ledger"], kinds)]
SLIGHT_FROM = 16  # the last ones are at most as large as the least of the others

# Work of a request in ms, and what the size of the bounded pools is.
WORK_MS = {"checkout": 15, "inventory": 45, "payment": 20, "auth": 104, "cache": 10,
           "ledger": 75}
PLACES = {"checkout": 240, "payment": 12, "auth": 16}


class System:
    """Sizes drawn for one incident, so that no two are of one system."""

    def __init__(self, number):
        draw = self.draw = random.Random(number)
        self.slight = number >= SLIGHT_FROM
        self.rate = round(draw.uniform(26, 46), 1)
        self.work = {s: w * draw.uniform(.7, 1.4) for s, w in WORK_MS.items()}
        hold = dict(self.work)  # how long a request keeps a worker
        hold["auth"] += 2.5 * hold["cache"]
        hold["payment"] += hold["auth"]
        hold["checkout"] += hold["payment"] + hold["inventory"]
        self.busy = {s: self.rate * h / 1000 for s, h in hold.items()}
        spare = {"inventory": (3, 9), "payment": (4, 7), "auth": (1.5, 2), "cache": (6, 20),
                 "ledger": (1.3, 1.8)}
        self.workers = {s: math.ceil(self.busy[s] * draw.uniform(*spare[s])) for s in spare}
        self.workers["checkout"] = 256

    def options(self):
        for service in WORK_MS:
            words = f"{service} --work-ms {self.work[service]:.1f}"
            if service == "cache":
                words += f" --miss-ms {8 * self.work[service]:.1f}"
            yield f"{words} --workers {self.workers[service]}"

    def size(self, service, kind):
        """Of a fault that seldom brings everything down."""
        share = self.draw.random()

        def between(low, high):
            if self.slight:
                low, high = low / 3, low
            return low + share * (high - low)

        if kind == "workers":  # fewer are left than are busy, or hardly enough
            left = 1.0 + .3 * share if self.slight else .6 + .35 * share
            return self.workers[service] - math.ceil(self.busy[service] * left)
        if kind == "pool":
            callee = {"checkout": "payment", "payment": "auth", "auth": "cache"}[service]
            left = 1.0 + .3 * share if self.slight else .5 + .3 * share
            return round(1 - self.busy[callee] * left / PLACES[service], 3)
        slower = max(50, self.work[service])
        return round({"delay": between(.8, 2) * slower, "errors": between(.06, .3),
                      "calls": between(1.5, 4), "cpu": between(5, 9),
                      "leak": between(1, 3) * slower, "cache-miss": between(.6, 1),
                      "pause": between(2, 4), "crash": between(8, 20)}[kind], 3)

    def ramp_s(self, kind):
        return 240 if kind == "leak" else self.draw.choice([0, 20, 60])


def folder_of(options, number):
    return os.path.join(options.dir, "%02d-%s-%s" % ((number,) + PLAN[number]))


def start(options, number):
    service, kind = PLAN[number]
    system = System(number)
    command = [RECORDER, "run", "--dir", folder_of(options, number), "--seed",
               str(1000 + number), "--service", service, "--fault", kind, "--size",
               str(system.size(service, kind)), "--ramp-s", str(system.ramp_s(kind)),
               "--rate", str(system.rate), "--warmup-s", str(WARMUP_S)]
    for name, value in MINUTES.items():
        command += [name, value]
    for words in system.options():
        command += ["--set", words]
    print(" ".join(command[1:]), flush=True)
    os.makedirs(folder_of(options, number), exist_ok=True)
    with open(os.path.join(folder_of(options, number), "run.log"), "w") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def record(options):
    running = []
    for number in range(options.first, min(options.first + options.count, len(PLAN))):
        running.append((number, start(options, number)))
        time.sleep(7)  # two stacks never scrape, start or fail in step
    failed = [number for number, child in running if child.wait() != 0]
    if failed:
        sys.exit(f"not recorded: {failed}; see run.log in their folders")


# --- cases ------------------------------------------------------------------


class Server:
    """The two servers of a recording, started again."""

    def __init__(self, folder):
        self.child = subprocess.Popen([RECORDER, "serve", "--dir", folder],
                                      stdout=subprocess.PIPE, text=True)
        words = dict(self.child.stdout.readline().split() for _ in range(2))
        self.prometheus, self.clickhouse = words["prometheus"], words["clickhouse"]

    def samples(self, start_s, end_s):
        """Raw samples: {labels: [(time, value)]}."""
        words = urllib.parse.urlencode({"query": '{service!=""}[%ds]' % (end_s - start_s),
                                        "time": end_s})
        with urllib.request.urlopen(f"{self.prometheus}/api/v1/query?{words}") as answer:
            rows = json.load(answer)["data"]["result"]
        return [(r["metric"], [(t, float(v)) for t, v in r["values"]]) for r in rows]

    def rows(self, query):
        request = urllib.request.Request(self.clickhouse, (query + " FORMAT TSV").encode())
        with urllib.request.urlopen(request) as answer:
            return [line.split("\t") for line in answer.read().decode().splitlines()]

    def stop(self):
        self.child.terminate()
        self.child.wait()


def changes(samples):
    """What a counter counted between two scrapes, a restart being a new start."""
    return [(t, b - a if b >= a else b, t - s)
            for (s, a), (t, b) in zip(samples, samples[1:])]


def quantile(counts, share):
    """As Prometheus' histogram_quantile: {upper bound: how many up to it}."""
    bounds = sorted(counts)
    total = counts[bounds[-1]]
    if total <= 0:
        return None
    at = next(i for i, b in enumerate(bounds) if counts[b] >= share * total)
    if math.isinf(bounds[at]):
        return bounds[at - 1]
    low = bounds[at - 1] if at else 0.0
    before = counts[bounds[at - 1]] if at else 0.0
    return low + (bounds[at] - low) * (share * total - before) / (counts[bounds[at]] - before)


COUNTERS = {"http_requests_total": "calls", "http_request_errors_total": "errors",
            "http_request_timeouts_total": "timeouts", "queue_rejected_total": "rejected",
            "process_cpu_seconds_total": "cpu", "pool_retries_total": "retries"}
GAUGES = {"queue_depth": "queue_depth", "worker_busy": "workers_busy",
          "pool_in_use": "in_use", "pool_waiters": "waiters", "ledger_backlog": "backlog",
          "outbox_depth": "outbox_depth", "cache_hit_ratio": "hit_ratio",
          "process_resident_memory_bytes": "memory"}


def column(labels, word):
    pool = labels.get("pool")
    return labels["service"] + "_" + (f"pool_{pool}_" if pool else "") + word


def table(series):
    """Columns of (time, value): rates of counters, gauges, latency quantiles.

    Nothing of the load generator: it stands for users, who export nothing.
    """
    columns, buckets = {}, collections.defaultdict(lambda: collections.defaultdict(dict))
    for labels, samples in series:
        name = labels["__name__"]
        if labels["service"] == "loadgen":
            continue
        if name in COUNTERS:
            columns[column(labels, COUNTERS[name])] = [
                (t, grown / gap) for t, grown, gap in changes(samples)]
        elif name in GAUGES:
            columns[column(labels, GAUGES[name])] = samples
        elif name == "http_request_duration_seconds_bucket":
            bound = float(labels["le"])
            for t, grown, _ in changes(samples):
                buckets[labels["service"]][t][bound] = grown
    for service, times in buckets.items():
        for word, share in (("latency_p50", .5), ("latency_p95", .95)):
            told = [(t, quantile(counts, share)) for t, counts in sorted(times.items())]
            columns[f"{service}_{word}"] = [(t, v) for t, v in told if v is not None]
    return columns


def write_metrics(path, columns, window, stalls):
    """A value at t is the one scraped in (t - step, t]; none leaves an empty cell."""
    start_s, end_s = window["start_ms"] / 1000, window["end_ms"] / 1000
    grid = range(math.ceil(start_s / STEP_S) * STEP_S, int(end_s) + 1, STEP_S)
    names = sorted(n for n, samples in columns.items() if len({v for _, v in samples}) > 1)
    cells = {n: [""] * len(grid) for n in names}
    for name in names:
        for t, value in columns[name]:
            at = bisect.bisect_left(grid, t)
            if at < len(grid) and grid[at] - t < STEP_S:
                cells[name][at] = "%.3g" % value
    with packed(path) as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["time"] + names)
        out.writerows([t] + [cells[n][i] for n in names] for i, t in enumerate(grid)
                      if not stalls.hold(t - STEP_S))


class packed:
    """A .zst text file."""

    def __init__(self, path):
        self.path, self.text = path, io.StringIO()

    def __enter__(self):
        return self.text

    def __exit__(self, *_):
        subprocess.run(["zstd", "--ultra", "-20", "-q", "-f", "-o", self.path],
                       input=self.text.getvalue().encode(), check=True)


SPAN = ("TraceId, SpanId, ParentSpanId, ServiceName, SpanName, intDiv(TimestampNs, 1000), "
        "intDiv(Duration, 1000), StatusCode")


def whole_traces(server, first_ms, last_ms):
    """About KEPT_TRACES of those in a time, each a list of rows in order of time."""
    within = f"TimestampNs >= {first_ms}000000 AND TimestampNs < {last_ms}000000"
    count = server.rows("SELECT uniqExact(TraceId) FROM otel_traces WHERE " + within)[0][0]
    every = max(1, int(count) // KEPT_TRACES)
    rows = server.rows(f"SELECT {SPAN} FROM otel_traces WHERE cityHash64(TraceId) % {every} = 0 "
                       f"AND {within} ORDER BY TraceId, TimestampNs, SpanId")
    return [list(spans) for _, spans in itertools.groupby(rows, key=lambda row: row[0])]


def write_traces(path, server, log, stalls):
    """Ids are numbered: those of a real tracer say nothing and cannot be packed."""
    parts = ((0, log["window"]["start_ms"], log["fault"]["start_ms"]),
             (1, log["fault"]["start_ms"], log["fault"]["end_ms"]))
    with packed(path) as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow("phase,trace,span,parent,service,operation,start_us,duration_us,"
                     "status".split(","))
        for phase, first_ms, last_ms in parts:
            for number, spans in enumerate(whole_traces(server, first_ms, last_ms)):
                ids = {row[1]: i for i, row in enumerate(spans)}
                if any(stalls.hold(int(row[5]) / 1e6) for row in spans):
                    continue
                out.writerows([phase, number, ids[row[1]], ids.get(row[2], -1)] + row[3:]
                              for row in spans)


def write_logs(path, server, log, stalls):
    lines = server.rows(
        "SELECT intDiv(TimestampNs, 1000), ServiceName, SeverityText, Body FROM otel_logs WHERE "
        f"TimestampNs >= {log['window']['start_ms']}000000 AND TimestampNs < "
        f"{log['window']['end_ms']}000000 ORDER BY TimestampNs, ServiceName, Body")
    with packed(path) as file:
        for at_us, service, level, message in lines:
            if stalls.hold(int(at_us) / 1e6):
                continue
            whole, part = divmod(int(at_us), 10 ** 6)
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
            file.write(json.dumps({"time": f"{stamp}.{part // 1000:03d}Z", "service": service,
                                   "level": level, "message": message},
                                  separators=(",", ":")) + "\n")


def gaps_of(folder, log):
    """(time of a row in ms, ms since the one before) of the rows that each process writes
    once a second. A process that the fault stops is not asked."""
    fault = log["fault"]
    stopped = fault["service"] if fault["type"] in ("pause", "crash") else None
    gaps = []
    for name in os.listdir(os.path.join(folder, "samples")):
        if name == f"{stopped}.tsv":
            continue
        with open(os.path.join(folder, "samples", name)) as file:
            times = [int(line.split("\t", 1)[0]) for line in file if line[0].isdigit()]
        gaps += [(b, b - a) for a, b in zip(times, times[1:])]
    return gaps


class Stalls:
    """What other programs did to the machine meanwhile, told by rows that came late."""

    def __init__(self, folder, log):
        gaps = gaps_of(folder, log)
        self.start_s = log["fault"]["start_ms"] / 1000
        self.longest_ms = max(g for _, g in gaps)
        late = [g > 1000 + LATE_MS for t, g in gaps if t / 1000 >= self.start_s]
        self.late_share = sum(late) / len(late)
        at = collections.Counter(t // (1000 * STEP_S) for t, g in gaps if g > 1000 + LATE_MS)
        self.slots = {slot + k for slot, n in at.items() if n >= LATE_ROWS for k in range(-1, 4)}

    def spoil(self):
        """Whether the fault is not the only cause."""
        return self.longest_ms > LONGEST_GAP_MS or self.late_share > LATE_SHARE

    def hold(self, time_s):
        """Whether this healthy moment was not the system's own doing."""
        return time_s < self.start_s and int(time_s // STEP_S) in self.slots


def truth_of(log, stalls):
    fault = log["fault"]
    felt = {s["name"]: s["after_s"] for s in log["symptoms"] if s["after_s"] is not None}
    return {"service": fault["service"], "fault": fault["type"], "size": fault["size"],
            "ramp_s": fault["ramp_s"], "inject_time": fault["start_ms"] / 1000,
            "end_time": fault["end_ms"] / 1000, "felt": felt, "slo": None,
            "baseline_shift_s": 0, "rate_per_s": log["rate_per_s"], "seed": log["seed"],
            "set": {role: words.strip() for role, words in log["set"].items()},
            "versions": log["versions"], "longest_gap_ms": stalls.longest_ms,
            "late_share": round(stalls.late_share, 5)}


def write_case(folder, target):
    with open(os.path.join(folder, "injection.json")) as file:
        log = json.load(file)
    fault, window = log["fault"], log["window"]
    stalls = Stalls(folder, log)
    if stalls.spoil():
        print(f"{folder}: rows up to {stalls.longest_ms} ms apart, {stalls.late_share:.2%} "
              f"late; record it again", file=sys.stderr)
        return
    os.makedirs(target, exist_ok=True)
    server = Server(folder)
    try:
        start_s, end_s = window["start_ms"] / 1000, window["end_ms"] / 1000
        series = server.samples(int(start_s) - 4 * STEP_S, int(end_s))
        write_metrics(os.path.join(target, "metrics.csv.zst"), table(series), window, stalls)
        write_traces(os.path.join(target, "traces.csv.zst"), server, log, stalls)
        write_logs(os.path.join(target, "logs.jsonl.zst"), server, log, stalls)
    finally:
        server.stop()
    with open(os.path.join(target, "graph.csv"), "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [("src", "dst")] + [tuple(pair) for pair in log["call_graph"]])
    with open(os.path.join(target, "truth.json"), "w") as file:
        json.dump(truth_of(log, stalls), file, indent=1, sort_keys=True)
        file.write("\n")


def write_cases(options):
    for name in sorted(os.listdir(options.dir)):
        folder = os.path.join(options.dir, name)
        target = os.path.join(options.out, name)
        if os.path.exists(os.path.join(folder, "injection.json")) and not os.path.exists(
                os.path.join(target, "truth.json")):
            write_case(folder, target)


def print_plan(_):
    for number, (service, kind) in enumerate(PLAN):
        system = System(number)
        print(number, service, kind, system.size(service, kind), f"ramp {system.ramp_s(kind)} s",
              f"{system.rate}/s", system.workers)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["record", "case", "plan"])
    parser.add_argument("--dir")
    parser.add_argument("--out")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=6)
    options = parser.parse_args()
    {"record": record, "case": write_cases, "plan": print_plan}[options.what](options)


if __name__ == "__main__":
    main()
