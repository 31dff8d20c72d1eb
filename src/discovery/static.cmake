# SPDX-License-Identifier: Apache-2.0
# Structure learning without lags.
target_sources(caus_discovery PRIVATE ges.c ges_search.c pc.c pc_colliders.c pc_skeleton.c
               score.c score_local.c score_operators.c score_prior.c
               static_correlation.c static_fisher.c static_result.c
               static_walk.c)
set_property(SOURCE pc_colliders.c score_local.c score_operators.c static_correlation.c static_fisher.c
             static_walk.c APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
include(${CMAKE_CURRENT_LIST_DIR}/fci.cmake)
