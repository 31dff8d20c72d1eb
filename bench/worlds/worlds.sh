#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# CPU seconds of simulated worlds of 2 h at 15 s: the simulation, with its twin
# without the fault, and series.csv; then with every file.
#
#   $1  the caus program, of a release build   $2  worlds; default 24
set -eu
caus=$1 count=${2:-24}
folder=$(mktemp -d "${TMPDIR:-/tmp}/caus-worlds.XXXXXX")
trap 'rm -rf "$folder"' EXIT
[ -x /usr/bin/time ] || { echo "skipped: GNU time is not installed"; exit 77; }

# cpu NAME OPTIONS...: mean and largest CPU seconds, largest memory.
cpu() {
    name=$1
    shift
    seed=0
    : >"$folder/times"
    while [ "$seed" -lt "$count" ]; do
        /usr/bin/time -a -o "$folder/times" -f "%U %S %M" "$caus" simulate \
            world --seed "$seed" --quiet -o "$folder/world" "$@"
        seed=$((seed + 1))
    done
    awk -v name="$name" '{s = $1 + $2; sum += s; if (s > top) top = s
        if ($3 > memory) memory = $3}
        END {printf "%-28s %3d worlds  mean %.2f s  largest %.2f s  %4d MiB\n",
             name, NR, sum / NR, top, memory / 1024}' "$folder/times"
}
cpu "5 services, series" --services 5 --only series.csv
cpu "10 services, series" --only series.csv
cpu "40 services, series" --services 40 --only series.csv
cpu "10 services, all files"
