# SPDX-License-Identifier: Apache-2.0
caus_add_test(effects_test ${CMAKE_CURRENT_LIST_DIR}/effects_test.c
              ${PROJECT_SOURCE_DIR}/tests/unit/discovery/planted.c)
