# SPDX-License-Identifier: Apache-2.0
caus_bench(structure ${CMAKE_CURRENT_LIST_DIR}/structure.c
           ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
target_include_directories(bench_structure PRIVATE ${PROJECT_SOURCE_DIR}/tests)
