# SPDX-License-Identifier: Apache-2.0
# Tests by Gaussian processes and by random features of a kernel.
target_sources(caus_independence PRIVATE gpdc.c gpdc_covariance.c gpdc_search.c
               kernel.c kernel_features.c kernel_nodes.c)
set_property(SOURCE gpdc_covariance.c kernel_features.c kernel_nodes.c APPEND
             PROPERTY COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
