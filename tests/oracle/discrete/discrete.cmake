# SPDX-License-Identifier: Apache-2.0
caus_add_test(gsquared_oracle_test ${CMAKE_CURRENT_LIST_DIR}/gsquared_oracle_test.c)
target_link_libraries(gsquared_oracle_test PRIVATE PkgConfig::JANSSON)
caus_add_test(learned_oracle_test ${CMAKE_CURRENT_LIST_DIR}/learned_oracle_test.c)
target_link_libraries(learned_oracle_test PRIVATE PkgConfig::JANSSON)
