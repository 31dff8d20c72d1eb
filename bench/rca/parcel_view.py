# SPDX-License-Identifier: Apache-2.0
"""What is seen of a flow: scraped counters as rates over a window, quantiles out of
buckets, gauges, traces; by names and with gaps that differ from case to case."""
import numpy as np

from parcel_flow import PARTICLES

BOUNDS = ([.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10],
          [.0005, .001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30],
          [.001 * 1.7 ** i for i in range(18)])
SCRAPES = {5: [5], 10: [5, 10], 15: [5, 15], 30: [10, 15, 30], 60: [15, 30, 60]}
KEYS = ("requests errors p50 p95 p99 cpu throttled memory restarts ready threads waiting pool "
        "net_rx net_tx").split()
STYLES = (
    """http_requests_rate http_errors_rate http_request_duration_p50 http_request_duration_p95
    http_request_duration_p99 cpu_usage cpu_throttled memory_bytes restarts ready_replicas
    threads_in_use requests_queued db_connections_in_use network_receive_bytes
    network_transmit_bytes""".split(),
    """istio_requests_per_second istio_5xx_per_second istio_request_ms_p50 istio_request_ms_p95
    istio_request_ms_p99 container_cpu_cores container_cfs_throttled_share
    container_memory_working_set_bytes kube_pod_restarts kube_pods_ready upstream_rq_active
    upstream_rq_pending cx_active container_network_rx_bytes
    container_network_tx_bytes""".split(),
    """http_server_requests_rate http_server_requests_error_rate http_server_requests_p50
    http_server_requests_p95 http_server_requests_p99 process_cpu_usage cfs_throttled
    jvm_memory_used_bytes restart_count instances_up tomcat_threads_busy executor_queued
    hikaricp_connections_active net_rx_rate net_tx_rate""".split(),
    """throughput failures latency_p50_ms latency_p95_ms latency_p99_ms cpu throttling rss_mb
    restarts_total pods workers_active backlog pool_active rx_kb tx_kb""".split())
STORE_NAMES = dict(
    db=dict(requests="pg_xact_rate", connections="pg_stat_activity_count",
            locks="pg_locks_waiting",
            p95="pg_statement_seconds_p95", disk="node_disk_io_time_share",
            reads="node_disk_read_bytes", errors="pg_xact_rollback_rate",
            size="pg_database_size_bytes"),
    cache=dict(requests="redis_commands_rate", hits="redis_keyspace_hits_rate",
               misses="redis_keyspace_misses_rate", hit_ratio="redis_hit_ratio",
               clients="redis_connected_clients"),
    broker=dict(requests="rabbitmq_published_rate", queue="rabbitmq_queue_messages_ready",
                delivered="rabbitmq_delivered_rate"))


def draw_bounds(rng):
    return np.array(BOUNDS[rng.integers(len(BOUNDS))])


class View:
    def __init__(self, flow, rng, step):
        self.flow, self.rng, self.step = flow, rng, step
        services = flow.map.services
        self.names = [s.name for s in services]
        self.scrape = int(rng.choice(SCRAPES[step]))
        wide = int(rng.choice([2 * self.scrape, 4 * self.scrape, 60, 300], p=[.35, .25, .3, .1]))
        self.window = max(wide, 2 * self.scrape)
        self.style = int(rng.integers(len(STYLES)))
        self.measure = dict(zip(KEYS, STYLES[self.style]))
        self.level = ["full" if s.kind in ("entry", "gateway", "broker") else
                      str(rng.choice(["full", "bare", "none"], p=[.8, .13, .07]))
                      for s in services]
        self.only_users = rng.random() < .5        # a series of the users' own, or the front's
        self.traced = bool(rng.random() < .5)
        self.clients, self.upright = rng.random() < .6, rng.random() < .6
        self.proxied = rng.random() < .5           # gateways have spans of their own
        maybe = KEYS[6:] + ["locks", "disk", "reads", "p95-store", "size", "p50"]
        self.kept, self.has = [], {k: rng.random() < .75 for k in maybe}
        self.bins = len(flow.bounds) + 1
        self.ticks = {}

    # -- a tick --

    def keep(self, **values):
        for key, value in values.items():
            self.ticks.setdefault(key, []).append(np.array(value, np.float64))

    def take(self, told):
        come, seen, work, used, asked = told
        f, n = self.flow, len(self.names)
        whole = np.append(come, asked)
        e, p = f.entries, f.p
        down = p["down"][f.of[e]]
        lat = np.concatenate([f.lat, f.lat[e] + p["delay"][f.of[e]][:, None]])
        bad = np.concatenate([f.fail, f.fail[e] | (f.some(f.even, len(e)) < down[:, None])])
        lost = 1 - (1 - p["loss"][f.of[e]][:, None]) ** 3
        lat[len(f.of):] += .3 * (f.some(f.even, len(e)) < lost)
        where = np.append(f.of, np.full(len(e), n))
        weight = np.floor(whole / PARTICLES)[:, None] + (
            np.arange(PARTICLES) < (whole % PARTICLES)[:, None])
        box = where[:, None] * self.bins + np.searchsorted(f.bounds, lat)
        io = np.bincount(f.of, come * f.io * p["io_mul"][f.of], n) / f.tick
        hits = seen * p["hit"]
        self.keep(boxes=np.bincount(box.ravel(), weight.ravel(),
                                    (n + 1) * self.bins).reshape(n + 1, -1),
                  errors=np.bincount(where, (weight * bad).sum(1), n + 1),
                  cpu=(np.minimum(work / f.tick, f.cap) + p["burn"]) * f.tick,
                  hot=np.clip(2.2 * (f.cpu_rate + p["burn"]) / p["cores"] - 1.1, 0, 1),
                  used=used, left=f.left, gone=p["gone"], io=io, hits=hits, misses=seen - hits,
                  pool=np.bincount(f.pool_by, f.in_use, n),
                  locks=seen / f.tick * p["slow_share"] * p["slow_s"],
                  clients=np.bincount(f.to, np.append(f.in_use, 0)[f.pool], n),
                  queue=np.bincount(f.broker, f.queue, n),
                  pulled=np.bincount(f.broker, come[f.work], n))

    # -- columns --

    def at(self, first, rows):
        """Ticks of every service's last scrape at every row, and a window earlier."""
        phase = self.rng.uniform(0, self.scrape, len(self.names) + 1)
        row = first + self.step * np.arange(rows)[:, None]
        last = np.floor((row - phase) / self.scrape) * self.scrape + phase
        return ((x / self.flow.tick).astype(int) for x in (last, last - self.window))

    def table(self, first, rows, begin, leaks):
        data = {k: np.array(v) for k, v in self.ticks.items()}
        now, old = self.at(first, rows)
        each = np.arange(len(self.names) + 1)

        def rate(key):
            total = np.concatenate([np.zeros_like(data[key][:1]), np.cumsum(data[key], axis=0)])
            at = each[:total.shape[1]]
            return (total[now[:, at], at] - total[old[:, at], at]) / self.window

        def gauge(key):
            return data[key][now[:, :-1] - 1, each[:-1]]

        boxes = rate("boxes") * self.window
        told = {f"p{q}": quantile(boxes, self.flow.bounds, q / 100) for q in (50, 95, 99)}
        told["requests"] = boxes.sum(2) / self.window
        told.update({k: rate(k) for k in ("errors", "cpu", "hits", "misses", "pulled")})
        told.update({k: gauge(k) for k in ("used", "left", "gone", "pool", "locks", "clients",
                                           "queue", "hot", "io")})
        told["memory"] = self.memory(told, first + self.step * np.arange(rows), leaks)
        told["kills"] = self.kills(first + self.step * np.arange(rows), rows, leaks)
        columns = self.users(told)
        for s in range(len(self.names)):
            if self.level[s] != "none":
                columns += self.of_service(s, told)
        return self.write(columns, begin + first + self.step * np.arange(rows))

    def kills(self, t, rows, leaks):
        count = np.zeros((rows, len(self.names)))
        if leaks:
            s, at, fills = leaks
            count[:, s] = self.flow.map.services[s].replicas * np.maximum(
                0, np.floor((t - at + 30) / (fills + 30)))
        return count

    def memory(self, told, t, leaks):
        """Bytes: what is always held, of the work in hand, of what waits for a collector."""
        out, rng = np.zeros((len(t), len(self.names))), self.rng
        for s, of in enumerate(self.flow.map.services):
            base = of.replicas * 1e6 * float(rng.lognormal(5, .6))
            saw = .3 * ((t / rng.uniform(40, 900) + rng.random()) % 1) if of.runtime == "jvm" else 0
            drift = rng.normal(0, .01) * (t - t[0]) / 3600
            full = told["used"][:, s] / self.flow.base["slots"][s]
            part = 1 + saw + .2 * np.minimum(full, 1) + drift + .006 * rng.standard_normal(len(t))
            if leaks and leaks[0] == s:
                part += np.where(t > leaks[1], 1.5 * np.minimum(
                    1, (t - leaks[1]) % (leaks[2] + 30) / leaks[2]), 0)
            out[:, s] = base * part * (1 - told["gone"][:, s])
        return out

    def users(self, told):
        """The users' own series, where somebody made such."""
        if not self.only_users:
            return []
        errors = told["errors"][:, -1] / np.maximum(told["requests"][:, -1], 1e-9)
        return [("slo", f"latency_p{q}", told[f"p{q}"][:, -1]) for q in (50, 95, 99)] + [
            ("slo", "error_ratio", errors), ("slo", "requests", told["requests"][:, -1])]

    def of_service(self, s, told):
        """Columns of a service: (name, measure, values)."""
        kind, rng = self.flow.kind[s], self.rng
        noise = 1 + .02 * rng.standard_normal((4, len(told["cpu"])))
        size = 800 * rng.lognormal(0, .5, 2)
        scale = 1e3 if self.style in (1, 3) else 1.
        mega, kilo = (1e6, 1e3) if self.style == 3 else (1., 1.)
        dead = told["gone"][:, s] > .99
        base = .01 * self.flow.map.services[s].replicas
        get = {k: v[:, s] for k, v in told.items()}
        host = dict(cpu=(get["cpu"] + base) * noise[0], memory=get["memory"] / mega,
                    throttled=get["hot"] * noise[1].clip(0), restarts=get["kills"],
                    ready=np.round(self.flow.map.services[s].replicas * (1 - get["gone"])),
                    net_rx=(200 + get["requests"] * size[0]) * noise[2] / kilo,
                    net_tx=(200 + get["requests"] * size[1]) * noise[3] / kilo)
        app = dict(requests=get["requests"], errors=get["errors"], p50=get["p50"] * scale,
                   p95=get["p95"] * scale, p99=get["p99"] * scale, threads=np.round(get["used"]),
                   waiting=np.round(get["left"]), pool=np.round(get["pool"]))
        if not (self.flow.pool_by == s).any():
            del app["pool"]
        names = self.called(s)
        if kind in STORE_NAMES:
            app = self.store(kind, get, noise)
        if kind == "gateway":
            host, app = {}, {k: app[k] for k in ("requests", "errors", "p50", "p95", "p99")}
        for values in app.values():
            values[dead] = np.nan
        for k, values in host.items():
            if k not in ("restarts", "ready"):
                values[dead] = 0 if self.upright else np.nan
        if self.level[s] == "bare":
            app, host = {}, {k: host[k] for k in ("cpu", "memory") if k in host}
        return [(self.names[s], names[k], v) for k, v in {**app, **host}.items()
                if self.has.get(k, True) or k == "p50" and kind == "entry"]

    def called(self, s):
        """Names of a service's measures: they depend on what it runs on."""
        of = self.flow.map.services[s]
        names = {**self.measure, **STORE_NAMES.get(of.kind, {})}
        if self.style == 2 and (of.runtime != "jvm" or of.kind in STORE_NAMES):
            names["memory"] = "process_resident_memory_bytes"
        return names

    def store(self, kind, get, noise):
        if kind == "cache":
            total = get["hits"] + get["misses"]
            ratio = np.divide(get["hits"], total, out=np.full_like(total, np.nan), where=total > 0)
            return dict(requests=get["requests"], hits=get["hits"], misses=get["misses"],
                        hit_ratio=ratio, clients=5 + np.round(get["clients"]))
        if kind == "broker":
            return dict(requests=get["requests"], queue=get["queue"], delivered=get["pulled"])
        out = dict(requests=get["requests"], errors=get["errors"],
                   connections=5 + np.round(get["used"]), locks=np.round(get["locks"]),
                   disk=1 - np.exp(-get["io"] / 3) * noise[0].clip(0, 1),
                   reads=get["requests"] * 6e3 * noise[1],
                   size=4e9 + np.cumsum(get["requests"]) * self.step * 120)
        return {**out, "p95": get["p95"]} if self.has["p95-store"] else out

    # -- files --

    def write(self, columns, times):
        """Header and rows, less what got lost."""
        rng, count = self.rng, len(times)
        gone_rows = rng.random(count) < rng.choice([0, 0, .01, .02])
        cells = rng.choice([0, .002, .01])
        for _, _, values in columns:
            values[rng.random(count) < cells] = np.nan
            if rng.random() < .01:
                start = rng.integers(count)
                values[start:start + rng.integers(2, 12)] = np.nan
        head = ["time"] + [f"{s}_{m}" for s, m, _ in columns]
        rows = [[int(t)] + ["" if np.isnan(v) else f"{v:.6g}" for v in row]
                for t, row, off in zip(times, np.array([c[2] for c in columns]).T, gone_rows)
                if not off]
        return head, rows

    def graph(self):
        known = {s for s, level in enumerate(self.level) if level != "none"}
        pairs = set(zip(self.flow.by, self.flow.to)) | set(zip(self.flow.worker, self.flow.broker))
        return sorted((self.names[a], self.names[b]) for a, b in pairs if {a, b} <= known)

    def symptom(self, head, rows, onset):
        """The users' series an operator would complain of: the one that moved most."""
        fronts = ["slo"] if self.only_users else [
            n for n, k in zip(self.names, self.flow.kind) if k == "entry"]
        wanted = ["latency_p95", "latency_p99", "error_ratio"] if self.only_users else [
            self.measure[k] for k in ("p95", "p99", "errors")]
        best, asked = (-1, None), self.rng.random() > 1 / 3
        for front, what in ((f, w) for f in fronts for w in wanted if f"{f}_{w}" in head):
            name, least = f"{front}_{what}", 1e-3
            at = head.index(name)
            if what == "error_ratio":
                least = .005                       # one error more is no complaint
            elif what == self.measure["errors"]:
                all_ = head.index(f"{front}_{self.measure['requests']}")
                least = .005 * np.median([float(r[all_]) for r in rows if r[all_]])
            before, after = ([float(r[at]) for r in rows if (r[0] >= onset) == late and r[at]]
                             for late in (False, True))
            if before and after:
                middle = np.median(before)
                spread = 1.5 * np.median(np.abs(before - middle)) + .05 * abs(middle) + least
                best = max(best, (abs(np.median(after) - middle) / spread, name))
        return best[1] if asked else None

    def spans(self, begin, at):
        """Whole requests of the ticks that were kept, at most 200 of each phase."""
        rows, count = [], [0, 0]
        for kept in self.kept:
            late = int(kept["now"] >= at)
            calls = {}
            for of in kept["calls"]:
                for row, e in enumerate(of[0]):
                    calls.setdefault(int(self.flow.src[e]), []).append((int(e), row, of))
            come = kept["come"][self.flow.entries]
            for k in self.rng.integers(0, PARTICLES, 4 if come.sum() else 0):
                if count[late] >= 200:
                    break
                op = int(self.rng.choice(self.flow.entries, p=come / come.sum()))
                out = []
                self.walk(kept, calls, op, int(k), -1, begin + kept["now"], out)
                rows += [(late, count[late], *span) for span in out]
                count[late] += 1
        return rows

    def walk(self, kept, calls, op, k, parent, start, out):
        """A request's span and those of what it calls, stage by stage."""
        f, here = self.flow, parent
        s = f.of[op]
        if self.level[s] != "none" and (self.proxied or f.kind[s] != "gateway"):
            here = len(out)
            out.append((here, parent, self.names[s], f.map.ops[op].name, int(start * 1e6),
                        int(kept["lat"][op, k] * 1e6)))
        when = start + kept["wait"][op, k] + .6 * kept["own"][op, k]
        stage, longest = None, 0.
        for e, row, (_, took, first, tries, made, _) in calls.get(op, ()):
            if f.map.calls[e].stage != stage:
                when, stage, longest = when + longest, f.map.calls[e].stage, 0.
            if not made[row, k]:
                continue
            longest = max(longest, took[row, k])
            self.call(kept, calls, e, k, (took[row, k], first[row, k], tries[row, k]),
                      here, when, out)

    def call(self, kept, calls, e, k, told, parent, when, out):
        f, (took, first, tries) = self.flow, told
        if self.level[f.by[e]] == "none":
            parent_of = parent
        elif self.clients or f.kind[f.to[e]] == "gateway" and not self.proxied:
            parent_of = len(out)
            op = f.map.ops[f.dst[e]].name
            out.append((parent_of, parent, self.names[f.by[e]], f"{self.names[f.to[e]]}/{op}",
                        int(when * 1e6), int(took * 1e6)))
        else:
            parent_of = parent
        begin = when
        for again in range(int(tries)):
            to, late = f.to[e], took if tries == 1 else first
            inside = kept["lat"][f.dst[e], f.swap[again][e, k]]
            refused = late < inside and late < .9 * f.timeout[e]
            if not refused:      # or nobody answered
                self.walk(kept, calls, int(f.dst[e]), int(f.swap[again][e, k]), parent_of,
                          begin + .0002, out)
            begin += first + .02


def quantile(boxes, bounds, q):
    """Prometheus' histogram_quantile: linear inside a bucket, NaN where nothing came."""
    total = np.cumsum(boxes, axis=2)
    want = q * total[:, :, -1:]
    at = (total >= np.maximum(want, 1e-9)).argmax(2).clip(0, len(bounds) - 1)
    edges = np.append(0, bounds)
    before = np.take_along_axis(total, np.maximum(at - 1, 0)[:, :, None], 2)[:, :, 0]
    below = np.where(at > 0, before, 0)
    inside = np.take_along_axis(boxes, at[:, :, None], 2)[:, :, 0]
    part = np.clip((want[:, :, 0] - below) / np.maximum(inside, 1e-9), 0, 1)
    value = edges[at] + part * (edges[at + 1] - edges[at])
    return np.where(total[:, :, -1] > 0, value, np.nan)
