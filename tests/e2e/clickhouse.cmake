# SPDX-License-Identifier: Apache-2.0
add_executable(clickhouse_e2e ${CMAKE_CURRENT_LIST_DIR}/clickhouse_e2e.c
               ${CMAKE_CURRENT_LIST_DIR}/clickhouse_world.c)
target_include_directories(clickhouse_e2e PRIVATE ${PROJECT_SOURCE_DIR}/tests
                           ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(clickhouse_e2e PRIVATE caus_static PkgConfig::CMOCKA
                      Threads::Threads)
target_compile_options(clickhouse_e2e PRIVATE ${CAUS_WARNINGS})
add_test(NAME e2e_clickhouse
         COMMAND ${CMAKE_CURRENT_LIST_DIR}/clickhouse_test
                 $<TARGET_FILE:clickhouse_e2e>)
set_tests_properties(e2e_clickhouse PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120)
