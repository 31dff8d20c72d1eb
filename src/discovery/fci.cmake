# SPDX-License-Identifier: Apache-2.0
# What is known beforehand; graphs with hidden causes.
target_sources(caus_discovery PRIVATE static_prior.c)
