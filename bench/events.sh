#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Reading spans and comparing phases, on a made system of 40 services; no peer
# does the same on the same input. Paths to other span files may be given.
set -eu
cd "$(dirname "$0")/.."
program=${CAUS_BUILD:-build/release}/bench/bench_events
[ -x "$program" ] || {
    echo "$program is not built: cmake --build build/release"
    exit 77
}
exec "$program" "$@"
