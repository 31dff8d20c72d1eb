# SPDX-License-Identifier: Apache-2.0
caus_add_test(effects_property_test
              ${CMAKE_CURRENT_LIST_DIR}/effects_property_test.c)
