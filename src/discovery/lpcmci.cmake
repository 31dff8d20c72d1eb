# SPDX-License-Identifier: Apache-2.0
# Discovery over time with hidden common causes.
target_sources(caus_discovery PRIVATE lpcmci.c lpcmci_colliders.c
               lpcmci_graph.c lpcmci_paths.c lpcmci_pds.c lpcmci_rules.c
               lpcmci_search.c lpcmci_tests.c lpcmci_votes.c separation.c)
set_property(SOURCE lpcmci_graph.c lpcmci_paths.c lpcmci_pds.c lpcmci_rules.c lpcmci_tests.c lpcmci_votes.c
             APPEND PROPERTY
             COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
