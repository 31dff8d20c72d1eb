# SPDX-License-Identifier: Apache-2.0
# Compiler and linker flags shared by every target of this tree.
set(CAUS_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wdouble-promotion -Wvla -Wundef -Wcast-qual -Wwrite-strings -Wformat=2
    -Wnull-dereference)
set(CAUS_C_WARNINGS -Wstrict-prototypes -Wmissing-prototypes)

add_compile_options(-ffp-contract=off -fno-common -fvisibility=hidden)
add_compile_options("$<$<COMPILE_LANGUAGE:C>:-D_GNU_SOURCE>")

if(CAUS_WERROR)
  add_compile_options(-Werror)
endif()
if(CAUS_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(CAUS_TSAN)
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR
       CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_options(-fstack-protector-strong -U_FORTIFY_SOURCE
                      -D_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro -Wl,-z,now)
endif()
if(CAUS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CAUS_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
