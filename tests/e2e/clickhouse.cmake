# SPDX-License-Identifier: Apache-2.0
foreach(name clickhouse clickhouse_gram)
  add_executable(${name}_e2e ${CMAKE_CURRENT_LIST_DIR}/${name}_e2e.c
                 ${CMAKE_CURRENT_LIST_DIR}/clickhouse_bench.c
                 ${CMAKE_CURRENT_LIST_DIR}/clickhouse_world.c)
  target_include_directories(${name}_e2e PRIVATE ${PROJECT_SOURCE_DIR}/tests
                             ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name}_e2e PRIVATE caus_static PkgConfig::CMOCKA
                        Threads::Threads)
  target_compile_options(${name}_e2e PRIVATE ${CAUS_WARNINGS})
  add_test(NAME e2e_${name}
           COMMAND ${CMAKE_CURRENT_LIST_DIR}/clickhouse_test
                   $<TARGET_FILE:${name}_e2e>)
  set_tests_properties(e2e_${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
endforeach()
