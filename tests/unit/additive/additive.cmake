# SPDX-License-Identifier: Apache-2.0
caus_add_test(spline_test ${CMAKE_CURRENT_LIST_DIR}/spline_test.c)
caus_add_test(additive_test ${CMAKE_CURRENT_LIST_DIR}/additive_test.c
              ${PROJECT_SOURCE_DIR}/tests/property/additive/world.c)
