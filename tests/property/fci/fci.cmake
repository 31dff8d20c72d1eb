# SPDX-License-Identifier: Apache-2.0
caus_add_test(fci_property_test
              ${CMAKE_CURRENT_LIST_DIR}/fci_property_test.c
              ${CMAKE_CURRENT_LIST_DIR}/mags.c
              ${PROJECT_SOURCE_DIR}/tests/property/static/truth.c
              ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
caus_add_test(prior_property_test
              ${CMAKE_CURRENT_LIST_DIR}/prior_property_test.c
              ${PROJECT_SOURCE_DIR}/tests/property/static/allowed.c
              ${CMAKE_CURRENT_LIST_DIR}/mags.c
              ${PROJECT_SOURCE_DIR}/tests/property/static/truth.c)
