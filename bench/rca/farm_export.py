# SPDX-License-Identifier: Apache-2.0
"""What monitoring shows of a recording: columns of many exporters, with their habits."""

import numpy as np

from farm_world import CONSUMERS

# Columns of each kind of exporter: what is measured, then names it goes by.
HTTP = {
    "spring": "ok http_server_requests_seconds_count|outcome=SUCCESS http_server_requests_seconds_"
    "count|status=200;err http_server_requests_seconds_count|outcome=SERVER_ERROR http_server_"
    "requests_seconds_count|status=500;Q http_server_requests_seconds;busy tomcat_threads_busy_"
    "threads jetty_threads_busy;queue executor_queued_tasks;workers tomcat_threads_config_max",
    "go": "ok http_requests_total|code=200 grpc_server_handled_total|grpc_code=OK;err http_requests"
    "_total|code=500 grpc_server_handled_total|grpc_code=Internal;Q http_request_duration_seconds "
    "grpc_server_handling_seconds;busy http_requests_in_flight go_goroutines",
    "node": "rate http_requests_total http_request_count;err http_request_errors_total http_"
    "requests_total|status=5xx;Q http_request_duration_ms;busy nodejs_active_requests_total;evloop "
    "nodejs_eventloop_lag_p99_seconds",
    "python": "rate flask_http_request_total starlette_requests_total;err flask_http_request_"
    "exceptions_total starlette_requests_total|status=500;Q flask_http_request_duration_seconds "
    "starlette_request_duration_seconds;busy gunicorn_workers_busy;queue gunicorn_backlog",
    "rust": "rate axum_http_requests_total;err axum_http_requests_total|status=500;Q axum_http_"
    "requests_duration_seconds;busy axum_http_requests_pending tokio_active_tasks"}
RUNTIME = {
    "spring": "heap jvm_memory_used_bytes|area=heap;gc jvm_gc_pause_seconds_sum;cpu_ratio process_"
    "cpu_usage", "go": "mem go_memstats_heap_inuse_bytes process_resident_memory_bytes;cpu process_"
    "cpu_seconds_total", "node": "heap nodejs_heap_size_used_bytes;gc nodejs_gc_duration_seconds_"
    "sum;cpu process_cpu_seconds_total", "python": "mem process_resident_memory_bytes;cpu process_"
    "cpu_seconds_total", "rust": "mem process_resident_memory_bytes;cpu process_cpu_seconds_total"}
CLIENT = {
    "spring": "c_rate http_client_requests_seconds_count;c_err http_client_requests_seconds_count|"
    "outcome=SERVER_ERROR;c_mean http_client_requests_seconds_avg;c_open resilience4j_"
    "circuitbreaker_state;c_retry resilience4j_retry_calls_total;c_pool hikaricp_connections_active"
    ";c_pending hikaricp_connections_pending", "go": "c_rate grpc_client_started_total http_client_"
    "requests_total;c_err grpc_client_handled_total|code=Unavailable;c_mean grpc_client_handling_"
    "seconds_avg;c_pool go_sql_in_use_connections;c_pending go_sql_wait_count;c_timeouts grpc_"
    "client_handled_total|code=DeadlineExceeded", "node": "c_rate http_client_requests_total;c_err "
    "http_client_errors_total;c_mean http_client_duration_ms_avg", "python": "c_rate requests_"
    "client_total;c_err requests_client_failures_total;c_mean requests_client_seconds_avg;"
    "c_timeouts requests_client_timeouts_total", "rust": "c_rate reqwest_requests_total;c_err "
    "reqwest_errors_total;c_mean reqwest_duration_seconds_avg"}
MESH = ("ok istio_requests_total|response_code=200;err istio_requests_total|response_code=503;Q "
        "istio_request_duration_milliseconds;limited envoy_http_local_rate_limit_rate_limited;"
        "handshakes envoy_listener_ssl_connection_error")
MESH_OUT = ("c_rate envoy_cluster_upstream_rq_total;c_err envoy_cluster_upstream_rq_5xx;c_retry "
            "envoy_cluster_upstream_rq_retry;c_timeouts envoy_cluster_upstream_rq_timeout;c_mean "
            "envoy_cluster_upstream_rq_time_ms_avg;c_pending envoy_cluster_upstream_rq_pending_"
            "active;c_pool envoy_cluster_upstream_cx_active")
CONTAINER = ("cpu container_cpu_usage_seconds_total;throttle container_cpu_cfs_throttled_periods_"
             "ratio;mem container_memory_working_set_bytes container_memory_usage_bytes;rx con"
             "tainer_network_receive_bytes_total;tx container_network_transmit_bytes_total;rtx"
             " node_netstat_Tcp_RetransSegs;clock node_timex_offset_seconds")
KUBE = ("up kube_deployment_status_replicas_available kube_deployment_status_replicas_ready;"
        "restarts kube_pod_container_status_restarts_total;desired kube_horizontalpodautoscaler_"
        "status_desired_replicas;one kube_deployment_status_condition")
QUEUE = ("lag_msgs kafka_consumergroup_lag kafka_consumer_records_lag_max;consumed kafka_consumer_"
         "records_consumed_total;err consumer_processing_failures_total;Q consumer_processing_"
         "seconds;age kafka_consumergroup_lag_seconds;busy consumer_active_workers")
STORES = {
    "sql": ("ok pg_stat_database_xact_commit;err pg_stat_database_xact_rollback;busy pg_stat_"
            "activity_count|state=active;locks pg_locks_count|granted=false;longest pg_stat_ac"
            "tivity_max_tx_duration;clients pg_stat_database_numbackends;disk node_filesystem_used_"
            "ratio;iowait node_disk_io_time_seconds_total;one pg_up;mean pg_stat_statements_mean"
            "_time_seconds;lag pg_replication_lag_seconds",
            "rate mysql_global_status_queries;err mysql_global_status_aborted_clients;busy mysql_"
            "global_status_threads_running;slowq mysql_global_status_slow_queries;locks mysql_"
            "global_status_innodb_row_lock_current_waits;clients mysql_global_status_threads_conn"
            "ected;disk node_filesystem_used_ratio;lag mysql_slave_status_seconds_behind_master;i"
            "owait node_disk_io_time_seconds_total"),
    "tsdb": ("rate vm_http_requests_total;err vm_http_request_errors_total;slowq vm_slow_queries_"
             "total;busy vm_concurrent_select_current;disk vm_data_size_ratio;Q vm_request_duration"
             "_seconds;iowait node_disk_io_time_seconds_total;lag vm_replica_lag_seconds",
             "rate ClickHouseProfileEvents_Query;err ClickHouseProfileEvents_FailedQuery;busy "
             "ClickHouseMetrics_Query;locks ClickHouseMetrics_ContextLockWait;mean ClickHouse_"
             "query_duration_avg_ms;disk ClickHouseAsyncMetrics_DiskUsed_ratio;lag ClickHouse"
             "AsyncMe"
             "trics_ReplicasMaxAbsoluteDelay;iowait ClickHouseProfileEvents_DiskTime"),
    "cache": ("rate redis_commands_processed_total;hits redis_keyspace_hits_total;misses redis_"
              "keyspace_misses_total;evict redis_evicted_keys_total;keys redis_db_keys;clients "
              "redis_connected_clients;one redis_up;mean redis_commands_duration_seconds_avg",
              "rate memcached_commands_total;hits memcached_get_hits;misses memcached_get_misses;"
              "evict memcached_items_evicted_total;keys memcached_current_items"),
    "broker": ("rate kafka_server_brokertopicmetrics_messagesin_total;err kafka_server_"
               "brokertopicmetrics_failedproducerequests_total;underrep kafka_server_replicama"
               "nager_underreplicatedpartitions;offline kafka_controller_offlinepartitionscount;Q "
               "kafka_network_requestmetrics_totaltimems|request=Produce;disk node_filesystem_used_"
               "ratio;iowait node_disk_io_time_seconds_total;busy kafka_network_"
                "requestqueue_size",),
    "dns": ("rate coredns_dns_requests_total;err coredns_dns_responses_total|rcode=SERVFAIL;Q "
            "coredns_dns_request_duration_seconds",),
    "third": ("mean probe_duration_seconds;one probe_config_info",)}
GAUGES = set("busy queue workers heap mem cpu_ratio up desired clock disk lag locks longest cl"
             "ients keys lag_msgs age c_open c_pool c_pending one evloop offline underrep".split())
BUCKETS = dict(
    prom=[.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60],
    istio=[.0005, .001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60],
    fine=list(np.geomspace(0.0002, 60, 48)))
LATENCIES = dict(p50=0.5, p95=0.95, p99=0.99)


def trailing(values, rows):
    """Means over the last rows, as a rate over a window gives."""
    total = np.cumsum(np.insert(values.astype(float), 0, 0.0, axis=0), 0)
    start = np.maximum(0, np.arange(len(values)) + 1 - rows)
    width = (np.arange(len(values)) + 1 - start).reshape((-1,) + (1,) * (values.ndim - 1))
    return (total[1:] - total[start]) / width


def bucket_quantile(counts, edges, q):
    """Quantiles of cumulated bucket counts, interpolated inside the bucket; nan without any."""
    total = counts[:, -1:]
    at = (counts < q * total).sum(1).clip(0, len(edges) - 1)
    rows = np.arange(len(counts))
    below = np.where(at > 0, counts[rows, at - 1], 0)
    low = np.where(at > 0, np.array(edges)[at - 1], 0)
    share = (q * total[:, 0] - below) / np.maximum(counts[rows, at] - below, 1e-9)
    value = low + np.clip(share, 0, 1) * (np.array(edges)[at] - low)
    return np.where(total[:, 0] > 0, value, np.nan)


class Exporter:
    """Columns of metrics.csv, built service by service."""

    def __init__(self, case, first):
        self.case, self.world, self.rec, self.draw = case, case.world, case.rec, case.draw
        self.rng, self.step, self.rows = case.rng, case.step, len(case.rec["hot"])
        self.times = first + (np.arange(self.rows) + 1) * case.step
        self.window = max(1, int(self.rng.choice([60, 60, 120, 300])) // case.step)
        self.plain_labels = self.rng.random() < 0.5
        self.columns, self.told = {}, {}
        self.slos()
        self.slo_names = [n for n in self.columns if n != "slo_requests"]
        coverage = self.rng.choice(["full", "some", "little", "none"], self.case.flow.n,
                                   p=[0.6, 0.24, 0.11, 0.05])
        for s, service in enumerate(self.world.services):
            self.limits = self.rng.uniform(2e8, 4e9), self.rng.uniform(200, 4000)
            self.counted(s)
            self.export(s, service, coverage[s])

    def counted(self, s):
        """Whole requests of each row, and those that failed, by chance around the flow's means."""
        rec = self.rec
        lam = rec["served" if self.world.services[s].kind in CONSUMERS else "lam"][:, s]
        quick = rec["rej"][:, s] + (1 - rec["rej"][:, s]) * rec["limited"][:, s, None]
        bad = 1 - (1 - quick) * (1 - rec["fail"][:, s])
        self.rate = lam.sum(1)
        failed = (lam * bad).sum(1) + rec["write_errors"][:, s]
        self.bad = failed / np.maximum(self.rate, 1e-9)
        self.n = self.rng.poisson(self.rate * self.step)
        self.n_bad = self.rng.binomial(self.n, np.clip(self.bad, 0, 1))

    def export(self, s, service, coverage):
        """The groups of columns that a service has."""
        chance, some = self.rng.random, dict(full=1.0, some=0.75, little=0.25, none=0)[coverage]
        kind, framework = service.kind, service.framework
        stored = "sql" if kind == "replica" and self.world.services[
            service.primary].kind == "sql" else "tsdb" if kind == "replica" else kind
        if stored in STORES:
            if chance() < (0.3 if kind == "third" else some ** 0.3):
                second = any(word in service.name for word in ("mysql", "clickhouse", "memcached"))
                self.block(s, STORES[stored][int(second)])
        else:
            if chance() < some:
                self.block(s, QUEUE if kind in CONSUMERS else HTTP[framework])
            if chance() < some * 0.8:
                self.block(s, RUNTIME[framework])
            if chance() < some * 0.6:
                self.block_out(s, CLIENT[framework])
            if self.world.mesh and kind not in CONSUMERS and chance() < 0.9:
                self.block(s, MESH)
                if chance() < 0.5:
                    self.block_out(s, MESH_OUT)
        if kind != "third" and chance() < max(0.3, some):
            self.block(s, CONTAINER)
            if stored not in STORES:
                self.block(s, KUBE)

    def block(self, s, table):
        """Columns of one exporter; each may have been dropped by its owner."""
        for line in table.split(";"):
            concept, *names = line.split(" ")
            name = str(self.rng.choice(names))
            if self.rng.random() < 0.12:
                continue
            if concept == "Q":
                self.quantiles(s, name)
            elif concept != "lag" or self.world.services[s].kind == "replica":
                self.add(s, concept, name, self.value(s, concept))

    def block_out(self, s, table):
        """Columns of a client for each callee."""
        for e in self.draw.out[s]:
            edge = self.world.edges[e]
            callee = self.world.services[edge.dst]
            if callee.kind == "dns" or self.rng.random() < 0.15:
                continue
            for line in table.split(";"):
                concept, *names = line.split(" ")
                if (concept in ("c_pool", "c_pending") and edge.pool > 1e8) or (
                        concept == "c_open" and not edge.breaker):
                    continue
                name = str(self.rng.choice(names)) + f"|target={callee.name}"
                self.add(s, concept, name, self.edge_value(e, concept), callee.name)

    def value(self, s, concept):
        """One measure of a service in each row."""
        rec, service, rng = self.rec, self.world.services[s], self.rng
        total = lambda name: rec[name][:, s].sum(1)
        mean = lambda name: np.average(rec[name][:, s], axis=1, weights=rec["lam"][:, s] + 1e-9)
        ready = np.maximum(total("ready"), 1e-6)
        jitter = lambda share: 1 + share * rng.standard_normal(self.rows)
        misses = lambda: sum((rec["calls"][:, e] for e, edge in enumerate(self.world.edges)
                              if edge.cache == s), np.zeros(self.rows))
        into = [e for e, edge in enumerate(self.world.edges) if edge.dst == s]
        measures = dict(
            rate=lambda: self.n / self.step, consumed=lambda: self.n / self.step,
            ok=lambda: (self.n - self.n_bad) / self.step, err=lambda: self.n_bad / self.step,
            mean=lambda: self.draw.handler[s].mean(1), busy=lambda: rng.poisson(total("busy")),
            queue=lambda: np.round(total("queue")),
            workers=lambda: service.workers * np.round(ready),
            cpu=lambda: (total("cpu_used") + 0.01 * ready) * jitter(0.03),
            cpu_ratio=lambda: total("cpu_used") / (service.cores * ready) * jitter(0.03),
            throttle=lambda: np.maximum(0, mean("throttle") * jitter(0.1)),
            mem=lambda: rec["mem"][:, s].mean(1) * self.limits[0] * jitter(0.004),
            heap=lambda: rec["mem"][:, s].mean(1) * self.limits[0] * rng.uniform(0.6, 1, self.rows),
            gc=lambda: mean("gc") * ready * jitter(0.1), up=lambda: np.round(ready),
            desired=lambda: np.round(rec["want"][:, s]),
            restarts=lambda: np.round(rec["restarts"][:, s] * self.step) / self.step,
            rx=lambda: self.rate * self.limits[1] * jitter(0.05),
            tx=lambda: self.rate * self.limits[1] * 1.7 * jitter(0.05),
            rtx=lambda: rng.poisson(self.rate * (4 * mean("loss") + 0.003) * self.step) / self.step,
            clock=lambda: rec["clock"][:, s] + 0.0004 * rng.standard_normal(self.rows),
            one=lambda: np.ones(self.rows), disk=lambda: rec["disk"][:, s] * jitter(0.0005),
            evloop=lambda: 0.002 * jitter(0.2) / np.maximum(0.02, 1 - total("cpu_used") / (
                service.cores * ready)), lag=lambda: rec["lag"][:, s] * np.abs(jitter(0.1)),
            limited=lambda: rng.poisson(self.rate * rec["limited"][:, s] * self.step) / self.step,
            handshakes=lambda: rng.poisson(self.step * (rec["attempts"][:, into] * rec["block"][
                :, into]).sum(1)) / self.step,
            locks=lambda: rng.poisson(self.rate * mean("tail_p") * mean("tail_t")),
            longest=lambda: self.draw.handler[s].max(1) * 1.5,
            slowq=lambda: (self.draw.handler[s] > 12 * service.hold).mean(1) * self.rate,
            clients=lambda: np.round(10 + 3 * len(into) + 2 * total("busy")),
            misses=lambda: np.minimum(self.n / self.step, misses()),
            hits=lambda: np.maximum(0, self.n / self.step - misses()),
            evict=lambda: rng.poisson(rec["evict"][:, s] * self.step) / self.step,
            keys=lambda: np.round(rec["hot"][:, s] * self.limits[1] * 100 * jitter(0.002)),
            lag_msgs=lambda: rng.poisson(total("queue") + self.rate * 0.2),
            age=lambda: rec["age"][:, s].max(1) + mean("hold"),
            iowait=lambda: np.minimum(1, self.rate * (mean("own") - service.cpu) / (
                2.5 * service.rate * service.io)),
            offline=lambda: np.round(4 * rec["own_fail"][:, s].sum(1)),
            underrep=lambda: np.round(12 * rec["own_fail"][:, s].sum(1)))
        return np.asarray(measures[concept](), float)

    def edge_value(self, e, concept):
        """One measure a caller has of its calls to a callee."""
        rec, rng = self.rec, self.rng
        row = lambda name: np.maximum(rec[name][:, e], 0)
        count = lambda rate: rng.poisson(rate * self.step) / self.step
        n = np.maximum(row("attempts") * self.step, 1)
        measures = dict(
            c_rate=lambda: count(row("attempts")),
            c_err=lambda: count(row("attempts") * row("attempt_fail")),
            c_mean=lambda: np.where(row("attempts") * self.step > 0.3, row("latency") * np.exp(
                0.6 * rng.standard_normal(self.rows) / np.sqrt(n)), np.nan),
            c_open=lambda: (row("open") > 0.5) * 1.0, c_pool=lambda: rng.poisson(row("pool_use")),
            c_retry=lambda: count(row("calls") * row("extra")),
            c_pending=lambda: rng.poisson(row("calls") * row("pool_wait")),
            c_timeouts=lambda: count(row("attempts") * row("timed_out")))
        return np.asarray(measures[concept](), float)

    def quantiles(self, s, name):
        """Quantiles from a histogram's buckets or, in some, of a summary over the last minutes."""
        seconds = self.draw.handler[s]
        mesh = name.startswith("istio")
        if mesh:
            seconds = self.draw.seconds[s]
        edges = BUCKETS["istio" if mesh else str(self.rng.choice(["prom", "prom", "fine"]))]
        used = np.arange(seconds.shape[1]) < self.n[:, None]
        counts = np.array([(used & (seconds <= b)).sum(1) for b in edges], float).T
        counts *= (self.n / np.maximum(used.sum(1), 1))[:, None]
        counts = trailing(counts, self.window)
        for concept, q in LATENCIES.items():
            if self.rng.random() < 0.85:
                self.add(s, concept, f"{name}_{concept}", bucket_quantile(counts, edges, q), None)

    def add(self, s, concept, name, values, extra=None):
        """A column with the habits of a scraper: units, windows, rounding, gaps."""
        rng = self.rng
        if "_ms" in name or "milliseconds" in name or "totaltimems" in name:
            values = values * 1000
        if concept not in GAUGES and concept not in LATENCIES and not concept.endswith("mean"):
            values = trailing(values, self.window)
        metric, *labels = name.split("|")
        for label in labels:
            key, value = label.split("=")
            metric += f"_{value}" if self.plain_labels else f"_{key}_{value}"
        values = np.array(values, float)
        values[self.rec["ready"][:, s].sum(1) < 0.05] = np.nan
        late = np.flatnonzero(rng.random(self.rows) < 0.004)
        values[late[late > 0]] = values[late[late > 0] - 1]
        values[rng.random(self.rows) < 0.002] = np.nan
        full = f"{self.world.services[s].name}_{metric}"
        if full not in self.columns:
            self.columns[full] = values
            self.told.setdefault((s, concept), []).append((full, extra))

    def slos(self):
        """What users of the dashboards and devices get, and how old shown data are."""
        groups = dict(api="slo_", ingest="slo_ingest_")
        for group, prefix in groups.items():
            entries = [s for s, _, g in self.world.entries if g == group]
            rates = np.array([self.rec["lam"][:, s].sum(1) for s in entries])
            parts, bad, count = [], 0, 0
            for s, share in zip(entries, rates.mean(1) / rates.mean(1).sum()):
                self.counted(s)
                wire = self.rec["net"][:, s].mean(1) + 0.25 * self.rec["loss"][:, s].mean(1)
                kept = max(3, int(share * self.draw.count))
                parts.append(self.draw.seconds[s][:, :kept] + wire[:, None])
                bad, count = bad + self.n_bad, count + self.n
            seconds = np.concatenate(parts, 1)
            for name, q in LATENCIES.items():
                if group == "api" or name == "p99":
                    self.columns[f"{prefix}latency_{name}"] = np.quantile(seconds, q, axis=1)
            self.columns[prefix + "error_ratio"] = np.where(
                count > 0, bad / np.maximum(count, 1), np.nan)
            if group == "api":
                self.columns["slo_requests"] = count / self.step
        age = self.rec["data_age"] * (1 + 0.06 * self.rng.standard_normal((self.rows, 1)))
        self.columns["slo_data_age_p50"] = np.median(age, 1)
        self.columns["slo_data_age_p99"] = age.max(1)

    def worst_slo(self, before):
        """The column of the users that the incident moved most, in units of its usual spread."""
        def moved(name):
            values = self.columns[name]
            usual = values[:before]
            spread = np.nanstd(usual) + 0.05 * np.nanmean(usual) + 0.001 * ("ratio" in name)
            halves = np.array_split(values[before:], 2)
            return max(np.nanmean(half) for half in halves) / spread - np.nanmean(usual) / spread
        return max(self.slo_names, key=moved)

    def columns_of(self, root, concepts, how):
        """Columns of the root in which its fault shows best, the best one first."""
        callee = how.get("link") or how.get("calls_to") or how.get("to")
        return [name for concept in concepts for name, extra in self.told.get((root, concept), [])
                if not extra or not callee or extra == callee]

    def table(self):
        """Header and rows of metrics.csv."""
        cells = [["" if np.isnan(v) else "%.6g" % v for v in values]
                 for values in self.columns.values()]
        rows = [[str(int(t)), *row] for t, row in zip(self.times, zip(*cells))]
        return ["time", *self.columns], rows
