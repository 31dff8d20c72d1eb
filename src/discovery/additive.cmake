# SPDX-License-Identifier: Apache-2.0
# Sums of smooth functions: a causal order by their score.
target_sources(caus_discovery PRIVATE additive.c additive_data.c additive_direct.c
               additive_order.c additive_score.c)
set_property(SOURCE additive_score.c APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
