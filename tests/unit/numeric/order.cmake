# SPDX-License-Identifier: Apache-2.0
caus_add_test(order_test ${CMAKE_CURRENT_LIST_DIR}/order_test.c)
