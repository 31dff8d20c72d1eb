/* SPDX-License-Identifier: Apache-2.0 */
/* A native histogram by remote write: Prometheus has no other door for it that
 * needs no scrape. */
#ifndef CAUS_TESTS_E2E_PROMETHEUS_NATIVE_H
#define CAUS_TESTS_E2E_PROMETHEUS_NATIVE_H

#include <stdint.h>

#include "caus/run.h"

/* Writes some samples of the metric up to now. Returns the second of the last
 * one, 0 on failure. */
int64_t native_write(const char *url, const char *metric, const caus_run *run);

#endif
