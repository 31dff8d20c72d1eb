# SPDX-License-Identifier: Apache-2.0
# Debian packages and a tarball of the program, written by tools/package.
# Which libraries a package needs, dpkg-shlibdeps finds out.
set(CPACK_PACKAGE_NAME caus)
set(CPACK_PACKAGE_VENDOR caus)
set(CPACK_PACKAGE_CONTACT "The authors of caus")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_COMPONENTS_ALL program library)
if(TARGET caus-mpi)
  list(APPEND CPACK_COMPONENTS_ALL mpi)
endif()

# One tarball, of the program: the library is inside it.
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_ARCHIVE_PROGRAM_FILE_NAME
    caus-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME caus)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "ca-certificates, graphviz")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
"Reads Prometheus metrics, OpenTelemetry spans in ClickHouse, or CSV files;
learns which series moved which, with which delay; and answers in a sentence, a
picture and JSON.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libcaus-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
"Shared and static library, headers and pkg-config file of caus.")
set(CPACK_DEBIAN_MPI_PACKAGE_NAME caus-mpi)
set(CPACK_DEBIAN_MPI_PACKAGE_SECTION science)
set(CPACK_DEBIAN_MPI_PACKAGE_RECOMMENDS openmpi-bin)
set(CPACK_COMPONENT_MPI_DESCRIPTION
"The program of the package caus for mpirun: processes share the work.")
include(CPack)
