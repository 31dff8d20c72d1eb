# SPDX-License-Identifier: Apache-2.0
add_test(NAME e2e_preset COMMAND ${CMAKE_CURRENT_LIST_DIR}/preset_test
         $<TARGET_FILE:caus> ${PROJECT_SOURCE_DIR}/demo)
set_tests_properties(e2e_preset PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
add_test(NAME e2e_insufficient COMMAND
         ${CMAKE_CURRENT_LIST_DIR}/insufficient_test $<TARGET_FILE:caus>)
set_tests_properties(e2e_insufficient PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT
                                                 ${CAUS_HANG_S})
