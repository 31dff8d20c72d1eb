# SPDX-License-Identifier: Apache-2.0
# Tests from stored sums.
target_sources(caus_independence PRIVATE ${CMAKE_CURRENT_LIST_DIR}/gram.c)
