# SPDX-License-Identifier: Apache-2.0
# Driven by bench/additive.sh, which puts peers beside it.
caus_bench(additive ${CMAKE_CURRENT_LIST_DIR}/additive.c
           ${PROJECT_SOURCE_DIR}/tests/property/additive/world.c)
target_include_directories(bench_additive PRIVATE ${PROJECT_SOURCE_DIR}/tests)
