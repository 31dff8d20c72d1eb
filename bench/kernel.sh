#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests by Gaussian processes and random features against tigramite and
# causal-learn on the same data in the same run.
#
#   CAUS_BUILD   the build folder (build/release)
#   CAUS_PYTHON  an interpreter that has both; without one the exit status is 77
here=$(dirname "$0")
exec "${CAUS_PYTHON:-python3}" "$here/kernel.py" \
    "${CAUS_BUILD:-$here/../build/release}/bench/bench_kernel" "$@"
