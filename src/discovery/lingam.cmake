# SPDX-License-Identifier: Apache-2.0
# Linear models beyond correlation: order by noise that is not normal, the past
# that helps to foretell, acyclic least squares, correlations as they are.
set(kernels dagma_adam_portable.c lingam_entropy_portable.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(kernels dagma_adam_x86.c lingam_entropy_x86.c)
endif()
target_sources(caus_discovery PRIVATE correlation.c correlation_lag.c dagma.c dagma_invert.c dagma_solve.c
               granger.c granger_test.c lingam.c lingam_lasso.c
               lingam_learn.c lingam_order.c lingam_prior.c notears_solve.c notears_value.c var.c var_factor.c var_table.c
               ${kernels})
set_property(SOURCE correlation_lag.c dagma_invert.c dagma_solve.c granger_test.c lingam_learn.c lingam_lasso.c lingam_order.c
             notears_solve.c notears_value.c var.c var_factor.c ${kernels} APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
# Neither a root that must set errno nor a choice that may trap is a vector.
set_property(SOURCE dagma_adam_portable.c dagma_adam_x86.c APPEND PROPERTY
             COMPILE_OPTIONS "-fno-math-errno;-fno-trapping-math")
