# SPDX-License-Identifier: Apache-2.0
foreach(name alongside asking aspect explain attribution beginning beyond breach callers chain confidence departure earliest
             felt few_failures few_requests guesses log_evidence near observers per_request poor season settings shift silence strays telling
             trace_clues unasked uncounted unlike waiting ways weighing)
  caus_add_test(${name}_test ${CMAKE_CURRENT_LIST_DIR}/${name}_test.c
                ${CMAKE_CURRENT_LIST_DIR}/made_case.c)
endforeach()
