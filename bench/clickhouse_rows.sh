#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# 1 M rows (UInt32, Float64) from a real clickhouse-server on loopback: caus
# (HTTP, RowBinary, into arrays) beside clickhouse-client writing the same rows
# as RowBinary to /dev/null. Alternating runs; wall and CPU of the client
# process alone, median and smallest.
#
#   CAUS_BUILD  the build folder (build/release)   $1  runs of each (15)
set -u
program=$(realpath "${CAUS_BUILD:-build/release}/bench/bench_clickhouse")
runs=${1:-15}
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../tests/e2e/lib.sh"
need clickhouse-client perl
make_work_dir
start_clickhouse "$WORK_DIR/clickhouse"
post() { curl -sf "$CLICKHOUSE_URL/" --data-binary "$1" || fail "$1"; }
post "CREATE TABLE points (time UInt32, value Float64) ENGINE = MergeTree
      ORDER BY time"
post "INSERT INTO points SELECT toUInt32(1700000000 + number), rand() / 1e6
      FROM numbers(1000000)"
sql="SELECT time, value FROM points"

cat >"$WORK_DIR/measure.pl" <<'PERL'
use Time::HiRes qw(time);
my $start = time; my @before = times;
system(@ARGV) == 0 or die "failed: @ARGV";
my @after = times;
printf "%.4f %.4f\n", time - $start,
    $after[2] + $after[3] - $before[2] - $before[3];
PERL
measure() { perl "$WORK_DIR/measure.pl" "$@"; }
caus() { measure sh -c 'exec "$@" >/dev/null' sh "$program" "$CLICKHOUSE_URL" "$sql"; }
client() {
    measure sh -c 'exec "$@" >/dev/null' sh clickhouse-client \
        --host 127.0.0.1 --port "$CLICKHOUSE_TCP_PORT" \
        --format RowBinary --query "$sql"
}
"$program" "$CLICKHOUSE_URL" "$sql" | grep -q '^1000000 rows' || fail "rows"
client >/dev/null
for _ in $(seq "$runs"); do
    caus >>"$WORK_DIR/caus"
    client >>"$WORK_DIR/client"
done
column() { cut -d' ' -f"$2" "$WORK_DIR/$1" | sort -g; }
for who in caus client; do
    for what in 1 2; do
        column $who $what | awk -v who=$who -v what=$what -v n="$runs" '
            { v[NR] = $1 } END { printf "%s %s: median %.3f s, smallest %.3f s\n",
                who, what == 1 ? "wall" : "CPU", v[int((n + 1) / 2)], v[1] }'
    done
done
