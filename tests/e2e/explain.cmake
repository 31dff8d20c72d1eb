# SPDX-License-Identifier: Apache-2.0
add_test(NAME e2e_explain COMMAND ${CMAKE_CURRENT_LIST_DIR}/explain_test
         $<TARGET_FILE:caus> ${PROJECT_SOURCE_DIR}/demo)
set_tests_properties(e2e_explain PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
add_test(NAME e2e_explain_input COMMAND
         ${CMAKE_CURRENT_LIST_DIR}/explain_input_test $<TARGET_FILE:caus>)
set_tests_properties(e2e_explain_input PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT
                                                  ${CAUS_HANG_S})
