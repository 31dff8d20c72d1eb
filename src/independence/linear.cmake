# SPDX-License-Identifier: Apache-2.0
# The tests of the linear family besides partial correlation.
target_sources(caus_independence PRIVATE fisher_z.c linear_rows.c multivariate.c
               parcorr_interval.c repeat.c robust.c row_interval.c
               single_test.c interval.c wls.c)
set_property(SOURCE linear_rows.c robust.c row_interval.c wls.c APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
