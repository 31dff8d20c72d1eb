# SPDX-License-Identifier: Apache-2.0
add_test(NAME e2e_environments
         COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/environments_test
         $<TARGET_FILE:caus>
         ${CMAKE_CURRENT_SOURCE_DIR}/oracle/jpcmciplus/jpcmciplus.json)
set_tests_properties(e2e_environments PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
add_test(NAME e2e_drawn COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/drawn_test
         $<TARGET_FILE:caus>)
set_tests_properties(e2e_drawn PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
add_test(NAME e2e_knowledge COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/knowledge_test
         $<TARGET_FILE:caus>)
set_tests_properties(e2e_knowledge PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
