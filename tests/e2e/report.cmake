# SPDX-License-Identifier: Apache-2.0
foreach(part report report_browser)
  add_test(NAME e2e_${part} COMMAND ${CMAKE_CURRENT_LIST_DIR}/${part}_test
           $<TARGET_FILE:caus> ${PROJECT_SOURCE_DIR})
  set_tests_properties(e2e_${part} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${CAUS_HANG_S})
endforeach()
