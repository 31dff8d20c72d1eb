/* SPDX-License-Identifier: Apache-2.0 */
/* The incident that all variables tell together. */
#include "discovery/incident_extent.h"
#include "rootcause/rows.h"

size_t caus_case_baseline_rows(const caus_case *about)
{
    const caus_series *series = about->series;
    size_t rows = 0;
    if (series->environment_count < 2)
        return 0;
    for (size_t s = 0; s < series->segment_count; s++)
        if (series->segments[s].environment == series->environments[0].id)
            rows += series->segments[s].row_count;
    return rows;
}

caus_status caus_case_find_extent(const caus_case *about, caus_extent *result,
                                  caus_error *err)
{
    const caus_timeline *timeline = &about->timeline;
    size_t least = caus_larger(about->near_row, CAUS_LEAST_HEALTHY);
    size_t baseline = caus_case_baseline_rows(about);
    const caus_extent_rows rows = {.variables = about->series->variables,
                                   .columns = caus_timeline_columns(timeline),
                                   .first_end =
                                       caus_larger(baseline, least) + 1};
    CAUS_TRY(caus_extent_find(&rows, about->run, result, err));
    if (result->found && result->onset.row < least)
        result->found = false;
    return CAUS_OK;
}
