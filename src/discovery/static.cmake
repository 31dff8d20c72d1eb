# SPDX-License-Identifier: Apache-2.0
# Structure learning without lags.
target_sources(caus_discovery PRIVATE pc.c pc_colliders.c pc_skeleton.c
               static_correlation.c static_fisher.c static_result.c
               static_walk.c)
set_property(SOURCE pc_colliders.c static_correlation.c static_fisher.c
             static_walk.c APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
