#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Static structure learning: a table of sizes, then ten seeds of the score
# search at 200 variables, then PC's skeletons beside the stored ones of other
# programs.
#
#   CAUS_BUILD   the build folder (build/release)
#   CAUS_DATA    the folder of shared data sets (../shared/data); without it the
#                reason is printed and the exit status is 77
here=$(dirname "$0")
build=${CAUS_BUILD:-$here/../build/release}
"$build/bench/bench_structure" || exit 1
for rows in 1000 5000; do
    for seed in 1 2 3 4 5 6 7 8 9 10; do
        "$build/bench/bench_structure" xges 200 4 "$seed" "$rows" || exit 1
    done
done
exec python3 "$here/skeletons.py" "$build/src/cli/caus" "$@"
