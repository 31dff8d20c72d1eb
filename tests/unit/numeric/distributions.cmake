# SPDX-License-Identifier: Apache-2.0
caus_add_test(distributions_test ${CMAKE_CURRENT_LIST_DIR}/distributions_test.c)
