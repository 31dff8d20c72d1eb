# SPDX-License-Identifier: Apache-2.0
caus_add_test(world_property_test
              ${CMAKE_CURRENT_LIST_DIR}/world_property_test.c)
