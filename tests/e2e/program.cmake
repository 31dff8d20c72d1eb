# SPDX-License-Identifier: Apache-2.0
add_executable(plant ${CMAKE_CURRENT_SOURCE_DIR}/e2e/plant.c)
target_link_libraries(plant PRIVATE m)
target_compile_options(plant PRIVATE ${CAUS_WARNINGS})
add_test(NAME e2e_seed COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/seed_test
         $<TARGET_FILE:caus> $<TARGET_FILE:plant>)
set_tests_properties(e2e_seed PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
add_test(NAME e2e_cli COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/cli_test
         $<TARGET_FILE:caus> $<TARGET_FILE:plant>)
set_tests_properties(e2e_cli PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
add_test(NAME e2e_methods COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/methods_test
         $<TARGET_FILE:caus>)
set_tests_properties(e2e_methods PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
set(sanitize_flags)
if(CAUS_SANITIZE)
  set(sanitize_flags -fsanitize=address,undefined)
endif()
add_test(NAME e2e_install COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/install_test
         ${PROJECT_BINARY_DIR} ${CMAKE_C_COMPILER} ${sanitize_flags}
         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
add_test(NAME e2e_readme COMMAND ${PROJECT_SOURCE_DIR}/tools/update-readme
         $<TARGET_FILE:caus> --check)
add_test(NAME e2e_package COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/package_test
         ${PROJECT_BINARY_DIR} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(e2e_install e2e_package e2e_readme PROPERTIES
                     SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
