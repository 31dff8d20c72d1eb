# SPDX-License-Identifier: Apache-2.0
add_test(NAME e2e_recorded COMMAND ${CMAKE_CURRENT_LIST_DIR}/recorded_test
         $<TARGET_FILE:caus> ${PROJECT_SOURCE_DIR}/bench/rca/recorded)
set_tests_properties(e2e_recorded PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
