# SPDX-License-Identifier: Apache-2.0
# Tests of independence for categories.
target_sources(caus_independence PRIVATE discrete.c gsquared.c table.c)
set_property(SOURCE gsquared.c table.c APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
