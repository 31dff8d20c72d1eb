# SPDX-License-Identifier: Apache-2.0
caus_bench(discrete ${CMAKE_CURRENT_LIST_DIR}/discrete.c
           ${PROJECT_SOURCE_DIR}/tests/unit/discovery/categories.c)
target_include_directories(bench_discrete PRIVATE ${PROJECT_SOURCE_DIR}/tests)
