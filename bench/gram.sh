#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sums that travel: building and merging grams beside plain rows and numpy's
# doubles; and ClickHouse summing up beside fetching its rows: bytes of all
# replies, CPU of both ends and wall time.
#
#   CAUS_BUILD   the build folder (build/release)
#   CAUS_PYTHON  an interpreter with numpy; without one it is left out
set -u
here=$(realpath "$(dirname "$0")")
caus=$(realpath "${CAUS_BUILD:-build/release}/src/cli/caus")
# shellcheck source=tests/e2e/lib.sh
. "$here/../tests/e2e/lib.sh"
need perl curl
make_work_dir
cd "$WORK_DIR" || exit 1

cat >measure.pl <<'PERL'
use Time::HiRes qw(time);
my $start = time; my @before = times;
open my $out, ">&", \*STDOUT; open STDOUT, ">", "/dev/null";
open STDERR, ">", "err";
system(@ARGV) == 0 or do { print $out "failed: @ARGV\n"; exit 1 };
my @after = times;
printf $out "%.3f s wall, %.3f s CPU", time - $start,
    $after[2] + $after[3] - $before[2] - $before[3];
PERL
measure() {
    local name=$1
    shift
    printf '%-44s %s\n' "$name" "$(perl measure.pl "$@")"
}

# ---- files ----
rows=100000 variables=20
awk -v rows=$rows -v n=$variables 'BEGIN {
    srand(3)
    printf "time"
    for (v = 0; v < n; v++) printf ",x%02d", v
    print ""
    for (t = 0; t < rows; t++) {
        printf "%d", 1700000000 + 15 * t
        for (v = 0; v < n; v++) {
            x[v] = .5 * x[v] + .3 * x[(v + 1) % n] + rand() - .5
            printf ",%.6f", x[v]
        }
        print ""
    }
}' >all.csv
echo "$rows rows, $variables variables, lags up to 3:"
measure "reading the rows (correlation)" "$caus" discover --csv all.csv \
    --method correlation --max-lag 0 --threads 1 --format json
measure "gram build" "$caus" gram build --csv all.csv --max-lag 3 --threads 1 \
    -o all.gram
"$caus" gram build --csv all.csv --max-lag 3 --threads 1 -o all.gram \
    --timings >/dev/null 2>timings
echo "  of which: $(grep -E '(read|sums|write)' timings | tr -s ' \n' ' ')"
for k in 0 1 2 3; do
    first=$((k * rows / 4 + 2)) last=$(((k + 1) * rows / 4 + 1))
    (head -1 all.csv && sed -n "$((k ? first - 6 : first)),${last}p" all.csv) \
        >part.csv
    "$caus" gram build --csv part.csv --max-lag 3 -o $k.gram >/dev/null
done
measure "gram merge of four" "$caus" gram merge 0.gram 1.gram 2.gram 3.gram \
    -o merged.gram
measure "pcmci+ on rows" "$caus" discover --csv all.csv --method pcmci+ \
    --max-lag 3 --threads 1 --format json
measure "pcmci+ on sums" "$caus" discover --gram merged.gram --method pcmci+ \
    --threads 1 --format json
echo "bytes: CSV $(stat -c %s all.csv), gram $(stat -c %s merged.gram)"
cat >peer.py <<'PY'
import time
import numpy
x = numpy.loadtxt("all.csv", delimiter=",", skiprows=1)[:, 1:]
start = time.process_time()
lags = numpy.hstack([x[6 - k:len(x) - k] for k in range(7)])
lags.T @ lags
print("numpy, the sums alone, in doubles, one thread   %.3f s CPU" %
      (time.process_time() - start))
PY
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "${CAUS_PYTHON:-python3}" peer.py \
    2>/dev/null || echo "without numpy: set CAUS_PYTHON"

# ---- a server ----
start_clickhouse "$WORK_DIR/clickhouse"
export CAUS_CLICKHOUSE_URL=$CLICKHOUSE_URL CAUS_CLICKHOUSE_TIMEOUT=300
post() { curl -sf "$CLICKHOUSE_URL/" --data-binary "$1" || fail "$1"; }
post "CREATE TABLE otel_traces (TimestampNs UInt64, Timestamp DateTime
MATERIALIZED toDateTime(intDiv(TimestampNs, 1000000000)), TraceId String, SpanId
String, ParentSpanId String, SpanName String, SpanKind String, ServiceName
String, ResourceAttributes Nested(k String, v String), SpanAttributes Nested(k
String, v String), Duration UInt64, StatusCode String, StatusMessage String)
ENGINE = MergeTree PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, Timestamp)"
# six spans of three services in each of 120,000 steps of 15 s
steps=120000
post "INSERT INTO otel_traces (TimestampNs, SpanName, SpanKind, ServiceName,
Duration, StatusCode) SELECT toUInt64(1761706800000000000 + 15000000000 *
intDiv(number, 18) + 2000000000 * (number % 6)), 'op', 'Server',
arrayElement(['auth', 'cart', 'pay'], toUInt32(intDiv(number, 6) % 3 + 1)),
10000000 + intHash64(number) % 90000000 + intHash64(intDiv(number, 18)) %
50000000, if(intHash64(number + 7) % 9 = 0, 'Error', 'Ok')
FROM (SELECT arrayJoin(range($steps * 18)) AS number)"

server_cpu() { awk '{ printf "%.2f", ($14 + $15) / 100 }' "/proc/$CLICKHOUSE_PID/stat"; }
# statements again, for their bytes
replay() {
    local total=0 size
    while read -r line; do
        size=$(curl -s -o /dev/null -w '%{size_download}' \
            "$CLICKHOUSE_URL/?default_format=RowBinary" --data-binary "$line")
        total=$((total + size))
    done < <(sed -n 's/^caus: clickhouse: //p' "$1")
    echo "$total bytes in $(grep -c '^caus: clickhouse: ' "$1") replies"
}
run_both() {
    local name=$1 traces=$2 seconds=$3
    local window="--start 2025-10-29T03:00:15Z --step 15s"
    window="$window --end $(date -u -d "@$((1761706800 + seconds))" +%FT%TZ)"
    echo "$name, $((seconds / 15)) steps, lags up to 2:"
    for how in "" --push-down; do
        local before after
        before=$(server_cpu)
        # shellcheck disable=SC2086
        measure "  ${how:-rows}" "$caus" gram build $how --traces "$traces" \
            $window --max-lag 2 --threads 1 -o "${how:-rows}.gram"
        after=$(server_cpu)
        # shellcheck disable=SC2086
        "$caus" gram build $how --traces "$traces" $window --max-lag 2 \
            --show-queries -o "${how:-rows}.gram" 2>shown >/dev/null
        echo "    server $(perl -e "printf '%.2f', $after - $before") s CPU," \
            "$(replay shown)"
    done
}
counts=auth_calls,auth_errors,cart_errors,pay_errors
mixed=$counts,auth_latency_p50,cart_latency_avg,pay_latency_p50,auth_error_ratio
run_both "four counts" $counts $((6000 * 15))
run_both "four counts" $counts $((steps * 15))
run_both "eight, half latencies" $mixed $((6000 * 15))
run_both "eight, half latencies" $mixed $((steps * 15))
