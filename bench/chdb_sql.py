#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs caus's statements on today's ClickHouse engine (chdb, in process).

Creates the tables of the OpenTelemetry exporter (Map and JSON attributes), of
SigNoz v3 and of Uptrace, inserts the same spans into each, serves them over
loopback HTTP as clickhouse-server does, lets bench_clickhouse_fetch fetch
every aggregate, and compares with a count in Python; and compares, bit by
bit, the sums that the engine makes with those of the rows.

usage: [CAUS_BUILD=build/release] chdb_sql.py [--show-queries]

The interpreter needs the package chdb. Run by another one it starts itself
again with $CAUS_PYTHON; without chdb it says so and exits 77.

Column names and types follow, as of 2025/2026: OpenTelemetry collector contrib
exporter/clickhouseexporter/internal/sqltemplates/traces_table.sql and
traces_json_table.sql; SigNoz signoz-otel-collector
cmd/signozschemamigrator/schema_migrator/traces_migrations.go (migration 1000);
Uptrace pkg/bunapp/chmigrations/20230910231031_initial.up.sql (spans_index).
"""
import http.server
import json
import math
import os
import random
import subprocess
import sys
import threading
import urllib.parse

try:
    from chdb import session
except ImportError:
    interpreter = os.environ.get("CAUS_PYTHON")
    if interpreter and os.environ.get("CAUS_CHDB_TRIED") is None:
        os.environ["CAUS_CHDB_TRIED"] = "1"
        os.execv(interpreter, [interpreter] + sys.argv)
    print("skipped: the Python package chdb is not installed; "
          "name an interpreter that has it by CAUS_PYTHON")
    sys.exit(77)

NS = 1000000000
START = 1761706800  # 2025-10-29T03:00:00Z
MINUTES = 20
KINDS = ["Internal", "Server", "Client", "Producer", "Consumer"]

TABLES = {
    "otel_map": """CREATE TABLE otel_map.otel_traces (
        Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)), TraceId String,
        SpanId String, ParentSpanId String, TraceState String,
        SpanName LowCardinality(String), SpanKind LowCardinality(String),
        ServiceName LowCardinality(String),
        ResourceAttributes Map(LowCardinality(String), String),
        ScopeName String, ScopeVersion String,
        SpanAttributes Map(LowCardinality(String), String),
        Duration UInt64 CODEC(T64, ZSTD(1)),
        StatusCode LowCardinality(String), StatusMessage String,
        Events Nested (Timestamp DateTime64(9), Name LowCardinality(String),
            Attributes Map(LowCardinality(String), String)),
        Links Nested (TraceId String, SpanId String, TraceState String,
            Attributes Map(LowCardinality(String), String)),
        INDEX idx_span_attr_key mapKeys(SpanAttributes)
            TYPE bloom_filter(0.01) GRANULARITY 1,
        INDEX idx_duration Duration TYPE minmax GRANULARITY 1)
        ENGINE = MergeTree PARTITION BY toDate(Timestamp)
        PRIMARY KEY (ServiceName, SpanName, toDateTime(Timestamp))
        ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)""",
    "otel_json": """CREATE TABLE otel_json.otel_traces (
        Timestamp DateTime64(9), TraceId String, SpanId String,
        ParentSpanId String, TraceState String,
        SpanName LowCardinality(String), SpanKind LowCardinality(String),
        ServiceName LowCardinality(String), ResourceAttributes JSON,
        ScopeName String, ScopeVersion String, SpanAttributes JSON,
        Duration UInt64, StatusCode LowCardinality(String),
        StatusMessage String,
        INDEX idx_duration Duration TYPE minmax GRANULARITY 1)
        ENGINE = MergeTree PARTITION BY toDate(Timestamp)
        ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)""",
    "signoz_traces": """CREATE TABLE signoz_traces.signoz_index_v3 (
        ts_bucket_start UInt64, resource_fingerprint String,
        timestamp DateTime64(9), trace_id FixedString(32), span_id String,
        trace_state String, parent_span_id String, flags UInt32,
        name LowCardinality(String), kind Int8, kind_string String,
        duration_nano UInt64, status_code Int16, status_message String,
        status_code_string String,
        attributes_string Map(LowCardinality(String), String),
        attributes_number Map(LowCardinality(String), Float64),
        attributes_bool Map(LowCardinality(String), Bool),
        resources_string Map(LowCardinality(String), String),
        events Array(String), links String, has_error Bool,
        `resource_string_service$$name` LowCardinality(String)
            DEFAULT resources_string['service.name'],
        durationNano UInt64 ALIAS duration_nano,
        serviceName LowCardinality(String)
            ALIAS `resource_string_service$$name`,
        INDEX idx_kind kind TYPE minmax GRANULARITY 4)
        ENGINE = MergeTree PARTITION BY toDate(timestamp)
        ORDER BY (ts_bucket_start, resource_fingerprint, has_error, name,
                  timestamp)""",
    "uptrace": """CREATE TABLE uptrace.spans_index (
        id UInt64, trace_id UUID, parent_id UInt64, project_id UInt32,
        type LowCardinality(String), system LowCardinality(String),
        group_id UInt64, kind LowCardinality(String),
        name LowCardinality(String), event_name String, display_name String,
        time DateTime, duration Int64, count Float32,
        status_code LowCardinality(String), status_message String,
        all_keys Array(LowCardinality(String)),
        string_keys Array(LowCardinality(String)),
        string_values Array(String), service_name LowCardinality(String),
        http_route LowCardinality(String))
        ENGINE = MergeTree PARTITION BY toDate(time)
        ORDER BY (project_id, system, group_id, time)""",
}


def make_spans():
    """(start_ns, duration_ns, service, name, kind, failed, attributes)"""
    chance = random.Random(5)
    spans = []

    def add(start_s, duration_s, service, kind, failed, attributes):
        spans.append((int(start_s * 1e9), int(duration_s * 1e9), service,
                      "op", kind, failed, attributes))

    for minute in range(MINUTES):
        base = START + 60 * minute
        if minute == 12:
            continue  # nobody
        for i in range(0 if minute == 7 else 80):
            start = base + chance.random() * 60
            duration = 0.01 + chance.random() ** 3
            attributes = {"app.tenant": "it's \\ \u2603" if i % 3 else "b"}
            if i % 4 == 0:
                attributes["http.status_code"] = 200
            if i % 8 == 0:
                attributes["ok.flag"] = True
            failed = chance.random() < 0.1
            add(start, duration, "check'out", "Server", failed, attributes)
            add(start, duration / 2, "check'out", "Client", False, {})
        for i in range(9):
            add(base + 6 * i, 0.001 * (i + 1), "worker", "Internal", False, {})
    return spans


def insert(db, spans):
    def run(table, rows):
        text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        db.query("INSERT INTO %s FORMAT JSONEachRow %s" % (table, text))

    def stamp(ns):
        return "%d.%09d" % (ns // NS, ns % NS)

    def text(value):
        return str(value).lower() if isinstance(value, bool) else str(value)

    for database, kind_of, status_of, attributes_of in (
            ("otel_map", lambda k: k, ("Unset", "Error"),
             lambda a: {k: text(v) for k, v in a.items()}),
            ("otel_json", lambda k: "SPAN_KIND_" + k.upper(),
             ("STATUS_CODE_UNSET", "STATUS_CODE_ERROR"), lambda a: a)):
        run(database + ".otel_traces", [
            {"Timestamp": stamp(s), "ServiceName": service, "SpanName": name,
             "SpanKind": kind_of(kind), "StatusCode": status_of[failed],
             "Duration": d, "SpanAttributes": attributes_of(attributes),
             "ResourceAttributes": {"host.name": "n1"}}
            for s, d, service, name, kind, failed, attributes in spans])
    run("signoz_traces.signoz_index_v3", [
        {"ts_bucket_start": s // NS // 1800 * 1800, "timestamp": stamp(s),
         "name": name, "kind": KINDS.index(kind) + 1, "kind_string": kind,
         "duration_nano": d, "has_error": failed,
         "attributes_string": {k: v for k, v in attributes.items()
                               if isinstance(v, str)},
         "attributes_number": {k: v for k, v in attributes.items()
                               if type(v) is int},
         "attributes_bool": {k: v for k, v in attributes.items()
                             if isinstance(v, bool)},
         "resources_string": {"service.name": service, "host.name": "n1"}}
        for s, d, service, name, kind, failed, attributes in spans])
    run("uptrace.spans_index", [
        {"time": s // NS, "name": name, "kind": kind.lower(), "duration": d,
         "status_code": "error" if failed else "unset",
         "service_name": service,
         "string_keys": ["host_name"] + [k.replace(".", "_")
                                         for k in attributes],
         "string_values": ["n1"] + [text(v) for v in attributes.values()]}
        for s, d, service, name, kind, failed, attributes in spans])


def quantile(durations, level):
    durations = sorted(durations)
    place = level * (len(durations) - 1)
    below = int(place)
    above = durations[min(below + 1, len(durations) - 1)]
    rest = place - below
    return round(durations[below] * (1 - rest) + above * rest) / 1e9


def wanted(spans, spec, time, step, whole_seconds):
    """The value and support of a variable, or None for a missing one."""
    service, value = spec[0], spec[1]
    kind = spec[2] if len(spec) > 2 else ""
    entry = any(s[2] == service and s[4] in ("Server", "Consumer")
                for s in spans)
    found, anybody = [], False
    for s in spans:
        start = s[0] // NS * NS + NS // 2 if whole_seconds else s[0]
        end = start + s[1]
        if not (time - step) * NS < end <= time * NS:
            continue
        anybody = True
        if s[2] != service:
            continue
        if kind and s[4].lower() != kind.lower():
            continue
        if not kind and entry and s[4] not in ("Server", "Consumer"):
            continue
        if len(spec) > 3:
            attributes = dict(s[6], **{"host.name": "n1"})
            have = attributes.get(spec[3])
            have = None if have is None else (
                str(have).lower() if isinstance(have, bool) else str(have))
            fits = {"equals": have == spec[5],
                    "contains": have is not None and spec[5] in have,
                    "isnotnull": have is not None}[spec[4]]
            if spec[3] == "error" and s[5]:
                fits = True
            if not fits:
                continue
        found.append(s)
    count, errors = len(found), sum(s[5] for s in found)
    if value in ("calls", "errors"):
        number = count if value == "calls" else errors
        return (number, count) if anybody else None
    if not count or (value.startswith("latency") and count < 5):
        return None
    if value == "error_ratio":
        return errors / count, count
    durations = [s[1] for s in found]
    if value == "latency_avg":
        return sum(durations) / count / 1e9, count
    return quantile(durations, {"latency_p50": .5, "latency_p95": .95,
                                "latency_p99": .99}[value]), count


def serve(db):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            sql = self.rfile.read(int(self.headers["Content-Length"])).decode()
            try:
                body, status = db.query(sql, "RowBinary").bytes(), 200
            except Exception as problem:  # the engine's words, as a server
                body, status = str(problem).encode(), 500
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def specs_for(service):
    values = ["calls", "errors", "error_ratio", "latency_avg", "latency_p50",
              "latency_p95", "latency_p99"]
    specs = [(service, value) for value in values]
    if service == "worker":
        return specs
    specs += [
        (service, "calls", "client"),
        (service, "calls", "", "app.tenant", "equals", "it's \\ \u2603"),
        (service, "calls", "", "app.tenant", "contains", "\\"),
        (service, "calls", "", "app.tenant", "isnotnull", ""),
        (service, "calls", "", "http.status_code", "equals", "200"),
        (service, "calls", "", "ok.flag", "equals", "true"),
        (service, "calls", "", "host.name", "equals", "n1"),
        (service, "calls", "", "error", "equals", "true"),
    ]
    return specs


def main():
    program = os.path.join(os.environ.get("CAUS_BUILD", "build/release"),
                           "bench", "bench_clickhouse_fetch")
    show = "--show-queries" in sys.argv
    db = session.Session()
    for database, table in TABLES.items():
        db.query("CREATE DATABASE " + database)
        db.query(table)
    spans = make_spans()
    insert(db, spans)
    version = str(db.query("SELECT version()")).strip().strip('"')
    server = serve(db)
    checked = wrong = grams = summed = 0
    for database in TABLES:
        for step in (60, 5):
            for service in ("check'out", "worker"):
                specs = specs_for(service)
                url = "http://127.0.0.1:%d/?%s" % (
                    server.server_address[1],
                    urllib.parse.urlencode({"database": database}))
                end = START + 60 * MINUTES
                ran = subprocess.run(
                    [program, url, str(START), str(end), str(step)] +
                    ["|".join(spec) for spec in specs],
                    capture_output=True, text=True)
                if ran.returncode:
                    print("failed:", database, ran.stderr)
                    return 1
                got = {}
                for line in ran.stdout.splitlines():
                    fields = line.split("\t")
                    if fields[0] == "value":
                        got[fields[1], int(fields[2]) // NS] = (
                            float(fields[3]), float(fields[4]))
                    elif fields[0] == "gram":
                        grams += 1
                        summed += int(fields[1])
                        wrong += fields[2] != "same"
                    elif fields[0] == "query" and show:
                        print(fields[1] + ";")
                for spec in specs:
                    for time in range(START, end + 1, step):
                        want = wanted(spans, spec, time, step,
                                      database == "uptrace")
                        have = got.get(("|".join(spec), time))
                        checked += 1
                        same = (want is None) == (have is None) and (
                            want is None or (
                                math.isclose(want[0], have[0], rel_tol=1e-12,
                                             abs_tol=1.01e-9) and
                                want[1] == have[1]))
                        if not same:
                            wrong += 1
                            if wrong <= 20:
                                print("differs:", database, step, spec,
                                      time - START, have, want)
    print("ClickHouse engine %s: %d tables, %d values and %d grams of %d rows "
          "compared, %d differ" %
          (version, len(TABLES), checked, grams, summed, wrong))
    server.shutdown()
    db.close()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
