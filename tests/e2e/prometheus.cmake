# SPDX-License-Identifier: Apache-2.0
add_executable(prometheus_e2e ${CMAKE_CURRENT_LIST_DIR}/prometheus_e2e.c
               ${CMAKE_CURRENT_LIST_DIR}/prometheus_native.c
               ${CMAKE_CURRENT_LIST_DIR}/prometheus_world.c)
target_include_directories(prometheus_e2e PRIVATE ${PROJECT_SOURCE_DIR}/tests
                           ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(prometheus_e2e PRIVATE caus_static PkgConfig::CMOCKA)
target_compile_options(prometheus_e2e PRIVATE ${CAUS_WARNINGS} -Wno-null-dereference)
add_test(NAME e2e_prometheus
         COMMAND ${CMAKE_CURRENT_LIST_DIR}/prometheus_test
                 $<TARGET_FILE:prometheus_e2e>)
set_tests_properties(e2e_prometheus PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
