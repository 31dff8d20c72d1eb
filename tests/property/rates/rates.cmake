# SPDX-License-Identifier: Apache-2.0
caus_add_test(rates_property_test
              ${CMAKE_CURRENT_LIST_DIR}/rates_property_test.c
              ${PROJECT_SOURCE_DIR}/tests/unit/discovery/planted.c)
caus_add_test(methods_rates_property_test
              ${CMAKE_CURRENT_LIST_DIR}/methods_rates_property_test.c
              ${PROJECT_SOURCE_DIR}/tests/unit/discovery/planted.c)
