# SPDX-License-Identifier: Apache-2.0
# Driven by bench/kernel.sh, which puts tigramite and causal-learn beside it.
caus_bench(kernel ${CMAKE_CURRENT_LIST_DIR}/kernel.c)
