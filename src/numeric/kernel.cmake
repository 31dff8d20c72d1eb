# SPDX-License-Identifier: Apache-2.0
# What kernel tests and Gaussian processes need. The compiler makes the vectors,
# so these are compiled at full optimisation wherever any is on.
set(decays decay_portable.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  list(APPEND decays decay_avx2.c decay_avx512.c)
  target_sources(caus_numeric PRIVATE decay_table_x86.c)
  set_property(SOURCE decay_avx2.c APPEND PROPERTY COMPILE_OPTIONS -mavx2)
  set_property(SOURCE decay_avx512.c APPEND PROPERTY COMPILE_OPTIONS
               -mavx512f -mavx512dq -mprefer-vector-width=512)
else()
  target_sources(caus_numeric PRIVATE decay_table_portable.c)
endif()
target_sources(caus_numeric PRIVATE cholesky.c decay.c distance.c distance_null.c ${decays})
set_property(SOURCE cholesky.c ${decays} APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
