# SPDX-License-Identifier: Apache-2.0
caus_add_test(stability_test
              ${CMAKE_CURRENT_LIST_DIR}/stability_test.c)
