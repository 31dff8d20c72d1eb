# SPDX-License-Identifier: Apache-2.0
caus_bench(pcmci ${CMAKE_CURRENT_LIST_DIR}/pcmci.c)
target_link_libraries(bench_pcmci PRIVATE ZLIB::ZLIB)
