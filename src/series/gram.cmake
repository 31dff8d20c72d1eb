# SPDX-License-Identifier: Apache-2.0
# Sums of products that travel.
target_sources(caus_series PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/gram_build.c
  ${CMAKE_CURRENT_LIST_DIR}/gram_file.c
  ${CMAKE_CURRENT_LIST_DIR}/gram_merge.c
  ${CMAKE_CURRENT_LIST_DIR}/gram_quality.c
  ${CMAKE_CURRENT_LIST_DIR}/gram_slices.c
  ${CMAKE_CURRENT_LIST_DIR}/gram_wide.c)
