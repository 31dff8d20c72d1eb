# SPDX-License-Identifier: Apache-2.0
caus_add_test(config_test ${CMAKE_CURRENT_LIST_DIR}/config_test.c)
