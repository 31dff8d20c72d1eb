# SPDX-License-Identifier: Apache-2.0
caus_add_test(contexts_property_test
              ${CMAKE_CURRENT_LIST_DIR}/contexts_property_test.c
              ${CMAKE_CURRENT_SOURCE_DIR}/unit/contexts/world.c)
