# SPDX-License-Identifier: Apache-2.0
# Structure learning from categories.
target_sources(caus_discovery PRIVATE discrete_counts.c discrete_engine.c
               discrete_pc.c discrete_score.c)
set_property(SOURCE discrete_counts.c discrete_engine.c APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
