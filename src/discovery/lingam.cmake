# SPDX-License-Identifier: Apache-2.0
# Linear models beyond correlation: order by noise that is not normal, the past
# that helps to foretell, acyclic least squares, correlations as they are.
set(kernels lingam_entropy_portable.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(kernels lingam_entropy_x86.c)
endif()
target_sources(caus_discovery PRIVATE granger.c granger_test.c lingam.c lingam_lasso.c
               lingam_learn.c lingam_order.c var.c var_factor.c var_table.c
               ${kernels})
set_property(SOURCE granger_test.c lingam_learn.c lingam_lasso.c lingam_order.c var.c
             var_factor.c ${kernels} APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
