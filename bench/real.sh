#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measurements with known causes: the proteins of Sachs et al. (2005), from the
# package cdt.
#
#   CAUS_BUILD   the build folder (build/release)
#   CAUS_PYTHON  an interpreter that has numpy, causal-learn, lingam and the files
#                of cdt (pip install --no-deps cdt); without them the reason is
#                printed and the exit status is 77
here=$(dirname "$0")
exec "${CAUS_PYTHON:-python3}" "$here/real.py" \
    "${CAUS_BUILD:-$here/../build/release}/bench/bench_methods" "$@"
