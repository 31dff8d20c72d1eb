#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A cold command to its sentence: 30 variables from a real Prometheus (15) and a
# real ClickHouse (15 of 5 services) on loopback, 2 h and 6 h of baseline. Goals:
# at most 3 s of wall time, at most variables + 5 queries.
set -u
cd "$(dirname "$0")/.."
caus=$(realpath "${CAUS_BUILD:-build/release}")/src/cli/caus
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh
need prometheus promtool curl
[ -x "$caus" ] || skip "no $caus: make bench builds it"
make_work_dir

start=$(date -u -d 2025-10-28T20:00:00Z +%s)
end=$((start + 33000))
# 10 gauges and 5 counters, a scrape every 15 s
awk -v s="$start" -v e="$end" 'BEGIN {
    srand(5)
    for (m = 0; m < 15; m++) {
        counter = m >= 10; level = 0; total = 0
        name = counter ? "work" m "_total" : "load" m
        print "# TYPE " (counter ? "work" m : name) " " (counter ? "counter" : "gauge")
        for (t = s; t <= e; t += 15) {
            level = 0.95 * level + rand() - 0.5
            total += int(20 + 5 * level + 5 * rand())
            printf "%s{service=\"s%d\"} %.6f %d\n", name, m, counter ? total : level, t
        }
    }
    print "# EOF"
}' >"$WORK_DIR/metrics.om"
# 5 services, 60 spans a minute each
awk -v s="$start" -v e="$end" 'BEGIN {
    srand(6)
    for (v = 0; v < 5; v++) {
        level = 0
        for (t = s; t <= e; t++) {
            if (t % 60 == 0) level = 0.7 * level + rand() - 0.5
            printf "%d%09d\t%x\t%x\t\thandle\tServer\tsvc%d\t[]\t[]\t[]\t[]\t%d\t%s\t\n", \
                t, int(rand() * 9e8), t, v, v, 1e7 * exp(level) * (0.5 + rand()), \
                rand() < 0.05 + 0.02 * level ? "Error" : "Ok"
        }
    }
}' >"$WORK_DIR/spans.tsv"
load_openmetrics "$WORK_DIR/metrics.om" "$WORK_DIR/prometheus"
start_prometheus "$WORK_DIR/prometheus"
start_clickhouse "$WORK_DIR/clickhouse"
curl -sf "$CLICKHOUSE_URL/" --data-binary @tools/incident/otel_traces.sql ||
    fail "create table"
curl -sf "$CLICKHOUSE_URL/?query=INSERT%20INTO%20otel_traces%20FORMAT%20TabSeparated" \
    --data-binary @"$WORK_DIR/spans.tsv" || fail "insert"

metrics=$(printf 'load%s,' 0 1 2 3 4 5 6 7 8 9)$(printf 'work%s_total,' 10 11 12 13 14)
traces=$(for v in 0 1 2 3 4; do printf 'svc%s_latency,svc%s_errors,svc%s_calls,' $v $v $v; done)
export CAUS_PROMETHEUS_URL=$PROMETHEUS_URL CAUS_CLICKHOUSE_URL=$CLICKHOUSE_URL
for run in 1 2 3 4 5; do
    begin=$(date +%s%N)
    "$caus" discover --metrics="${metrics%,}" --traces="${traces%,}" \
        --start=2025-10-29T03:00:00Z --end=2025-10-29T05:00:00Z --max-lag 5 \
        --format text --show-queries >"$WORK_DIR/out" 2>"$WORK_DIR/err" ||
        fail "$(cat "$WORK_DIR/err")"
    printf 'run %d: %d ms wall, %d queries for 30 variables\n' "$run" \
        $((($(date +%s%N) - begin) / 1000000)) \
        "$(grep -c '^caus: \(prometheus\|clickhouse\): ' "$WORK_DIR/err")"
done
head -n 6 "$WORK_DIR/out"
