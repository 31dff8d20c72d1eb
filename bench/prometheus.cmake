# SPDX-License-Identifier: Apache-2.0
# The reply scanner beside a jansson tree of the same bytes.
caus_bench(prometheus ${CMAKE_CURRENT_LIST_DIR}/prometheus.c)
target_link_libraries(bench_prometheus PRIVATE PkgConfig::JANSSON)
