# SPDX-License-Identifier: Apache-2.0
set(kernels incident_levels_portable.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  list(APPEND kernels incident_levels_avx2.c incident_levels_table_x86.c)
  set_property(SOURCE incident_levels_avx2.c APPEND PROPERTY COMPILE_OPTIONS -mavx2)
else()
  list(APPEND kernels incident_levels_table_portable.c)
endif()
list(TRANSFORM kernels PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
target_sources(caus_discovery PRIVATE ${kernels})
set_property(SOURCE incident_levels_portable.c incident_levels_avx2.c APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
