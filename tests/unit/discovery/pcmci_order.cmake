# SPDX-License-Identifier: Apache-2.0
caus_add_test(pcmci_order_test ${CMAKE_CURRENT_LIST_DIR}/pcmci_order_test.c
              ${CMAKE_CURRENT_LIST_DIR}/planted.c)
