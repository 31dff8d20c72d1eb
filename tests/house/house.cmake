# SPDX-License-Identifier: Apache-2.0
set(house ${PROJECT_SOURCE_DIR}/tests/house)
add_test(NAME house_layers COMMAND ${house}/layers)
add_test(NAME house_headers COMMAND ${house}/headers)
add_test(NAME house_text COMMAND ${house}/text)
add_test(NAME house_format COMMAND ${house}/format)
add_test(NAME house_exports COMMAND ${house}/exports $<TARGET_FILE:caus_shared>)
add_test(NAME house_globals COMMAND ${house}/globals $<TARGET_FILE:caus_static>)
set_tests_properties(house_format PROPERTIES SKIP_RETURN_CODE 77)
