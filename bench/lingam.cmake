# SPDX-License-Identifier: Apache-2.0
# Driven by bench/lingam.sh, which puts lingam and dagma beside it.
caus_bench(lingam ${CMAKE_CURRENT_LIST_DIR}/lingam.c
           ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
target_include_directories(bench_lingam PRIVATE ${PROJECT_SOURCE_DIR}/tests)
