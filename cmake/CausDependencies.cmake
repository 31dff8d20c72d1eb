# SPDX-License-Identifier: Apache-2.0
# Every library the project uses, found once. Why each: docs/design/0001.
find_package(PkgConfig REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS C)
find_package(Threads REQUIRED)
find_package(CURL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)

# What the program, the tests and the benches link. libgomp settles when it is
# loaded how its threads wait, so a shared one cannot be told by the program
# that loads it; one inside the program can (src/program/program.c).
set(CAUS_OPENMP OpenMP::OpenMP_C)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libgomp.a
                  OUTPUT_VARIABLE gomp OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(EXISTS "${gomp}")
    set(CAUS_OPENMP ${gomp} Threads::Threads)
  endif()
endif()
