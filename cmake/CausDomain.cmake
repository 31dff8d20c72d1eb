# SPDX-License-Identifier: Apache-2.0
# caus_domain(NAME SOURCES a.c b.c [LIBRARIES lib...])
# One object library a folder of src/; all of them make libcaus.
function(caus_domain name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(caus_${name} OBJECT ${ARG_SOURCES})
  target_include_directories(caus_${name} PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src
    ${PROJECT_BINARY_DIR}/include)
  target_compile_options(caus_${name} PRIVATE ${CAUS_WARNINGS}
    "$<$<COMPILE_LANGUAGE:C>:${CAUS_C_WARNINGS}>")
  target_link_libraries(caus_${name} PRIVATE OpenMP::OpenMP_C ${ARG_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY CAUS_DOMAINS caus_${name})
  set_property(GLOBAL APPEND PROPERTY CAUS_LIBRARIES ${ARG_LIBRARIES})
endfunction()
