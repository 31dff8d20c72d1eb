#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Structure learning from categories against causal-learn on the same rows in
# the same run.
#     bench/discrete.sh BENCH_DISCRETE [SEEDS]
# CAUS_BENCH_PYTHON names an interpreter that has causal-learn; without one the
# reason is printed and the exit status is 77.
exec "${CAUS_BENCH_PYTHON:-python3}" "$(dirname "$0")/discrete.py" "$@"
