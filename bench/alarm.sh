#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# PC on rows of the ALARM network, whose tables come from the package pgmpy.
#
#   CAUS_BUILD   the build folder (build/release)
#   CAUS_PYTHON  an interpreter that has numpy, causal-learn and the files of
#                pgmpy (pip install --no-deps pgmpy); without them the reason is
#                printed and the exit status is 77
here=$(dirname "$0")
exec "${CAUS_PYTHON:-python3}" "$here/alarm.py" \
    "${CAUS_BUILD:-$here/../build/release}/bench/bench_methods" "$@"
