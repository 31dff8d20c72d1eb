# SPDX-License-Identifier: Apache-2.0
# What is known beforehand; graphs with hidden causes.
target_sources(caus_discovery PRIVATE fci.c fci_blocks.c fci_fast.c fci_pdsep.c fci_rules.c
               fci_tails.c static_prior.c)
