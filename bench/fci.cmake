# SPDX-License-Identifier: Apache-2.0
caus_bench(fci ${CMAKE_CURRENT_LIST_DIR}/fci.c
           ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
target_include_directories(bench_fci PRIVATE ${PROJECT_SOURCE_DIR}/tests)
