# SPDX-License-Identifier: Apache-2.0
set(e2e ${CMAKE_CURRENT_LIST_DIR})
add_executable(memory_peak ${e2e}/memory_peak.c)
target_compile_options(memory_peak PRIVATE ${CAUS_WARNINGS})

add_test(NAME e2e_bad_input COMMAND ${e2e}/bad_input_test
         $<TARGET_FILE:caus> $<TARGET_FILE:plant>)
add_test(NAME e2e_bad_input_files COMMAND ${e2e}/bad_input_files_test
         $<TARGET_FILE:caus> $<TARGET_FILE:plant>)
add_test(NAME e2e_bad_input_docs COMMAND ${e2e}/bad_input_docs_test)
add_test(NAME e2e_memory COMMAND ${e2e}/memory_test
         $<TARGET_FILE:caus> $<TARGET_FILE:memory_peak>)
add_test(NAME e2e_determinism COMMAND ${e2e}/determinism_test
         $<TARGET_FILE:caus> $<TARGET_FILE:plant>)
set_tests_properties(e2e_bad_input e2e_bad_input_files
                     e2e_bad_input_docs e2e_memory e2e_determinism PROPERTIES
                     SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
