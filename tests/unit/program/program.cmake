# SPDX-License-Identifier: Apache-2.0
caus_add_test(program_arguments_test
              ${CMAKE_CURRENT_SOURCE_DIR}/unit/program/arguments_test.c)
target_link_libraries(program_arguments_test PRIVATE caus_program)
