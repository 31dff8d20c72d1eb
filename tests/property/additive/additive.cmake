# SPDX-License-Identifier: Apache-2.0
caus_add_test(additive_property_test
              ${CMAKE_CURRENT_LIST_DIR}/additive_property_test.c
              ${CMAKE_CURRENT_LIST_DIR}/world.c)
set_tests_properties(additive_property_test PROPERTIES LABELS threads)
