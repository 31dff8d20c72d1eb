# SPDX-License-Identifier: Apache-2.0
target_sources(caus_numeric PRIVATE spline.c)
set_property(SOURCE spline.c APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
