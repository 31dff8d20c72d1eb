# SPDX-License-Identifier: Apache-2.0
caus_add_test(telemetry_settings_test
              ${CMAKE_CURRENT_SOURCE_DIR}/unit/telemetry/settings_test.c)
