#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Simulated worlds through real servers: calls are counted by Prometheus from
# the counters of every pod, errors and latency by ClickHouse from spans. Leaves
# FOLDER/<seed>/answer.json for score.py --answers, beside it the world's series,
# graph and truth, and those of the same world without the fault in twin/.
#
#   $1  the caus program  $2  FOLDER  $3  first seed  $4  last seed
#   $5…  options of caus simulate world
set -u
caus=$1 folder=$2 first=$3 last=$4
shift 4
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../../tests/e2e/lib.sh"
need prometheus promtool curl
make_work_dir
start_clickhouse "$WORK_DIR/clickhouse"
export CAUS_CLICKHOUSE_URL=$CLICKHOUSE_URL

# ask WORLD: the answer of both servers beside the truth.
ask() {
    local world=$1 names start end
    names=$(cut -d, -f2- <(head -n 1 "$world/series.csv") | tr , '\n' |
        grep -v '_calls$' | paste -sd,)
    start=$(sed -n 2p "$world/series.csv" | cut -d, -f1)
    end=$(tail -n 1 "$world/series.csv" | cut -d, -f1)
    "$caus" discover --metrics requests_total --traces "$names" \
        --topology "$world/graph.csv" --step 15s --start "$start" --end "$end" \
        --baseline none --format json --quiet >"$2/answer.json" 2>"$2/errors"
}

# simulate OPTIONS...: the world of $seed; of an option said twice the last counts.
simulate() {
    # 5 to 18 services, every fourth world 5 to 40.
    local services=$((5 + seed * 7 % (seed % 4 ? 14 : 36)))
    "$caus" simulate world --seed "$seed" --services $services --quiet "$@" \
        2>/dev/null || fail "seed $seed"
}

for seed in $(seq "$first" "$last"); do
    kept=$folder/$seed
    [ -s "$kept/answer.json" ] && continue
    world=$WORK_DIR/world
    rm -rf "$world" "$WORK_DIR/prometheus"
    mkdir -p "$kept"
    simulate --only series.csv,metrics.om,otel_traces.sql,spans.sql \
        -o "$world" "$@"
    simulate --only series.csv -o "$kept/twin" "$@" --fault none
    # Of the metrics the counters of requests are asked for: only they go in.
    grep -E '^(# (TYPE|HELP) requests( |$)|requests_total\{|# EOF)' \
        "$world/metrics.om" >"$WORK_DIR/counters.om"
    load_openmetrics "$WORK_DIR/counters.om" "$WORK_DIR/prometheus"
    start_prometheus "$WORK_DIR/prometheus"
    export CAUS_PROMETHEUS_URL=$PROMETHEUS_URL
    curl -sf "$CLICKHOUSE_URL/" --data-binary "DROP TABLE IF EXISTS otel_traces"
    curl -sf "$CLICKHOUSE_URL/" --data-binary @"$world/otel_traces.sql" ||
        fail "create table"
    if ! curl -sS --fail-with-body "$CLICKHOUSE_URL/" -X POST \
        -T "$world/spans.sql" >"$WORK_DIR/refusal"; then
        echo "seed $seed: $(head -c 300 "$WORK_DIR/refusal")"
        stop_server "$PROMETHEUS_PID"
        continue
    fi
    ask "$world" "$kept" || echo "seed $seed: $(head -n 1 "$kept/errors")"
    cp "$world/truth.json" "$world/graph.csv" "$world/series.csv" "$kept"
    stop_server "$PROMETHEUS_PID"
    echo "seed $seed done"
done
