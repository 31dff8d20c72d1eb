#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Nearest-neighbour tests against tigramite on the same data in the same run.
#
#   CAUS_BUILD   the build folder (build/release)
#   CAUS_PYTHON  an interpreter that has tigramite; without one the values alone
#                are timed and the exit status is 77
here=$(dirname "$0")
exec "${CAUS_PYTHON:-python3}" "$here/cmiknn.py" \
    "${CAUS_BUILD:-$here/../build/release}/bench/bench_cmiknn" "$@"
