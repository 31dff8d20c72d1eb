# SPDX-License-Identifier: Apache-2.0
set(mpi_program)
if(TARGET caus-mpi)
  set(mpi_program $<TARGET_FILE:caus-mpi>)
endif()
add_test(NAME e2e_gram COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/gram_test
         $<TARGET_FILE:caus>)
add_test(NAME e2e_push_down
         COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/push_down_test
         $<TARGET_FILE:caus>)
add_test(NAME e2e_mpi COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/mpi_test
         $<TARGET_FILE:caus> ${mpi_program})
set_tests_properties(e2e_gram e2e_push_down e2e_mpi PROPERTIES SKIP_RETURN_CODE 77
                     TIMEOUT ${CAUS_HANG_S})
