# SPDX-License-Identifier: Apache-2.0
caus_add_test(incident_test
              ${CMAKE_CURRENT_SOURCE_DIR}/unit/discovery/incident_test.c)
caus_add_test(incident_extent_test
              ${CMAKE_CURRENT_SOURCE_DIR}/unit/discovery/incident_extent_test.c)
caus_add_test(incident_hinge_test
              ${CMAKE_CURRENT_SOURCE_DIR}/unit/discovery/incident_hinge_test.c)
caus_add_test(incident_stretch_test
              ${CMAKE_CURRENT_SOURCE_DIR}/unit/discovery/incident_stretch_test.c)
