#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Processor time of one explanation, 50 services, 300 series, 600 rows, one
# thread: of the library without reading, the symptom chosen, then named, the
# same services in health, then of the whole program. Paths of other metrics and
# their call graph may be given.
set -eu
cd "$(dirname "$0")/.."
build=${CAUS_BUILD:-build/release}
program=$build/bench/bench_explain
[ -x "$program" ] || {
    echo "$program is not built: cmake --build build/release"
    exit 77
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ $# -eq 0 ]; then
    python3 bench/rca/made.py "$folder"
    mkdir "$folder/healthy"
    python3 bench/rca/made.py "$folder/healthy" 50 600 1 healthy
    set -- "$folder/metrics.csv" "$folder/graph.csv"
fi
"$program" "$@"
[ $# -eq 1 ] || "$program" "$1"
if [ -d "$folder/healthy" ]; then
    echo "symptom named:"
    "$program" "$1" "$2" - s00_latency_p95
    echo "in health:"
    "$program" "$folder/healthy/metrics.csv" "$folder/healthy/graph.csv"
fi
times=20
run() {
    i=0
    while [ "$i" -lt "$times" ]; do
        "$build/src/cli/caus" explain --csv "$1" ${2:+--topology "$2"} \
            --format json --threads 1 --exit-zero -q >"$folder/answer.json"
        i=$((i + 1))
    done
}
(
    run "$@"
    times
) | awk -v n="$times" 'NR == 2 {
    for (i = 1; i <= 2; i++) {
        split($i, part, /[ms]/)
        total += part[1] * 60 + part[2]
    }
    printf "whole program with reading and JSON: %.1f ms a run\n",
        total * 1000 / n
}'
