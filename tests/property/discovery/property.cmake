# SPDX-License-Identifier: Apache-2.0
caus_add_test(pcmci_property_test
              ${CMAKE_CURRENT_LIST_DIR}/pcmci_property_test.c
              ${PROJECT_SOURCE_DIR}/tests/unit/discovery/planted.c)
