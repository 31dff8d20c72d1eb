/* SPDX-License-Identifier: Apache-2.0 */
/* Detection for who has the series in columns and in order. */
#ifndef CAUS_SRC_ANOMALY_ANOMALY_H
#define CAUS_SRC_ANOMALY_ANOMALY_H

#include "caus/anomaly.h"
#include "series/time_columns.h"

/* What is looked at. */
typedef struct caus_detect_rows {
    const caus_series *series;
    const caus_time_columns *columns; /* of the series, sorted */
    const double **later; /* [variable_count] all NULL: set to the ratios of
                             the rows after the reference where one of them is
                             above 1. The others are not told then, nor in
                             `ratios` of the result: memory that nobody reads is
                             not touched. NULL = all are told there */
} caus_detect_rows;

/* caus_anomaly_detect() of such rows. */
caus_status caus_anomaly_detect_columns(const caus_detect_rows *rows,
                                        const caus_anomaly_options *options,
                                        const caus_run *run, caus_arena *out,
                                        caus_anomalies *result,
                                        caus_error *err);

#endif
