#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every learner that antecedent has too, on the same data in the same run.
#     antecedent.sh [--seeds N] [METHOD...]
#
#   CAUS_BUILD   the build folder (build/release)
#   CAUS_PYTHON  an interpreter that has antecedent; without one the reason is
#                printed and the exit status is 77
here=$(dirname "$0")
exec "${CAUS_PYTHON:-python3}" "$here/antecedent.py" \
    "${CAUS_BUILD:-$here/../build/release}/bench/bench_methods" "$@"
