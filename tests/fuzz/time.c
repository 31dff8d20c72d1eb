/* SPDX-License-Identifier: Apache-2.0 */
/* The input is an instant, a duration and a Grafana address. */
#include <stdlib.h>
#include <string.h>

#include "caus/telemetry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* What was read is written in a way that reads back. */
static void check_time(int64_t time_ns)
{
    char text[40];
    int64_t back_ns = 0;
    caus_time_format(time_ns, text);
    bool in_range = time_ns >= INT64_C(-9214560000000000000) &&
                    time_ns < INT64_C(9214646400000000000);
    if (in_range &&
        (caus_time_parse(text, 0, INT32_MIN, &back_ns, NULL) != CAUS_OK ||
         back_ns != time_ns))
        abort();
}

static void check_duration(int64_t duration_ns)
{
    char text[40];
    int64_t back_ns = 0;
    caus_duration_format(duration_ns, text);
    if (duration_ns < 0 ||
        caus_duration_parse(text, &back_ns, NULL) != CAUS_OK ||
        back_ns != duration_ns)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const int64_t now_ns = INT64_C(1761706800000000000);
    char *text = malloc(bytes + 1);
    if (!text)
        return 0;
    if (bytes)
        memcpy(text, data, bytes);
    text[bytes] = '\0';
    int64_t first_ns = 0, second_ns = 0;
    caus_error error;
    if (caus_time_parse(text, now_ns, INT32_MIN, &first_ns, &error) == CAUS_OK)
        check_time(first_ns);
    if (caus_time_parse(text, now_ns, -330, &first_ns, &error) == CAUS_OK)
        check_time(first_ns);
    if (caus_duration_parse(text, &first_ns, &error) == CAUS_OK)
        check_duration(first_ns);
    if (caus_time_parse_grafana(text, now_ns, &first_ns, &second_ns, &error) ==
            CAUS_OK &&
        first_ns >= second_ns)
        abort();
    free(text);
    return 0;
}
