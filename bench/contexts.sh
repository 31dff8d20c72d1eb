#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# J-PCMCI+ against tigramite on the same data in the same run.
#     bench/contexts.sh BENCH_CONTEXTS
# CAUS_BENCH_PYTHON names an interpreter that has tigramite; without one the
# reason is printed and the exit status is 77.
exec "${CAUS_BENCH_PYTHON:-python3}" "$(dirname "$0")/contexts.py" "$@"
