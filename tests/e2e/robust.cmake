# SPDX-License-Identifier: Apache-2.0
add_test(NAME e2e_robust COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/robust_test
         $<TARGET_FILE:caus>)
set_tests_properties(e2e_robust PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
