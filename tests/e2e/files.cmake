# SPDX-License-Identifier: Apache-2.0
add_test(NAME e2e_files COMMAND ${CMAKE_CURRENT_LIST_DIR}/files_test
         $<TARGET_FILE:caus> $<TARGET_FILE:plant>)
set_tests_properties(e2e_files PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
