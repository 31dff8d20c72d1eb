# SPDX-License-Identifier: Apache-2.0
# Searches on stored sums.
target_sources(caus_discovery PRIVATE ${CMAKE_CURRENT_LIST_DIR}/gram.c)
