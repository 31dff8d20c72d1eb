# SPDX-License-Identifier: Apache-2.0
# Real servers for the end-to-end tests: source this file, then
#
#   need prometheus promtool          exit 77 with a reason unless installed
#   make_work_dir                     WORK_DIR, removed at exit
#   load_openmetrics FILE DIR         back-dated blocks for start_prometheus
#   start_prometheus DIR [ARGS...]    sets PROMETHEUS_URL, PROMETHEUS_PID
#   start_clickhouse DIR              sets CLICKHOUSE_URL, CLICKHOUSE_TCP_PORT,
#                                     CLICKHOUSE_PID
#   start_bad_server KIND [ARGS]      bad_input_server; sets BAD_URL, BAD_PID
#   stop_server PID                   SIGTERM, then waits
#
# Everything started here is stopped when the shell exits, on loopback only, on
# ports found free at run time. Functions print the server's own words when it
# does not come up. Bash.

SERVER_PIDS=()
WORK_DIR=
LIB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

stop_server() {
    local pid=$1 tries=0
    kill -TERM "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ]; then
            kill -KILL "$pid" 2>/dev/null
        fi
        sleep 0.05
    done
    wait "$pid" 2>/dev/null
    return 0
}

clean_up() {
    local pid
    for pid in "${SERVER_PIDS[@]}"; do
        stop_server "$pid"
    done
    SERVER_PIDS=()
    if [ -n "$WORK_DIR" ]; then
        rm -rf "$WORK_DIR"
    fi
    WORK_DIR=
}
trap clean_up EXIT
trap 'exit 130' INT TERM

skip() {
    echo "skipped: $*"
    exit 77
}

fail() {
    echo "failed: $*" >&2
    exit 1
}

need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null 2>&1 ||
            skip "$program is not installed"
    done
}

make_work_dir() {
    WORK_DIR=$(mktemp -d "${TMPDIR:-/tmp}/caus-e2e.XXXXXX") ||
        fail "no temporary directory"
}

# A port nobody listens on now; the kernel hands them out in turn, so two calls
# give two ports. perl-base is part of every Debian.
free_port() {
    perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1,
        LocalAddr => "127.0.0.1", LocalPort => 0)->sockport'
}

# wait_for URL PID [CURL OPTIONS...]: up to 20 s for a 2xx answer.
wait_for() {
    local url=$1 pid=$2 tries=0
    shift 2
    until curl -sf -o /dev/null --max-time 2 "$@" "$url"; do
        kill -0 "$pid" 2>/dev/null || return 1
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || return 1
        sleep 0.1
    done
}

load_openmetrics() {
    promtool tsdb create-blocks-from openmetrics "$1" "$2" \
        >"$2.promtool.log" 2>&1 || {
        cat "$2.promtool.log" >&2
        fail "promtool did not take $1"
    }
}

# start_prometheus DIR [ARGS...]: without --config.file among the arguments
# nothing is scraped. Blocks in DIR are kept however old they are. With
# --web.config.file set PROMETHEUS_WAIT to the curl options that get in and
# PROMETHEUS_SCHEME to https if it is. PROMETHEUS_PORT chooses the port.
start_prometheus() {
    local dir=$1 argument config=/dev/null
    shift
    for argument in "$@"; do
        case $argument in --config.file=*) config= ;; esac
    done
    mkdir -p "$dir"
    local attempt port
    for attempt in 1 2 3; do
        port=${PROMETHEUS_PORT:-$(free_port)}
        prometheus ${config:+--config.file=$config} \
            --storage.tsdb.path="$dir" --storage.tsdb.retention.time=100y \
            --web.listen-address="127.0.0.1:$port" --log.level=warn "$@" \
            >"$dir.log" 2>&1 &
        PROMETHEUS_PID=$!
        PROMETHEUS_URL=${PROMETHEUS_SCHEME:-http}://127.0.0.1:$port
        # shellcheck disable=SC2086
        if wait_for "$PROMETHEUS_URL/-/ready" "$PROMETHEUS_PID" \
            ${PROMETHEUS_WAIT:-}; then
            SERVER_PIDS+=("$PROMETHEUS_PID")
            return 0
        fi
        stop_server "$PROMETHEUS_PID"
    done
    cat "$dir.log" >&2
    fail "prometheus did not come up"
}

write_clickhouse_config() {
    local dir=$1 http=$2 tcp=$3 interserver=$4
    cat >"$dir/config.xml" <<XML
<?xml version="1.0"?>
<yandex>
  <logger><level>warning</level><log>$dir/log/server.log</log>
    <errorlog>$dir/log/error.log</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>$http</http_port>
  <tcp_port>$tcp</tcp_port>
  <interserver_http_port>$interserver</interserver_http_port>
  <path>$dir/data/</path>
  <tmp_path>$dir/tmp/</tmp_path>
  <user_files_path>$dir/user_files/</user_files_path>
  <users_config>users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <timezone>UTC</timezone>
  <mark_cache_size>5368709120</mark_cache_size>
  <mlock_executable>false</mlock_executable>
</yandex>
XML
    # A test that needs other users writes users.xml first.
    [ -e "$dir/users.xml" ] || cat >"$dir/users.xml" <<XML
<?xml version="1.0"?>
<yandex>
  <profiles><default></default></profiles>
  <users><default><password></password>
    <networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile><quota>default</quota></default></users>
  <quotas><default></default></quotas>
</yandex>
XML
}

start_clickhouse() {
    local dir=$1 program http tcp
    program=$(command -v clickhouse-server || echo /usr/sbin/clickhouse-server)
    [ -x "$program" ] || skip "clickhouse-server is not installed"
    mkdir -p "$dir/data" "$dir/tmp" "$dir/user_files" "$dir/log"
    local attempt
    for attempt in 1 2 3; do
        http=$(free_port)
        tcp=$(free_port)
        write_clickhouse_config "$dir" "$http" "$tcp" "$(free_port)"
        (cd "$dir" && exec "$program" --config-file="$dir/config.xml") \
            >"$dir/log/out.log" 2>&1 &
        CLICKHOUSE_PID=$!
        CLICKHOUSE_URL=http://127.0.0.1:$http
        CLICKHOUSE_TCP_PORT=$tcp
        if wait_for "$CLICKHOUSE_URL/ping" "$CLICKHOUSE_PID"; then
            SERVER_PIDS+=("$CLICKHOUSE_PID")
            return 0
        fi
        stop_server "$CLICKHOUSE_PID"
    done
    cat "$dir/log/out.log" "$dir/log/error.log" >&2
    fail "clickhouse-server did not come up"
}

start_bad_server() {
    rm -f bad.port
    "$LIB_DIR/bad_input_server" bad.port "$@" &
    BAD_PID=$!
    SERVER_PIDS+=("$BAD_PID")
    local tries=0
    until [ -s bad.port ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || fail "bad_input_server $1 did not start"
        sleep 0.02
    done
    BAD_URL=http://127.0.0.1:$(cat bad.port)
}
