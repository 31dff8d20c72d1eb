# SPDX-License-Identifier: Apache-2.0
# Neighbours under the maximum norm. The compiler makes the vectors, so these
# are compiled at full optimisation wherever any is on.
set(neighbours neighbours_portable.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  list(APPEND neighbours neighbours_sse2.c neighbours_avx2.c
       neighbours_avx512.c)
  target_sources(caus_numeric PRIVATE neighbours_table_x86.c)
  set_property(SOURCE neighbours_avx2.c APPEND PROPERTY COMPILE_OPTIONS -mavx2)
  set_property(SOURCE neighbours_avx512.c APPEND PROPERTY COMPILE_OPTIONS
               -mavx512bw -mpopcnt)
else()
  target_sources(caus_numeric PRIVATE neighbours_table_portable.c)
endif()
target_sources(caus_numeric PRIVATE neighbours.c ${neighbours})
set_property(SOURCE ${neighbours} APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
