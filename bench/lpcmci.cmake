# SPDX-License-Identifier: Apache-2.0
caus_bench(lpcmci ${CMAKE_CURRENT_LIST_DIR}/lpcmci.c)
target_link_libraries(bench_lpcmci PRIVATE ZLIB::ZLIB)
