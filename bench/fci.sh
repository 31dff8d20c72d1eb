#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# FCI and RFCI against causal-learn on the same rows in the same run.
#     bench/fci.sh [FILE.csv[.gz]...]
#
#   CAUS_BUILD   the build folder (build/release)
#   CAUS_PYTHON  an interpreter that has causal-learn; without one the reason
#                is printed and the exit status is 77
here=$(dirname "$0")
exec "${CAUS_PYTHON:-python3}" "$here/fci.py" \
    "${CAUS_BUILD:-$here/../build/release}/bench/bench_fci" "$@"
