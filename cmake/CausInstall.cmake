# SPDX-License-Identifier: Apache-2.0
# Program, library, headers and the pkg-config file.
# From where the file lies: whoever installs may choose the prefix later.
file(RELATIVE_PATH CAUS_PREFIX_FROM_PC
     /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" CAUS_PREFIX_FROM_PC "${CAUS_PREFIX_FROM_PC}")
configure_file(${CMAKE_CURRENT_SOURCE_DIR}/cmake/caus.pc.in
               ${PROJECT_BINARY_DIR}/caus.pc @ONLY)
install(TARGETS caus_shared caus_static LIBRARY COMPONENT library
        ARCHIVE COMPONENT library)
install(DIRECTORY include/caus TYPE INCLUDE COMPONENT library
        FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_BINARY_DIR}/caus.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
install(FILES LICENSE README.md CHANGELOG.md TYPE DOC COMPONENT program)
