# SPDX-License-Identifier: Apache-2.0
caus_add_test(kernel_oracle_test ${CMAKE_CURRENT_LIST_DIR}/kernel_oracle_test.c)
target_link_libraries(kernel_oracle_test PRIVATE PkgConfig::JANSSON)
