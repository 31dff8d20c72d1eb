# SPDX-License-Identifier: Apache-2.0
caus_add_test(pcmciplus_property_test
              ${CMAKE_CURRENT_LIST_DIR}/pcmciplus_property_test.c)
