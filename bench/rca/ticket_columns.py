# SPDX-License-Identifier: Apache-2.0
"""What is measured of the system of ticketing.py, for tickets.py: in one of two styles."""
import collections
import math

import numpy as np

BUCKETS = np.array([.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60])
FEW_BUCKETS = np.array([.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10])
# Told by others than the service, also while it is down.
OBSERVED = ("istio", "kube", "container")

Part = collections.namedtuple("Part", "cpu served asked moved paused")
# Whose rows are at which times, of which pods, and what draws their style and their noise.
Watch = collections.namedtuple("Watch", "world times step_s shown style noise")


def in_time(events, width, shift):
    """Events as rows of a matrix, the time first, in unix time."""
    found = np.array(events, float).reshape(-1, width)
    found[:, 0] += shift
    return found


def inside(events, low, high):
    first, last = np.searchsorted(events[:, 0], (low, high), "right")
    return events[first:last]


def quantile(values, share, buckets=BUCKETS):
    """Of a histogram, between its bounds."""
    if not len(values):
        return None
    counts = np.bincount(np.searchsorted(buckets, values), minlength=len(buckets) + 1).cumsum()
    want = share * counts[-1]
    at = int(np.searchsorted(counts, want))
    if at >= len(buckets):
        return float(buckets[-1])
    low, below = (buckets[at - 1], counts[at - 1]) if at else (0., 0)
    width, count = buckets[at] - low, max(1e-9, counts[at] - below)
    return float(low + width * (want - below) / count)


def gauge(changes, t):
    at = np.searchsorted(changes[:, 0], t, "right") - 1
    return float(changes[at, 1]) if at >= 0 else 0.


def mean(values):
    return values.mean() if len(values) else None


def times_more(value, factor):
    return value and value * factor


class View:
    """What a pod did, in unix time."""

    def __init__(self, pod, shift):
        self.pod = pod
        for name, width in (("served", 3), ("asked", 3), ("computed", 2), ("moved", 3),
                            ("paused", 2), ("leaked", 2)):
            setattr(self, name, in_time(getattr(pod, name), width, shift))
        for name, pool in (("threads", pod.threads), ("connections", pod.connections)):
            setattr(self, name, in_time(pool.held, 2, shift))
            setattr(self, name + "_waited", in_time(pool.waited, 2, shift))
        self.away = [(a + shift, b + shift) for a, b in pod.away]
        self.burns = [(a + shift, b + shift, cores) for a, b, cores in pod.burns]

    def is_down(self, t):
        return any(a <= t < b for a, b in self.away)

    def burnt(self, low, high):
        """Seconds of a stretch in which something else burns processors, with how many."""
        return [(max(0, min(high, b) - max(low, a)), cores) for a, b, cores in self.burns]

    def part(self, low, high):
        used = inside(self.computed, low, high)[:, 1].sum()
        for seconds, cores in self.burnt(low, high):
            used += cores * seconds
        return Part(min(used / (high - low), self.pod.cores * 1.02),
                    *(inside(of, low, high)
                      for of in (self.served, self.asked, self.moved, self.paused)))

    def memory(self, times, limit, noise):
        """MB by rows: a level that steps up, what leaks, what a start frees."""
        level = noise.uniform(.35, .8) * limit if self.pod.is_java else noise.uniform(60, 400)
        base, last, found = level, None, []
        for t in times:
            passed = 60 if last is None else t - last
            for killed, _ in self.away:
                if (last or 0) < killed <= t:
                    base = level * noise.uniform(.45, .7)
            if noise.random() < .015 * min(3, passed / 60):
                base += noise.choice([-.5, 1, 1, 4, 12, 30]) * noise.random()
            if noise.random() < .3:
                base += noise.gauss(0, .06)
            if self.away and base < level * .85:
                base += (level - base) * min(1, passed / 400)
            leaked = inside(self.leaked, 0, t)[:, 1].sum()
            spike = 110 * noise.random() if noise.random() < .0015 else 0
            found.append(min(limit, round((base + leaked + spike) * 256) / 256))
            last = t
        return found


def add_rows(table, pod, rows):
    table |= {f"{pod.name}_{name}": [row[name] for row in rows] for name in rows[0]}


def users_columns(watch, window_s):
    table = {"slo_" + name: [] for name in ("success_rate", "p50", "p90", "p95", "p99")}
    for t in watch.times:
        felt = inside(watch.world.felt, t - window_s, t)
        table["slo_success_rate"].append(times_more(mean(felt[:, 2]), 100))
        for share in (50, 90, 95, 99):
            table[f"slo_p{share}"].append(quantile(felt[:, 1], share / 100))
    return table


# ---- rows of a minute, the same of every pod ----

def minute_columns(watch):
    """With shares and absolute values, latencies of requests and of calls."""
    style, noise, step_s, table = watch.style, watch.noise, watch.step_s, {}
    broken, empty = style.random() < .3, style.choice([None, None, 0.])
    for view in watch.world.views:
        pod, limit = view.pod, style.choice([500, 700, 1000])
        disk = dict(sys_read=style.uniform(4, 9), sys_write=style.uniform(4, 9))
        if pod.name not in watch.shown:
            continue
        rows = []
        for mb, t in zip(view.memory(watch.times, limit, noise), watch.times):
            part = view.part(t - step_s, t)
            burst = 10 if noise.random() < .002 else 1
            row = dict(cpu_m=1000 * part.cpu, cpu_rate=100 * part.cpu / pod.cores,
                       mem_mi=mb, mem_rate=100 * mb / limit)
            if view.is_down(t):
                row = dict.fromkeys(row)
            for name, each in disk.items():
                row[name] = round(burst * (200 + each * len(part.moved)) *
                                  noise.uniform(.95, 1.05))
            row |= dict(net_rx=part.moved[:, 2].sum() / step_s,
                        net_tx=part.moved[:, 1].sum() / step_s)
            if not pod.is_store:
                row |= minute_of_requests(part, step_s, broken, empty)
            rows.append(row)
        add_rows(table, pod, rows)
    return table | users_columns(watch, step_s)


def minute_of_requests(part, step_s, broken, empty):
    """`empty` is told where there was none, nothing of success where that is broken."""
    row = {}
    for share in (90, 95, 99):
        for name, of in (("clat", part.asked), ("slat", part.served)):
            row[f"{name}_p{share}"] = quantile(of[:, 1], share / 100) if len(of) else empty
    row["ops"] = len(part.served) / step_s
    well = 100 * part.served[:, 2].mean() if len(part.served) else empty
    return row | dict(success_rate=0. if broken else well)


# ---- rates over a window, each pod at its own time ----

class Scraper:
    """Which exporters there are, and how often they are asked."""

    def __init__(self, watch):
        step_s, style = watch.step_s, watch.style
        self.watch, self.noise = watch, watch.noise
        self.window_s = 60. if step_s < 60 else style.choice([60., float(max(step_s, 60)), 300.])
        every = style.choice([5., 15., 15., 30.]) if step_s < 60 else style.choice([15., 30.])
        self.every_s = min(every, max(5, step_s))
        self.in_mesh = style.choice([.6, .75, 1.])
        self.has_jvm, self.has_net = style.random() < .8, style.random() < .8
        self.shares = style.choice([(.5, .99), (.95,), (.9, .99)])
        self.mean_only = style.random() < .25

    def rows(self, view):
        """Of one pod; None of those that are not watched."""
        style, times, pod = self.watch.style, self.watch.times, view.pod
        off, limit = style.uniform(0, self.every_s), style.choice([512, 768, 1024])
        meshed, gap = style.random() < self.in_mesh, style.random() < .04
        gap_at = style.uniform(.1, .6) * (times[-1] - times[0]) + times[0]
        gap_end = gap_at + style.uniform(2, 6) * self.watch.step_s
        buckets = BUCKETS if style.random() < .6 else FEW_BUCKETS
        if pod.name not in self.watch.shown:
            return None
        scraped, rows = np.floor((times - off) / self.every_s) * self.every_s + off, []
        for mb, t in zip(view.memory(scraped, limit, self.noise), scraped):
            part = view.part(t - self.window_s, t)
            row = self.container(part, mb)
            if pod.is_java:
                row |= self.cluster(view, part, t)
                row |= self.runtime(view, part, mb, t) if self.has_jvm else {}
            if pod.is_store:
                row |= self.store(view, part, t)
            elif meshed:
                row |= self.mesh(part, buckets)
            if view.is_down(t) and not pod.is_store:
                row = {name: value if name.startswith(OBSERVED) and "memory" not in name else None
                       for name, value in row.items()}
            rows.append(dict.fromkeys(row) if gap and gap_at < t < gap_end else row)
        return rows

    def container(self, part, mb):
        row = {"container_cpu_usage_seconds": part.cpu,
               "container_memory_working_set_bytes": mb * 2 ** 20}
        if self.has_net:
            received, sent = part.moved[:, 2].sum(), part.moved[:, 1].sum()
            row["container_network_receive_bytes"] = received / self.window_s
            row["container_network_transmit_bytes"] = sent / self.window_s
        return row

    def cluster(self, view, part, t):
        burnt = sum(seconds for seconds, _ in view.burnt(t - self.window_s, t)) / self.window_s
        usual = (self.noise.random() < .03) * self.noise.random()
        throttled = 9.5 * burnt + (2 * max(0, part.cpu / view.pod.cores - .5) + usual)
        return {"container_cpu_cfs_throttled_periods": throttled,
                "kube_pod_container_status_restarts_total": sum(b <= t for _, b in view.away)}

    def runtime(self, view, part, mb, t):
        paused, row = view.paused[:, 0], {}
        at = np.searchsorted(paused, t, "right")
        last = paused[at - 1] if at else t - 60
        following = paused[at] if at < len(paused) else max(t + 1, last + 120)
        young = view.pod.young_most * (t - last) / (following - last)
        row["jvm_memory_used_bytes_heap"] = (mb * .5 + young) * 2 ** 20
        row["jvm_gc_pause_seconds_sum"] = part.paused[:, 1].sum() / self.window_s
        row["tomcat_threads_busy_threads"] = gauge(view.threads, t)
        row["http_server_requests_seconds_mean"] = mean(part.served[:, 1])
        if len(view.connections):
            row["hikaricp_connections_active"] = gauge(view.connections, t)
            row["hikaricp_connections_pending"] = gauge(view.connections_waited, t)
        return row

    def store(self, view, part, t):
        asked, took = len(part.served) / self.window_s, part.served[:, 1]
        if view.pod.kind == "mongo":
            row = {"mongodb_ss_opcounters_query": asked,
                   "mongodb_ss_opLatencies_reads_mean_us": times_more(mean(took), 1e6),
                   "mongodb_ss_globalLock_currentQueue_total": gauge(view.threads_waited, t),
                   "mongodb_ss_connections_current": 8 + view.pod.connections.size}
        else:
            slow = (took > .5).sum() / self.window_s
            row = {"mysql_global_status_questions": asked,
                   "mysql_global_status_threads_running": 1 + gauge(view.threads, t),
                   "mysql_global_status_slow_queries": slow}
        written = (2000 + 900 * len(part.served) / self.window_s) * self.noise.uniform(.9, 1.1)
        return row | {"container_fs_writes_bytes": written}

    def mesh(self, part, buckets):
        count, took = len(part.served), part.served[:, 1]
        duration = "istio_request_duration_milliseconds_"
        row = {"istio_requests": count / self.window_s,
               "istio_requests_5xx": (count - part.served[:, 2].sum()) / self.window_s}
        if self.mean_only:
            row[duration + "mean"] = times_more(mean(took), 1e3)
        else:
            for share in self.shares:
                row[f"{duration}p{round(share * 100)}"] = times_more(
                    quantile(took, share, buckets), 1e3)
        return row


def scraped_columns(watch):
    scraper, table = Scraper(watch), {}
    for view in watch.world.views:
        rows = scraper.rows(view)
        if rows:
            add_rows(table, view.pod, rows)
    return table | users_columns(watch, scraper.window_s)


def text(value):
    return "" if value is None or math.isnan(value) else f"{value:.6g}"
