# SPDX-License-Identifier: Apache-2.0
add_test(NAME e2e_setup COMMAND ${CMAKE_CURRENT_LIST_DIR}/setup_test
         $<TARGET_FILE:caus> $<TARGET_FILE:plant>)
set_tests_properties(e2e_setup PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
add_test(NAME e2e_gone COMMAND ${CMAKE_CURRENT_LIST_DIR}/gone_test
         $<TARGET_FILE:caus>)
set_tests_properties(e2e_gone PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
add_test(NAME e2e_changes COMMAND ${CMAKE_CURRENT_LIST_DIR}/changes_test
         $<TARGET_FILE:caus>)
set_tests_properties(e2e_changes PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
add_test(NAME e2e_time_forms COMMAND ${CMAKE_CURRENT_LIST_DIR}/time_forms_test
         $<TARGET_FILE:caus>)
set_tests_properties(e2e_time_forms PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
