# SPDX-License-Identifier: Apache-2.0
caus_add_test(anomaly_property_test
              ${CMAKE_CURRENT_LIST_DIR}/anomaly_property_test.c
              ${CMAKE_CURRENT_SOURCE_DIR}/unit/anomaly/plant.c)
