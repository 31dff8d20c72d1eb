/* SPDX-License-Identifier: Apache-2.0 */
/* The table of detectors. */
#include <string.h>

#include "anomaly/anomaly_internal.h"

static const caus_detector_entry detectors[CAUS_DETECTOR_COUNT] = {
    [CAUS_DETECTOR_TWO_WINDOW] = {"two-window", NULL, caus_fill_standardised,
                                  true, caus_measure_windows},
    [CAUS_DETECTOR_CHANGE_POINT] = {"change-point", NULL,
                                    caus_fill_standardised, false,
                                    caus_measure_shifts},
    [CAUS_DETECTOR_BAYESIAN] = {"bayesian", NULL, caus_fill_standardised, false,
                                caus_measure_odds},
    [CAUS_DETECTOR_FORECAST] = {"forecast", NULL, caus_fill_forecast, true,
                                caus_measure_residuals},
    [CAUS_DETECTOR_ISOLATION] = {"isolation", caus_prepare_forest,
                                 caus_fill_prepared, true,
                                 caus_measure_windows},
    [CAUS_DETECTOR_GRANGER_BREAK] = {"granger-break", caus_prepare_regressions,
                                     caus_fill_prepared, true,
                                     caus_measure_windows},
};

const caus_detector_entry *caus_detector_find(caus_detector detector)
{
    return &detectors[detector];
}

const char *caus_detector_name(caus_detector detector)
{
    return (size_t)detector < CAUS_DETECTOR_COUNT ? detectors[detector].name
                                                  : "unknown";
}

bool caus_detector_from_name(const char *name, caus_detector *result)
{
    for (size_t d = 0; d < CAUS_DETECTOR_COUNT; d++)
        if (strcmp(detectors[d].name, name) == 0) {
            *result = (caus_detector)d;
            return true;
        }
    return false;
}
