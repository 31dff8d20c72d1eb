# SPDX-License-Identifier: Apache-2.0
caus_add_test(correlation_test ${CMAKE_CURRENT_LIST_DIR}/correlation_test.c)
