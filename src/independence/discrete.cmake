# SPDX-License-Identifier: Apache-2.0
# Tests of independence for categories.
set(bits discrete_bits_portable.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  list(APPEND bits discrete_bits_popcnt.c discrete_bits_avx512.c
       discrete_bits_table_x86.c)
  set_property(SOURCE discrete_bits_popcnt.c APPEND PROPERTY
               COMPILE_OPTIONS -mpopcnt)
  set_property(SOURCE discrete_bits_avx512.c APPEND PROPERTY
               COMPILE_OPTIONS -mavx512f -mavx512vpopcntdq)
else()
  list(APPEND bits discrete_bits_table_portable.c)
endif()
target_sources(caus_independence PRIVATE discrete.c discrete_bits.c discrete_strata.c
               gsquared.c table.c ${bits})
set_property(SOURCE ${bits} discrete_strata.c gsquared.c table.c APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
