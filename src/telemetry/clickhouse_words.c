// SPDX-License-Identifier: Apache-2.0
/* What ClickHouse says when it refuses, and what a user can do about it. */
#include <stdlib.h>
#include <string.h>

#include "telemetry/clickhouse_rows.h"

typedef struct way_out {
    int code; /* of ClickHouse */
    caus_status status;
    const char *remedy;
} way_out;

static const char grant[] =
    "grant this user SELECT on the table of spans and on system.columns";
static const char log_in[] =
    "give CAUS_CLICKHOUSE_USER and CAUS_CLICKHOUSE_PASSWORD";
static const char ask_less[] =
    "ask for less: a shorter window, a larger --step or fewer services";
static const char other_place[] =
    "name the right one by ?database=…&table=… in the url";

static const way_out ways_out[] = {
    {47, CAUS_ERR_SERVER, "the table lacks a column that its layout promises"},
    {60, CAUS_ERR_NOT_FOUND, other_place},
    {81, CAUS_ERR_NOT_FOUND, other_place},
    {115, CAUS_ERR_SERVER, "take the setting out of the url"},
    {158, CAUS_ERR_LIMIT, ask_less}, /* too many rows */
    {159, CAUS_ERR_LIMIT, ask_less}, /* time-out */
    {160, CAUS_ERR_LIMIT, ask_less}, /* too slow */
    {164, CAUS_ERR_DENIED, "take the settings out of the url"},
    {192, CAUS_ERR_DENIED, log_in},
    {193, CAUS_ERR_DENIED, log_in},
    {194, CAUS_ERR_DENIED, log_in},
    {195, CAUS_ERR_DENIED, "let this user in from this address"},
    {201, CAUS_ERR_LIMIT, "wait for the quota or raise it"},
    {202, CAUS_ERR_LIMIT, "try again: too many queries run at once"},
    {241, CAUS_ERR_LIMIT, ask_less}, /* memory */
    {291, CAUS_ERR_DENIED, grant},
    {307, CAUS_ERR_LIMIT, ask_less}, /* too many bytes */
    {497, CAUS_ERR_DENIED, grant},
    {516, CAUS_ERR_DENIED, log_in},
};

static const way_out *find_way_out(const char *words, size_t length)
{
    static const char code[] = "Code: ";
    if (length < sizeof code || memcmp(words, code, sizeof code - 1) != 0)
        return NULL;
    int number = 0;
    for (size_t i = sizeof code - 1; i < length && number < 100000; i++) {
        if (words[i] < '0' || words[i] > '9')
            break;
        number = number * 10 + (words[i] - '0');
    }
    for (size_t i = 0; i < sizeof ways_out / sizeof *ways_out; i++) {
        if (ways_out[i].code == number)
            return &ways_out[i];
    }
    return NULL;
}

/* The first line, without what 18.16 repeats at its end. */
static int sentence_length(const char *words, size_t length)
{
    enum { LONGEST = 400 };
    size_t kept = 0;
    while (kept < length && kept < LONGEST && words[kept] != '\n' &&
           words[kept] != '\r' && words[kept] != '\0')
        kept++;
    static const char repeated[] = ", e.what() =";
    const char *cut = memmem(words, kept, repeated, sizeof repeated - 1);
    if (cut)
        kept = (size_t)(cut - words);
    /* Not in the middle of a UTF-8 character. */
    while (kept == LONGEST && kept &&
           ((unsigned char)words[kept] & 0xC0) == 128)
        kept--;
    return (int)kept;
}

caus_status caus_clickhouse_fail(const char *host, const char *what,
                                 long http_status, const char *words,
                                 size_t length, caus_error *err)
{
    size_t first = 0;
    while (first < length && strchr(" \t\r\n", words[first]))
        first++;
    if (http_status && first < length && words[first] == '<')
        return CAUS_FAIL(err, CAUS_ERR_SERVER,
                         "ClickHouse at %s answered %s with HTTP %ld and an "
                         "HTML page: check the url; another server, a proxy or "
                         "a login page stands there",
                         host, what, http_status);
    const way_out *way = find_way_out(words, length);
    int shown = sentence_length(words, length);
    char http[48] = "an error in the middle of its reply";
    if (http_status)
        (void)snprintf(http, sizeof http, "HTTP %ld", http_status);
    return CAUS_FAIL(err, way ? way->status : CAUS_ERR_SERVER,
                     "ClickHouse at %s answered %s with %s (%.*s): %s", host,
                     what, http, shown, words,
                     way ? way->remedy
                         : "look into the server's log, or try the statement "
                           "shown by --show-queries");
}
