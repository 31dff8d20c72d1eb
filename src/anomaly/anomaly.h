/* SPDX-License-Identifier: Apache-2.0 */
/* Detection for who has the series in columns and in order. */
#ifndef CAUS_SRC_ANOMALY_ANOMALY_H
#define CAUS_SRC_ANOMALY_ANOMALY_H

#include "caus/anomaly.h"
#include "series/time_columns.h"

/*
 * caus_anomaly_detect() of a series.
 *
 *   columns  of the same series, sorted
 */
caus_status caus_anomaly_detect_columns(const caus_series *series,
                                        const caus_time_columns *columns,
                                        const caus_anomaly_options *options,
                                        const caus_run *run, caus_arena *out,
                                        caus_anomalies *result,
                                        caus_error *err);

#endif
