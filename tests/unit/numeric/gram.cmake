# SPDX-License-Identifier: Apache-2.0
caus_add_test(gram_test ${CMAKE_CURRENT_LIST_DIR}/gram_test.c)
