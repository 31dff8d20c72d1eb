# SPDX-License-Identifier: Apache-2.0
caus_add_test(structure_oracle_test
              ${CMAKE_CURRENT_LIST_DIR}/structure_oracle_test.c
              ${CMAKE_CURRENT_LIST_DIR}/sem.c)
