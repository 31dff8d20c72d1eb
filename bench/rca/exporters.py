#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shops of 40 to 80 services as the exporters around them show them.

Made to judge answers on what the other simulators do not show: faults on the way to
a service, which only its callers see; nodes that are shared; queues between services;
third parties that nobody measures. Rates and latencies are those of fluid.py, what
goes wrong is in faults.py. What is measured has the names of a mesh, of libraries, of
OpenTelemetry, of public sets or of a vendor as chance will have it, some of it raw
counters that restarts begin anew, with gaps, and services of which little is known.

usage: exporters.py FOLDER COUNT [SEED [FAULT]]

makes cases of every fault in turn, or of one. `run.py --exporters COUNT
--exporters-seed SEED` makes and scores them; fault and root do not depend on how
answers come out. Needs numpy; exits 77 without.
"""
import functools
import json
import math
import os
import random
import sys

try:
    import numpy as np
except ImportError:
    print("numpy is not installed")
    sys.exit(77)

from faults import FAULTS, Incident, can_have, draw_changes
from fluid import WINDOWS, System, draw_times
from queues import make_as_asked, write_table

BEGIN = 1_795_000_000
MESH_BUCKETS = [.0005, .001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30]
BUCKETS = [.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10]
# Words of what a service tells of its requests, and of these what users feel.
ABOUT_REQUESTS = ["duration", "latency", "5xx", "error", "requests_seconds", "handling", "handled",
                  "hits", "apdex", "requests_total"]
FELT = ["duration", "latency", "5xx", "error", "requests_seconds_p", "requests_seconds_max",
        "handling", "internal", "Internal"]
# Told by others than the service, also while it is down.
OBSERVED = ("kube", "istio")


# ---- what is measured ----

class View:
    """One service by rows."""

    def __init__(self, s, times, noise, raw):
        self.s, self.times, self.noise, self.raw = s, times, noise, raw
        self.is_store = s.kind in ("db", "cache", "broker")
        self.is_served = s.kind in ("web", "gateway")
        self.asks_db = any(c.callee.kind == "db" for c in s.calls)
        self.rows, self.step_s, shape = times.rows, times.step_s, (times.rows, times.per_row)
        load = s.load.reshape(shape).mean(1)
        self.load, self.count = load, noise.poisson(np.maximum(load * self.step_s, 0))
        weight = np.maximum(s.load.reshape(*shape, 1), 1e-9)
        failed = s.failed.reshape(*shape, -1).mean(2, keepdims=True)
        share = (failed * weight).sum((1, 2)) / weight.sum((1, 2))
        self.errors = noise.binomial(self.count, np.clip(share, 0, 1))
        self.took = s.took.reshape(self.rows, -1)

    def by_row(self, values):
        return values.reshape(self.rows, self.times.per_row)

    def row(self, values):
        return self.by_row(values).mean(1)

    def knob(self, name):
        return self.row(self.s.knobs[name])

    def last(self, values):
        return self.by_row(values)[:, -1]

    def jitter(self, deviation):
        return self.noise.normal(0, deviation, self.rows)

    @functools.cached_property
    def seen(self):
        """Sorted latencies of a row, no more than requests, and their number."""
        size = self.took.shape[1]
        order = self.noise.permuted(np.tile(np.arange(size), (self.rows, 1)), axis=1)
        count = np.minimum(self.count, size)
        took = np.where(np.arange(size) < count[:, None],
                        np.take_along_axis(self.took, order, 1), np.inf)
        return np.sort(took, 1), count

    def quantile(self, share, factor=1.):
        took, count = self.seen
        last = np.maximum(count - 1, 0)
        at = share * last
        low = np.floor(at).astype(int)
        a, b = (np.take_along_axis(took, i[:, None], 1)[:, 0]
                for i in (low, np.minimum(low + 1, last)))
        with np.errstate(invalid="ignore"):
            return np.where(count > 0, a + (b - a) * (at - low), np.nan) * factor

    def bucketed(self, share, buckets, factor=1.):
        """A quantile of a histogram, between its bounds."""
        took, count = self.seen
        bounds, want = np.array([0., *buckets]), share * count
        below = np.stack([(took <= b).sum(1) for b in bounds], 1).astype(float)
        at = np.clip((below < want[:, None]).sum(1), 1, len(bounds) - 1)
        least, most = (np.take_along_axis(below, i[:, None], 1)[:, 0] for i in (at - 1, at))
        part = np.where(most > least, (want - least) / np.maximum(most - least, 1e-9), 1.)
        found = bounds[at - 1] + (bounds[at] - bounds[at - 1]) * np.clip(part, 0, 1)
        return np.where(count > 0, found, np.nan) * factor

    def mean(self):
        took, count = self.seen
        total = np.where(np.isfinite(took), took, 0).sum(1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def total(self, added, restarts=True):
        so_far = np.cumsum(added) + self.noise.uniform(1e2, 1e5)
        for row in self.s.restarts if restarts else ():
            if 0 < row < self.rows:
                so_far[row:] -= so_far[row - 1]
        return so_far

    def per_s(self, added):
        """As a counter that nobody has taken rates of, or as a rate."""
        return self.total(added) if self.raw else added / self.step_s

    def cpu(self):
        busy = self.row(self.s.cpu_use) * np.exp(self.jitter(.02))
        return busy + .003 + self.knob("hog") * self.s.nodes[0].cores

    def cpu_share(self):
        return self.cpu() / (self.s.cores * self.s.replicas)

    def memory(self):
        s, used = self.s, self.s.memory * (1 + .01 * self.row(self.s.mood))
        if s.engine == "java":
            every = max(4, int(s.collect_s / self.step_s))
            used = used * (1 + .12 * ((np.arange(self.rows) + s.collect_at) % every) / every)
        used = used + self.knob("leak") * s.memory + self.row(s.busy) * 2e5
        used = used * np.exp(self.jitter(.004))
        for row in s.restarts:
            used[row:row + 6] *= np.linspace(.6, .95, 6)[:max(0, self.rows - row)]
        return np.minimum(used, s.limit * 1.02)

    def collected(self):
        """Seconds of a row that collecting garbage takes."""
        usual = self.count * 1e-5 * self.step_s + self.noise.exponential(.01, self.rows)
        return usual + self.knob("leak") ** 2 * .5 * self.step_s

    def throttled(self):
        over = np.clip(self.row(self.s.use), 0, 2) - .85
        return np.clip(1 / (1 + np.exp(-over * 14)) + .002 + self.jitter(.002), 0, 1)

    def active(self):
        drawn = self.noise.poisson(np.maximum(self.last(self.s.busy), 0))
        return np.round(np.minimum(drawn, self.row(self.s.size)))

    def pending(self):
        return self.noise.poisson(np.clip(self.last(self.s.pending), 0, 1e6)).astype(float)

    def used(self, each, idle=0):
        """What of each request at work there are so many."""
        return np.round(idle + self.row(self.s.busy) * each)

    def received(self):
        return self.count * 1500. * (1 + .02 * self.noise.normal(size=self.rows))

    def disk_busy(self):
        busy = np.clip(self.load * self.s.disk_s * self.knob("disk") + .01, 0, 1)
        return busy * np.exp(self.jitter(.05))

    def missed(self):
        """Reads of a cache that find nothing."""
        hit = np.clip(self.s.hit * self.s.knobs["hit"], 0, 1)
        return self.noise.binomial(self.count, np.clip(self.row(1 - hit), 0, 1))

    def evicted(self):
        return self.noise.poisson(np.maximum(0, (1 - self.knob("hit")) * self.count))

    def lag(self):
        return np.round(self.last(self.s.lag) + self.noise.poisson(5, self.rows))

    def asked(self):
        """How long calls take, at the caller; None where most rows have none."""
        took = [c.took.reshape(self.rows, -1) for c in self.s.calls
                if c.callee.kind in ("web", "third")]
        took = np.concatenate(took, 1) if took else np.full((self.rows, 1), np.nan)
        known = np.isfinite(took).any(1)
        found = np.full(self.rows, np.nan)
        if known.any():
            found[known] = np.nanquantile(took[known], .95, axis=1)
        return found if known.mean() > .5 else None


def named(prefix, table):
    return {prefix + name: values for name, values in table.items()}


def container(v):
    s = v.s
    if v.raw:
        table = {"cpu_usage_seconds_total": v.total(v.cpu() * v.step_s),
                 "cpu_cfs_throttled_periods_total":
                 v.total(np.round(v.throttled() * 10 * v.step_s)),
                 "network_receive_bytes_total": v.total(v.received()),
                 "fs_writes_bytes_total": v.total(v.count * 200. * (1 + s.disk_s * 50))}
    else:
        table = {"cpu_usage_seconds_total": v.cpu(), "cpu_cfs_throttled_ratio": v.throttled(),
                 "network_receive_bytes": v.received() / v.step_s}
    table["memory_working_set_bytes"] = v.memory()
    restarts = np.full(v.rows, float(v.noise.integers(0, 5)))
    ready = np.full(v.rows, float(s.replicas))
    for row in s.restarts:
        restarts[row:] += 1
        ready[row:row + max(1, int(20 / v.step_s))] = s.replicas - 1
    return named("container_", table) | {
        "kube_pod_container_status_restarts_total": restarts,
        "kube_deployment_status_replicas_available":
        np.maximum(0, ready - np.round(v.knob("down")))}


def of_redis(v):
    count, missed = v.count, v.missed()
    return named("redis_", {
        "commands_processed_total": v.per_s(count), "keyspace_hits_total": v.per_s(count - missed),
        "keyspace_misses_total": v.per_s(missed), "memory_used_bytes": v.memory(),
        "connected_clients": np.round(20 + v.row(v.s.busy) * 3 + v.jitter(1)),
        "evicted_keys_total": v.per_s(v.evicted()),
        "commands_duration_seconds_total": v.per_s(np.nan_to_num(v.mean()) * count),
        "blocked_clients": np.zeros(v.rows)})


def of_broker(v):
    topics = {"server_brokertopicmetrics_messagesin_total": v.per_s(v.count),
              "network_requestmetrics_totaltimems_p99": v.quantile(.99, 1e3),
              "server_replicamanager_underreplicatedpartitions": np.zeros(v.rows)}
    if v.s.engine == "kafka":
        return named("kafka_", topics)
    lag = sum((v.last(c.lag) for c in v.s.takers), np.zeros(v.rows))
    return named("rabbitmq_", {
        "queue_messages_ready": np.round(lag + v.noise.poisson(3, v.rows)),
        "queue_messages_published_total": v.per_s(v.count),
        "connections": np.full(v.rows, 30.)})


def of_pg(v):
    locks = v.noise.poisson(3 + np.minimum(200, v.knob("lock") * v.load))
    return named("pg_", {
        "stat_activity_count_active": v.active(), "stat_activity_count_waiting": v.pending(),
        "locks_count": locks, "stat_database_xact_commit": v.per_s(v.count - v.errors),
        "stat_database_xact_rollback": v.per_s(v.errors),
        "stat_database_blks_read": v.per_s(v.count * v.s.disk_s * 300),
        "stat_database_blks_hit": v.per_s(v.count * 40.),
        "stat_activity_max_tx_duration_seconds": v.quantile(.99) * 3,
        "replication_lag_seconds": np.abs(v.noise.normal(.05, .02, v.rows)) * v.knob("disk")})


def of_mysql(v):
    count, lock, poisson = v.count, v.knob("lock"), v.noise.poisson
    status = {
        "threads_running": v.active() + 1, "threads_connected": v.used(1, 30),
        "questions": v.per_s(count),
        "slow_queries": v.per_s(v.noise.binomial(count, (v.took > 1).mean(1))),
        "innodb_row_lock_waits": v.per_s(poisson(.02 * count + np.minimum(1, lock * 5) * count)),
        "innodb_row_lock_time": v.per_s(lock * 1e3 * count + poisson(2, v.rows))}
    return named("mysql_global_status_", status) | {
        "mysql_slave_status_seconds_behind_master": np.zeros(v.rows)}


def of_mongo(v):
    locked = np.minimum(100, v.knob("lock") * v.load)
    return named("mongodb_", {
        "connections_current": v.used(1, 40), "op_counters_total": v.per_s(v.count),
        "mongod_op_latencies_latency_total": v.per_s(np.nan_to_num(v.mean()) * 1e6 * v.count),
        "mongod_global_lock_current_queue":
        v.pending() + np.minimum(300, v.noise.poisson(locked))})


STORES = {"redis": of_redis, "kafka": of_broker, "rabbitmq": of_broker, "pg": of_pg,
          "mysql": of_mysql, "mongo": of_mongo}


def store(v):
    """What the exporter of a database, cache or broker tells, and its machine's."""
    table, disk = STORES[v.s.engine](v), v.knob("disk")
    if v.s.kind == "db" and v.raw:
        table["node_disk_io_time_seconds_total"] = v.total(v.disk_busy() * v.step_s, False)
        table["node_disk_read_time_seconds_total"] = v.total(disk * .002 * v.count * .3, False)
    elif v.s.kind == "db":
        table["node_disk_io_time_seconds_total"] = v.disk_busy()
        table["node_disk_io_await_ms"] = disk * 2 * np.exp(v.jitter(.1))
    return table


def backlog(v, name="kafka_consumergroup_lag"):
    return {name: v.lag()} if v.s.kind == "consumer" else {}


def as_mesh(v):
    table = container(v)
    if v.is_store:
        return table | store(v)
    if v.is_served:
        failed = "istio_requests_5xx_total" if v.raw else "istio_requests_5xx"
        table |= {"istio_requests_total": v.per_s(v.count), failed: v.per_s(v.errors)}
        table |= named("istio_request_duration_milliseconds_", {
            "p50": v.bucketed(.5, MESH_BUCKETS, 1e3), "p99": v.bucketed(.99, MESH_BUCKETS, 1e3)})
    return table | backlog(v)


def of_java(v):
    s, busy = v.s, v.row(v.s.busy)
    table = {"process_cpu_usage": v.cpu_share(), "jvm_memory_used_bytes": v.memory(),
             "jvm_gc_pause_seconds_sum": v.per_s(v.collected()),
             "jvm_threads_live_threads": np.round(40 + busy + s.replicas * 5),
             "jvm_threads_states_threads_blocked":
             np.round(v.noise.poisson(.3, v.rows) + v.knob("dead") * 40)}
    if v.asks_db:
        taken = np.minimum(v.row(s.size), busy * .5 + v.knob("leaked_pool"))
        table |= {"hikaricp_connections_active": np.round(taken),
                  "hikaricp_connections_pending": v.pending()}
    if v.is_served:
        told = "logback_events_error_total" if v.raw else "logback_events_total_error"
        table |= named("http_server_requests_", {
            "seconds_count": v.per_s(v.count),
            "seconds_sum": v.per_s(np.nan_to_num(v.mean()) * v.count),
            "seconds_max": v.quantile(1.), "seconds_p95": v.quantile(.95),
            "status_5xx_count": v.per_s(v.errors)})
        table |= {"tomcat_threads_busy_threads": v.active(),
                  told: v.per_s(v.noise.poisson(.05, v.rows) + v.errors)}
    return table


def of_served(v):
    if v.s.engine == "go":
        failed = "handled_internal_total" if v.raw else "handled_total_Internal"
        return named("grpc_server_", {
            "handled_total": v.per_s(v.count), failed: v.per_s(v.errors),
            "handling_seconds_p99": v.bucketed(.99, BUCKETS)})
    failed = "requests_5xx_total" if v.raw else "requests_5xx"
    return named("http_", {
        "requests_total": v.per_s(v.count), failed: v.per_s(v.errors),
        "request_duration_seconds_p95": v.bucketed(.95, BUCKETS),
        "request_duration_seconds_p50": v.bucketed(.5, BUCKETS)})


def as_library(v):
    s, busy = v.s, v.row(v.s.busy)
    if v.is_store:
        return store(v) | {k: x for k, x in container(v).items() if "cpu" in k or "mem" in k}
    if s.engine == "java":
        return of_java(v) | backlog(v)
    table = {"process_cpu_seconds_total": v.per_s(v.cpu() * v.step_s),
             "process_resident_memory_bytes": v.memory(),
             "process_open_fds": np.round(60 + busy * 2 + v.jitter(1))}
    if s.engine in ("go", "envoy"):
        table |= {"go_goroutines": np.round(50 + busy * 3 + v.row(s.pending) * 2),
                  "go_memstats_heap_inuse_bytes": v.memory() * .7}
    if s.engine == "node":
        late = np.clip(v.row(s.use), 0, 2) ** 4 * .05
        table |= {"nodejs_eventloop_lag_p99_seconds": .01 + late * np.exp(v.jitter(.1)),
                  "nodejs_heap_size_used_bytes": v.memory() * .6}
    if v.is_served:
        table |= of_served(v)
    return table | backlog(v)


def as_telemetry(v):
    table = {"process.cpu.utilization": v.cpu_share(), "process.memory.usage": v.memory()}
    if v.is_store:
        return table | {k.replace("_", ".", 1): x for k, x in store(v).items()}
    if v.is_served:
        failed = np.where(v.count > 0, v.errors / np.maximum(v.count, 1), np.nan)
        table |= named("http.server.", {
            "request.duration.p95": v.quantile(.95), "request.duration.p50": v.quantile(.5),
            "request.count": v.count, "error_ratio": failed, "active_requests": v.active()})
    asked = v.asked()
    if asked is not None:
        table["http.client.request.duration.p95"] = asked
    if v.asks_db:
        table["db.client.connections.pending_requests"] = v.pending()
    table |= backlog(v, "messaging.kafka.consumer.lag")
    if v.s.kind == "consumer":
        table["messaging.process.duration.p95"] = v.quantile(.95)
    return table


def as_public_set(v):
    written = v.count * 300. * (1 + v.s.disk_s * 40) / v.step_s
    table = {"cpu": v.cpu(), "mem": v.memory(), "diskio": written * np.exp(v.jitter(.05)),
             "socket": np.round(15 + v.row(v.s.busy) * 2 + v.row(v.s.pending))}
    if v.s.kind != "broker":
        table |= {"workload": v.count / v.step_s, "error": v.errors / v.step_s,
                  "latency-50": v.quantile(.5), "latency-90": v.quantile(.9)}
    return table


def of_cloud(v):
    """What a cloud tells of the stores that it runs."""
    s, count = v.s, v.count
    if s.kind == "db":
        return {"CPUUtilization": 100 * v.cpu() / s.cores, "DatabaseConnections": v.used(1, 20),
                "ReadLatency": v.mean() * .6 * np.exp(v.jitter(.05)),
                "WriteLatency": v.mean() * np.exp(v.jitter(.05)),
                "DiskQueueDepth": v.disk_busy() * 4, "FreeableMemory": 4 * s.memory - v.memory(),
                "ReadIOPS": count / v.step_s * .4}
    missed = v.missed()
    return {"EngineCPUUtilization": 100 * v.cpu() / s.cores,
            "CacheHitRate": 100 * (1 - missed / np.maximum(count, 1)), "Evictions": v.evicted(),
            "CurrConnections": v.used(3, 20), "BytesUsedForCache": v.memory()}


def as_vendor(v):
    if v.s.kind in ("db", "cache"):
        return of_cloud(v)
    table = {"docker.cpu.usage": v.cpu() * 100, "docker.mem.rss": v.memory()}
    if v.s.kind == "broker":
        return table | store(v)
    if v.is_served:
        content = np.where(v.count > 0, (v.took < .5).mean(1), np.nan)
        table |= named("trace.http.request.", {
            "hits": v.count, "errors": v.errors, "duration.by.p95": v.quantile(.95),
            "duration.by.p99": v.quantile(.99), "apdex": content})
    return table | backlog(v, "kafka.consumer_lag")


CONVENTIONS = [as_mesh, as_library, as_telemetry, as_public_set, as_vendor]
HAS_COUNTERS = [as_mesh, as_library]


# ---- cases ----

class Recording:
    """What monitoring has of a system, by columns; each is of a service or a node."""

    def __init__(self, system, draw, noise):
        self.system, self.draw, self.times = system, draw, system.times
        self.columns, self.owners = {}, {}
        self.convention, self.raw = draw.choice(CONVENTIONS), draw.random() < .5
        self.raw = self.raw and self.convention in HAS_COUNTERS
        views = [View(s, self.times, noise, self.raw) for s in system.services]
        for view in views:
            if view.s.kind != "third":
                self.add_service(view)
        if draw.random() < .3:
            for node in system.nodes:
                self.add_node(node, noise)

    def add_service(self, view):
        """Of some services little is known, or nothing of their requests."""
        draw, s = self.draw, view.s
        little, nothing = draw.random() < .12, draw.random() < .08 and s.kind != "gateway"
        for name, values in self.convention(view).items():
            about_requests = any(w in name for w in ABOUT_REQUESTS)
            if (nothing if about_requests else little) or draw.random() < .03:
                continue
            self.columns[f"{s.name}_{name}"] = np.asarray(values, float)
            self.owners[f"{s.name}_{name}"] = s

    def add_node(self, node, noise):
        rows, shape = self.times.rows, (self.times.rows, self.times.per_row)
        busy = np.minimum(1, node.use).reshape(shape).mean(1)
        self.columns |= named(node.name + "_node_", {
            "cpu_utilization": busy * (1 + .01 * noise.normal(size=rows)),
            "load1": node.use.reshape(shape).mean(1) * node.cores,
            "memory_MemAvailable_bytes": 8e9 + np.cumsum(noise.normal(0, 1e7, rows))})

    def off(self, name, first, last):
        """How far a column is from what it was before, in deviations."""
        values = self.columns[name]
        again = len(self.owners[name].restarts)
        falls = np.count_nonzero(np.diff(values) < 0)
        if name.endswith("_total") or self.raw and name.endswith("_count") and falls <= again:
            values = np.diff(values, prepend=np.nan)
            values = np.where(values < 0, np.nan, values)
        old, new = values[:first], values[first + 1:last]
        old, new = old[np.isfinite(old)], new[np.isfinite(new)]
        if len(old) < 8 or len(new) < 2:
            return 0.
        usual = np.median(old)
        scale = max(1.4826 * np.median(abs(old - usual)), .5 * old.std(), .3 * new.std(),
                    .02 * abs(usual), 1e-9)
        return max(abs(np.median(new) - usual), abs(new.mean() - old.mean())) / scale

    def find_symptom(self, root, first, last):
        """What users of a gateway feel most; else what waits for a root that only takes."""
        reached, todo = {root}, [root]
        while todo:
            above = [c.caller for c in todo.pop().callers if not c.consumer]
            todo += [s for s in above if s not in reached]
            reached.update(above)
        best, most = None, 4
        for name, s in self.owners.items():
            if s.kind == "gateway" and s in reached and any(w in name for w in FELT):
                off = self.off(name, first, last)
                best, most = (name, off) if off > most else (best, most)
        waiting = [n for n, s in self.owners.items() if s is root and "lag" in n]
        return waiting[0] if not best and root.kind == "consumer" and waiting else best

    def lose(self):
        """Scrapes that fail, of all or of one; services that are late; who is down."""
        draw, rows, services = self.draw, self.times.rows, self.system.services
        gone = np.zeros(rows, bool)
        if draw.random() < .2:
            first = draw.randrange(rows - 10)
            gone[first:first + draw.randint(2, 8)] = True
        lost = {s: np.array([draw.random() < .004 for _ in range(rows)]) for s in services}
        late = {s: draw.randrange(rows // 2) if draw.random() < .03 else 0 for s in services}
        for name, values in self.columns.items():
            values[gone] = np.nan
            if name in self.owners:
                s = self.owners[name]
                values[lost[s]] = values[:late[s]] = np.nan
                if not name.split("_", 1)[1].startswith(OBSERVED):
                    down = s.knobs["down"].reshape(rows, self.times.per_row)
                    values[down.min(1) > 0] = np.nan

    def write(self, path):
        names = list(self.columns)
        self.draw.shuffle(names)
        columns = [[text(v) for v in self.columns[n].tolist()] for n in names]
        write_table(path, ["time", *names],
                    ([BEGIN + row * self.times.step_s, *values]
                     for row, values in enumerate(zip(*columns))))


def text(value):
    """Large whole numbers are told in full, as counters are."""
    if not math.isfinite(value):
        return ""
    short = abs(value) < 1e5 or value != int(value) and abs(value) < 1e9
    return f"{value:.6g}" if short else f"{value:.12g}"


def draw_graph(system, draw):
    """Calls as they are known: some not, and those of queues in one of two ways."""
    straight, known, seen = draw.random() < .5, [], set()
    for s in system.services:
        for c in s.calls:
            calls = [(s.name, c.callee.name)]
            if c.consumer:
                calls = ([(s.name, c.consumer.name)] if straight else
                         calls + [(c.consumer.name, c.callee.name)])
            known += [call for call in calls if call not in seen and draw.random() > .04]
            seen.update(calls)
    return known


def make(number, seed, target, fault=None):
    """Writes one system in the layout of a set."""
    draw, noise = random.Random(seed), np.random.default_rng(seed + 7)
    fault, able = fault or FAULTS[number % len(FAULTS)], []
    times = draw_times(draw, list(WINDOWS)[seed % len(WINDOWS)])
    while not able:                      # few systems have nothing that can have it
        system = System(draw, draw.randint(40, 80), times, seed)
        system.run(2)
        able = [s for s in system.services if can_have(fault, s)]
    root = draw.choice(able)
    begin = times.onset + (draw.randrange(times.per_row) if times.per_row > 1 else 0)
    lasts = times.after * times.per_row
    lasts = lasts if draw.random() < .6 else int(lasts * draw.uniform(.5, .9))
    window = (begin, min(times.ticks, begin + lasts))
    getattr(Incident(root, times, window, draw), fault)()
    changes = draw_changes(system, root, fault, begin)
    system.run(4)
    recording = Recording(system, draw, noise)
    first, last = (tick // times.per_row for tick in window)
    slo = recording.find_symptom(root, first, last)
    slo = slo if draw.random() < .6 else None
    recording.lose()
    recording.write(os.path.join(target, "metrics.csv"))
    write_table(os.path.join(target, "graph.csv"), ["src", "dst"], draw_graph(system, draw))
    write_table(os.path.join(target, "changes.csv"), ["time", "service", "what"],
                sorted((f"{BEGIN + tick * times.tick_s:.0f}", s.name, what)
                       for tick, s, what in changes))
    with open(os.path.join(target, "truth.json"), "w") as file:
        json.dump(dict(service=root.name, fault=fault, slo=slo, baseline_shift_s=0,
                       inject_time=BEGIN + begin * times.tick_s,
                       names=recording.convention.__name__, step=times.step_s,
                       before=times.before, after=times.after), file)


if __name__ == "__main__":
    sys.exit(make_as_asked(__doc__, "e", make))
