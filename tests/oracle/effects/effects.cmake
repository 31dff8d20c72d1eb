# SPDX-License-Identifier: Apache-2.0
caus_add_test(effects_oracle_test
              ${CMAKE_CURRENT_LIST_DIR}/effects_oracle_test.c)
target_link_libraries(effects_oracle_test PRIVATE PkgConfig::JANSSON)
