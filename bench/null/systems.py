#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Four programs that no test made, under light load, watched by a Prometheus.

Starts, on free ports of 127.0.0.1, Prometheus (which scrapes itself), a node
exporter, an Alertmanager and ClickHouse 18.16 (which has no metrics endpoint:
a small one here gives its system tables the names that later versions use),
and asks them for work: queries, inserts and selects, alerts, files. Each kind
of work comes at random times, at a rate that wanders on its own. Nothing else
links them but the machine.

  systems.py DIR MINUTES [SEED]

What stays in DIR: prometheus/ (the data), urls.json, log/. Needs the Debian
packages prometheus, prometheus-node-exporter, prometheus-alertmanager and
clickhouse-server; takes about a tenth of a core.
"""
import http.server
import json
import math
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRAPE_S = 5
WANDER_S, WANDER = 90, .5  # time constant and deviation of a rate's logarithm
TABLES = {  # system table: prefix, type, columns
    "metrics": ("ClickHouseMetrics_", "gauge", "metric, value"),
    "events": ("ClickHouseProfileEvents_", "counter", "event, value"),
    "asynchronous_metrics": ("ClickHouseAsyncMetrics_", "gauge",
                             "metric, value"),
}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def ask(url, body=None, kind="text/plain"):
    request = urllib.request.Request(url, body, {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return reply.read().decode()


def wait_for(url):
    for _ in range(150):
        try:
            return ask(url)
        except OSError:
            time.sleep(.2)
    raise SystemExit(f"systems.py: nothing answers at {url}; see DIR/log")


# --- the servers -----------------------------------------------------------


class Systems:
    def __init__(self, folder):
        self.folder = folder
        self.children = []
        names = ("prometheus", "node", "alertmanager", "gossip", "clickhouse",
                 "tcp", "interserver", "exporter")
        self.port = dict(zip(names, free_ports(len(names))))

    def url(self, name):
        return f"http://127.0.0.1:{self.port[name]}"

    def start(self, name, *command):
        with open(self.folder / "log" / f"{name}.out", "ab") as log:
            self.children.append(subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL))

    def start_clickhouse(self):
        config = ROOT / "tools/incident/config"
        text = (config / "clickhouse.xml").read_text()
        for word, value in (("DIR", self.folder),
                            ("HTTP", self.port["clickhouse"]),
                            ("TCP", self.port["tcp"]),
                            ("INTERSERVER", self.port["interserver"])):
            text = text.replace(f"@{word}@", str(value))
        (self.folder / "clickhouse.xml").write_text(text)
        (self.folder / "config").mkdir()
        (self.folder / "config/users.xml").write_text(
            (config / "users.xml").read_text())
        for name in ("clickhouse", "clickhouse-tmp", "clickhouse-files"):
            (self.folder / name).mkdir()
        self.start("clickhouse", "/usr/sbin/clickhouse-server",
                   f"--config-file={self.folder}/clickhouse.xml")
        wait_for(self.url("clickhouse") + "/ping")
        ask(self.url("clickhouse"),
            b"CREATE TABLE orders (at DateTime, shop UInt32, price Float64) "
            b"ENGINE = MergeTree PARTITION BY toYYYYMMDD(at) ORDER BY "
            b"(shop, at)")

    def start_alertmanager(self):
        (self.folder / "alertmanager.yml").write_text(
            "route: {receiver: none, group_wait: 5s, group_interval: 10s}\n"
            "receivers: [{name: none}]\n")
        self.start("alertmanager", "prometheus-alertmanager",
                   f"--config.file={self.folder}/alertmanager.yml",
                   f"--storage.path={self.folder}/alertmanager",
                   f"--web.listen-address=127.0.0.1:{self.port['alertmanager']}",
                   f"--cluster.listen-address=127.0.0.1:{self.port['gossip']}")
        wait_for(self.url("alertmanager") + "/-/ready")

    def start_prometheus(self):
        jobs = "".join(
            f"- job_name: {job}\n  static_configs: "
            f"[{{targets: ['127.0.0.1:{self.port[name]}']}}]\n"
            for job, name in (("prometheus", "prometheus"), ("node", "node"),
                              ("alertmanager", "alertmanager"),
                              ("clickhouse", "exporter")))
        (self.folder / "prometheus.yml").write_text(
            f"global: {{scrape_interval: {SCRAPE_S}s, scrape_timeout: 4s}}\n"
            f"scrape_configs:\n{jobs}")
        self.start("prometheus", "prometheus",
                   f"--config.file={self.folder}/prometheus.yml",
                   f"--storage.tsdb.path={self.folder}/prometheus",
                   "--storage.tsdb.retention.time=100y",
                   f"--web.listen-address=127.0.0.1:{self.port['prometheus']}")
        wait_for(self.url("prometheus") + "/-/ready")

    def start_all(self):
        self.start_clickhouse()
        self.start("node", "prometheus-node-exporter",
                   f"--web.listen-address=127.0.0.1:{self.port['node']}")
        self.start_alertmanager()
        self.start_prometheus()
        urls = {name: self.url(name) for name in self.port}
        (self.folder / "urls.json").write_text(json.dumps(urls, indent=1))

    def stop(self):
        for child in reversed(self.children):
            child.terminate()
            child.wait()


# --- ClickHouse's metrics --------------------------------------------------


def clickhouse_metrics(url):
    lines = []
    for table, (prefix, kind, columns) in TABLES.items():
        rows = ask(url, f"SELECT {columns} FROM system.{table}".encode())
        for row in rows.splitlines():
            name, value = row.split("\t")
            name = prefix + re.sub("[^A-Za-z0-9_]", "_", name)
            lines += [f"# TYPE {name} {kind}", f"{name} {value}"]
    return "\n".join(lines) + "\n"


def serve_clickhouse_metrics(url, port):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = clickhouse_metrics(url).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


# --- work ------------------------------------------------------------------


def query_prometheus(systems, chance):
    name = chance.choice(("prometheus_http_request_duration_seconds_bucket",
                          "node_cpu_seconds_total",
                          "alertmanager_http_response_size_bytes_bucket"))
    end = time.time()
    query = {"query": f"sum by (job) (rate({name}[1m]))",
             "start": end - chance.expovariate(1 / 300) - 60, "end": end,
             "step": 15}
    ask(systems.url("prometheus") + "/api/v1/query_range?"
        + urllib.parse.urlencode(query))


def insert_rows(systems, chance):
    count = int(chance.expovariate(1 / 3000)) + 1
    ask(systems.url("clickhouse"),
        f"INSERT INTO orders SELECT now(), rand() % 100, rand() / 1e6 "
        f"FROM system.numbers LIMIT {count}".encode())


def select_rows(systems, chance):
    span = int(chance.expovariate(1 / 600)) + 10
    ask(systems.url("clickhouse"),
        f"SELECT shop, quantile(.9)(price) FROM orders WHERE at > now() - "
        f"{span} GROUP BY shop FORMAT TSV".encode())


def post_alerts(systems, chance):
    alerts = [{"labels": {"alertname": f"a{chance.randrange(40)}",
                          "shop": str(chance.randrange(20))}}
              for _ in range(chance.randrange(1, 6))]
    ask(systems.url("alertmanager") + "/api/v2/alerts",
        json.dumps(alerts).encode(), "application/json")


def write_file(systems, chance):
    path = systems.folder / "scratch"
    with open(path, "wb") as file:
        file.write(os.urandom(int(chance.expovariate(1 / 400_000)) + 1))
        os.fsync(file.fileno())


def work(systems, do, rate, chance, end):
    """Poisson, at a rate whose logarithm is a stationary AR(1)."""
    level, last = chance.gauss(0, WANDER), time.time()
    while (now := time.time()) < end:
        keep = math.exp(-(now - last) / WANDER_S)
        level = keep * level + math.sqrt(1 - keep ** 2) * chance.gauss(0, WANDER)
        last = now
        time.sleep(min(chance.expovariate(rate * math.exp(level)), 20))
        try:
            do(systems, chance)
        except OSError as error:
            print(f"{do.__name__}: {error}", file=sys.stderr, flush=True)


KINDS = ((query_prometheus, 1.), (insert_rows, .8), (select_rows, 1.),
         (post_alerts, .8), (write_file, .7))


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    if (folder / "prometheus").exists():
        raise SystemExit(f"systems.py: {folder} already holds a recording")
    end = time.time() + 60 * float(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    (folder / "log").mkdir(parents=True)
    systems = Systems(folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        systems.start_all()
        serve_clickhouse_metrics(systems.url("clickhouse"),
                                 systems.port["exporter"])
        threads = [threading.Thread(target=work, args=(
            systems, do, rate, random.Random(seed * 100 + at), end), daemon=True)
            for at, (do, rate) in enumerate(KINDS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        systems.stop()


if __name__ == "__main__":
    main()
