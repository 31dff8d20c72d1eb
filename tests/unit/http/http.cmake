# SPDX-License-Identifier: Apache-2.0
caus_add_test(http_test ${CMAKE_CURRENT_LIST_DIR}/http_test.c
              ${CMAKE_CURRENT_LIST_DIR}/loopback.c)
target_link_libraries(http_test PRIVATE Threads::Threads ZLIB::ZLIB)
