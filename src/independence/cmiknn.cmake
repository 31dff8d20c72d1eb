# SPDX-License-Identifier: Apache-2.0
# Mutual information from nearest neighbours.
target_sources(caus_independence PRIVATE cmiknn.c cmiknn_columns.c
               cmiknn_estimate.c cmiknn_shuffle.c)
set_property(SOURCE cmiknn_columns.c cmiknn_estimate.c cmiknn_shuffle.c APPEND
             PROPERTY COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
