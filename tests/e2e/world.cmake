# SPDX-License-Identifier: Apache-2.0
add_test(NAME e2e_world COMMAND ${CMAKE_CURRENT_LIST_DIR}/world_test
         $<TARGET_FILE:caus>)
set_tests_properties(e2e_world PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
