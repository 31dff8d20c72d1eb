#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Score search against XGES (the package xges, with numba) on the same data in the
# same run.
#     xges.sh [NODES,ROWS,SEEDS...]
# Each is a size and how many seeds of it, or which (3-7); 50,1000,10 and 50,5000,10
# by default: the Python program takes about 2 s for 50 variables, 12 to 65 for 200.
#
#   CAUS_BUILD   the build folder (build/release)
#   CAUS_PYTHON  an interpreter that has xges, numba, scipy and networkx; without
#                one the reason is printed and the exit status is 77
here=$(dirname "$0")
exec "${CAUS_PYTHON:-python3}" "$here/xges_peer.py" \
    "${CAUS_BUILD:-$here/../build/release}/bench/bench_structure" "$@"
