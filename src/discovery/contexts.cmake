# SPDX-License-Identifier: Apache-2.0
# Several environments, regimes and windows.
target_sources(caus_discovery PRIVATE jpcmciplus.c jpcmciplus_effects.c
               jpcmciplus_phases.c jpcmciplus_pool.c jpcmciplus_roles.c jpcmciplus_rows.c
               jpcmciplus_solve.c jpcmciplus_test.c
               jpcmciplus_within.c regimes.c windows.c windows_summary.c)
set_property(SOURCE jpcmciplus_effects.c jpcmciplus_solve.c
             jpcmciplus_within.c APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
