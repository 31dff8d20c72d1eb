/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON push parser that knows where the parts of a Prometheus reply lie. A
 * stack of places says what the next value means; values in places nobody
 * knows are skipped, however they look. Points, nearly all of a reply, take a
 * shorter way as long as they lie whole in the piece at hand.
 */
#include "telemetry/prometheus_scan.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/excerpt.h"
#include "base/number.h"

/* Objects come first: see is_object(). */
enum place {
    PLACE_TOP,
    PLACE_DATA,
    PLACE_ELEMENT,        /* {"metric": {}, "values": []} */
    PLACE_LABELS,         /* {"job": "api"} */
    PLACE_METADATA_ENTRY, /* {"type": "counter", "unit": ""} */
    PLACE_SKIPPED_OBJECT,
    PLACE_LIST,          /* "data": [] of label sets or words */
    PLACE_RESULT,        /* [element, …] */
    PLACE_VALUES,        /* [point, …] */
    PLACE_POINT,         /* [time, "value"] */
    PLACE_NOTES,         /* ["warning", …] */
    PLACE_METADATA_LIST, /* [metadata entry, …] */
    PLACE_SKIPPED_ARRAY
};

enum expected {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END, /* after "[" */
    EXPECT_KEY,
    EXPECT_KEY_OR_END, /* after "{" */
    EXPECT_COLON,
    EXPECT_COMMA_OR_END,
    EXPECT_NOTHING /* the reply is complete */
};

/* Times in nanoseconds end 292 years after 1970. */
static const int64_t latest_time_s = 9200000000;

enum token { TOKEN_NONE, TOKEN_STRING, TOKEN_WORD };

enum key {
    KEY_OTHER,
    KEY_STATUS,
    KEY_ERROR,
    KEY_DATA,
    KEY_NOTES,
    KEY_RESULT,
    KEY_METRIC,
    KEY_VALUES,
    KEY_VALUE,
    KEY_HISTOGRAM,
    KEY_TYPE,
    KEY_UNIT,
    KEY_VERSION,
    KEY_METRIC_NAME
};

static const struct known_key {
    unsigned char place, key;
    const char *text;
} known_keys[] = {
    {PLACE_TOP, KEY_STATUS, "status"},
    {PLACE_TOP, KEY_ERROR, "error"},
    {PLACE_TOP, KEY_DATA, "data"},
    {PLACE_TOP, KEY_NOTES, "warnings"},
    {PLACE_TOP, KEY_NOTES, "infos"},
    {PLACE_DATA, KEY_RESULT, "result"},
    {PLACE_DATA, KEY_VERSION, "version"},
    {PLACE_ELEMENT, KEY_METRIC, "metric"},
    {PLACE_ELEMENT, KEY_VALUES, "values"},
    {PLACE_ELEMENT, KEY_VALUE, "value"},
    {PLACE_ELEMENT, KEY_HISTOGRAM, "histogram"},
    {PLACE_ELEMENT, KEY_HISTOGRAM, "histograms"},
    {PLACE_METADATA_ENTRY, KEY_TYPE, "type"},
    {PLACE_METADATA_ENTRY, KEY_UNIT, "unit"},
};

static bool is_object(unsigned char place)
{
    return place <= PLACE_SKIPPED_OBJECT;
}

static unsigned char here(const caus_scanner *scanner)
{
    return scanner->places[scanner->depth - 1];
}

static bool is_blank(char byte)
{
    return byte && strchr(" \n\t\r", byte);
}

void caus_scan_init(caus_scanner *scanner, const caus_scan_events *events,
                    bool is_metadata)
{
    memset(scanner, 0, sizeof *scanner);
    scanner->events = events;
    scanner->is_metadata = is_metadata;
    scanner->expected = EXPECT_VALUE;
}

void caus_scan_deinit(caus_scanner *scanner)
{
    caus_text_deinit(&scanner->text);
    caus_text_deinit(&scanner->labels);
}

static caus_status no_memory(caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory for a reply");
}

static caus_status malformed(const char *why, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_SERVER,
                     "the reply is no well-formed reply of the Prometheus API "
                     "(%s): check that the url is that of Prometheus and that "
                     "no proxy changes its replies",
                     why);
}

static void keep_short(char *to, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length >= size)
        length = size - 1;
    memcpy(to, text, length);
    to[length] = '\0';
}

/* ---- labels ---- */

static caus_status add_to_labels(caus_scanner *scanner, size_t part,
                                 caus_error *err)
{
    if (scanner->label_count == CAUS_SCAN_MAX_LABELS ||
        scanner->labels.length + scanner->text.length > CAUS_SCAN_MAX_TEXT)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "a series has more than %d labels or over %d bytes of "
                         "them: aggregate by the labels you need",
                         CAUS_SCAN_MAX_LABELS, CAUS_SCAN_MAX_TEXT);
    scanner->label_at[scanner->label_count][part] = scanner->labels.length;
    caus_text_add_bytes(&scanner->labels, scanner->text.bytes,
                        scanner->text.length);
    caus_text_add_char(&scanner->labels, '\0');
    return scanner->labels.failed ? no_memory(err) : CAUS_OK;
}

static caus_status end_labels(caus_scanner *scanner, caus_error *err)
{
    caus_label labels[CAUS_SCAN_MAX_LABELS];
    for (size_t i = 0; i < scanner->label_count; i++)
        labels[i] =
            (caus_label){scanner->labels.bytes + scanner->label_at[i][0],
                         scanner->labels.bytes + scanner->label_at[i][1]};
    const caus_scan_events *events = scanner->events;
    scanner->has_labels = true;
    if (!events->series)
        return CAUS_OK;
    return events->series(events->data, labels, scanner->label_count, err);
}

/* ---- what values mean ---- */

static void identify_key(caus_scanner *scanner)
{
    unsigned char place = here(scanner);
    scanner->key = KEY_OTHER;
    if (place == PLACE_DATA && scanner->is_metadata) {
        scanner->key = KEY_METRIC_NAME;
        keep_short(scanner->name, sizeof scanner->name, scanner->text.bytes);
        return;
    }
    for (size_t i = 0; i < sizeof known_keys / sizeof *known_keys; i++) {
        if (known_keys[i].place == place &&
            strcmp(known_keys[i].text, scanner->text.bytes) == 0)
            scanner->key = known_keys[i].key;
    }
}

static caus_status push_place(caus_scanner *scanner, unsigned char place,
                              caus_error *err)
{
    if (scanner->depth == CAUS_SCAN_MAX_DEPTH)
        return malformed("nested too deeply", err);
    scanner->places[scanner->depth++] = place;
    scanner->expected =
        is_object(place) ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
    return CAUS_OK;
}

static caus_status open_object(caus_scanner *scanner, caus_error *err)
{
    unsigned char place = scanner->depth ? here(scanner) : PLACE_SKIPPED_ARRAY;
    unsigned char opened = PLACE_SKIPPED_OBJECT;
    if (scanner->depth == 0)
        opened = PLACE_TOP;
    else if (place == PLACE_TOP && scanner->key == KEY_DATA)
        opened = PLACE_DATA;
    else if (place == PLACE_RESULT)
        opened = PLACE_ELEMENT;
    else if (place == PLACE_METADATA_LIST)
        opened = PLACE_METADATA_ENTRY;
    else if (place == PLACE_LIST ||
             (place == PLACE_ELEMENT && scanner->key == KEY_METRIC))
        opened = PLACE_LABELS;
    else if (place == PLACE_ELEMENT && scanner->key == KEY_HISTOGRAM &&
             scanner->events->histogram)
        CAUS_TRY(scanner->events->histogram(scanner->events->data, err));
    if (opened == PLACE_ELEMENT)
        scanner->has_labels = false;
    if (opened == PLACE_LABELS) {
        scanner->label_count = 0;
        scanner->labels.length = 0;
    }
    if (opened == PLACE_METADATA_ENTRY)
        scanner->type[0] = scanner->unit[0] = '\0';
    return push_place(scanner, opened, err);
}

static caus_status open_array(caus_scanner *scanner, caus_error *err)
{
    if (scanner->depth == 0)
        return malformed("an array on top", err);
    unsigned char place = here(scanner), opened = PLACE_SKIPPED_ARRAY;
    bool is_value = place == PLACE_ELEMENT &&
                    (scanner->key == KEY_VALUES || scanner->key == KEY_VALUE ||
                     scanner->key == KEY_HISTOGRAM);
    if (is_value && !scanner->has_labels)
        return malformed("values before their labels", err);
    if (place == PLACE_TOP && scanner->key == KEY_DATA)
        opened = PLACE_LIST;
    else if (place == PLACE_TOP && scanner->key == KEY_NOTES)
        opened = PLACE_NOTES;
    else if (place == PLACE_DATA && scanner->key == KEY_RESULT)
        opened = PLACE_RESULT;
    else if (place == PLACE_DATA && scanner->key == KEY_METRIC_NAME)
        opened = PLACE_METADATA_LIST;
    else if (is_value && scanner->key == KEY_VALUES)
        opened = PLACE_VALUES;
    else if (place == PLACE_VALUES || (is_value && scanner->key == KEY_VALUE))
        opened = PLACE_POINT;
    else if (is_value && scanner->events->histogram)
        CAUS_TRY(scanner->events->histogram(scanner->events->data, err));
    if (opened == PLACE_POINT)
        scanner->has_time = false;
    return push_place(scanner, opened, err);
}

static caus_status close_place(caus_scanner *scanner, caus_error *err)
{
    unsigned char place = here(scanner);
    const caus_scan_events *events = scanner->events;
    scanner->depth--;
    scanner->expected = scanner->depth ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
    if (place == PLACE_LABELS)
        return end_labels(scanner, err);
    if (place == PLACE_METADATA_ENTRY && events->metadata)
        return events->metadata(events->data, scanner->name, scanner->type,
                                scanner->unit, err);
    return CAUS_OK;
}

static caus_status take_point(caus_scanner *scanner, double value,
                              caus_error *err)
{
    const caus_scan_events *events = scanner->events;
    if (!events->point)
        return CAUS_OK;
    return events->point(events->data, scanner->time_ms,
                         isfinite(value) ? value : (double)NAN, err);
}

/* The value of a point as JSON text: "59.06", "NaN", "+Inf". */
static bool read_value(const char *at, const char *end, double *value,
                       const char **rest)
{
    if (at < end && *at == '+')
        at++;
    return caus_parse_double(at, end, value, rest);
}

static caus_status take_string(caus_scanner *scanner, caus_error *err)
{
    const caus_scan_events *events = scanner->events;
    const char *text = scanner->text.bytes;
    unsigned char place = here(scanner);
    if (place == PLACE_LABELS) {
        CAUS_TRY(add_to_labels(scanner, 1, err));
        scanner->label_count++;
    } else if (place == PLACE_POINT) {
        double value;
        const char *rest, *end = text + scanner->text.length;
        if (!scanner->has_time || !read_value(text, end, &value, &rest) ||
            rest != end)
            return malformed("a value that is no number", err);
        return take_point(scanner, value, err);
    } else if (place == PLACE_NOTES && events->note) {
        return events->note(events->note_data, text, err);
    } else if (events->word &&
               (place == PLACE_LIST ||
                (place == PLACE_DATA && scanner->key == KEY_VERSION))) {
        return events->word(events->data, text, err);
    } else if (place == PLACE_TOP && scanner->key == KEY_STATUS) {
        scanner->has_status = true;
        scanner->is_error = strcmp(text, "error") == 0;
    } else if (place == PLACE_TOP && scanner->key == KEY_ERROR) {
        keep_short(scanner->words, sizeof scanner->words, text);
    } else if (place == PLACE_METADATA_ENTRY && scanner->key == KEY_TYPE) {
        keep_short(scanner->type, sizeof scanner->type, text);
    } else if (place == PLACE_METADATA_ENTRY && scanner->key == KEY_UNIT) {
        keep_short(scanner->unit, sizeof scanner->unit, text);
    }
    return CAUS_OK;
}

static bool is_literal(const char *text)
{
    return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ||
           strcmp(text, "null") == 0;
}

static caus_status take_word(caus_scanner *scanner, caus_error *err)
{
    const char *text = scanner->text.bytes, *rest = text;
    const char *end = text + scanner->text.length;
    unsigned char place = here(scanner);
    bool is_digit = isdigit((unsigned char)(*text == '-' ? text[1] : *text));
    double number = 0;
    if (!is_literal(text) &&
        (!is_digit || !caus_parse_double(text, end, &number, &rest) ||
         rest != end))
        return malformed("neither number nor text", err);
    if (place == PLACE_LABELS)
        return malformed("a label that is no text", err);
    if (place != PLACE_POINT)
        return CAUS_OK;
    if (scanner->has_time || !is_digit ||
        !(fabs(number) < (double)latest_time_s))
        return malformed("a time that is none", err);
    scanner->time_ms = llround(number * 1000);
    scanner->has_time = true;
    return CAUS_OK;
}

/* ---- tokens ---- */

static caus_status finish_token(caus_scanner *scanner, caus_error *err)
{
    caus_text *text = &scanner->text;
    bool is_string = scanner->token == TOKEN_STRING;
    bool is_key = scanner->expected == EXPECT_KEY ||
                  scanner->expected == EXPECT_KEY_OR_END;
    caus_text_add_bytes(text, "", 0); /* a NUL for empty ones */
    if (text->failed)
        return no_memory(err);
    scanner->token = TOKEN_NONE;
    if (is_string && scanner->is_escaped && !caus_scan_unescape(text))
        return malformed("a bad escape in a text", err);
    if (is_string && !caus_utf8_is_valid(text->bytes, text->length))
        return malformed("a text that is no UTF-8", err);
    scanner->expected = is_key ? EXPECT_COLON : EXPECT_COMMA_OR_END;
    if (!is_key)
        return is_string ? take_string(scanner, err) : take_word(scanner, err);
    if (here(scanner) == PLACE_LABELS)
        return add_to_labels(scanner, 0, err);
    identify_key(scanner);
    return CAUS_OK;
}

static void begin_token(caus_scanner *scanner, enum token token)
{
    scanner->token = (unsigned char)token;
    scanner->is_escaped = scanner->after_backslash = false;
    scanner->text.length = 0;
}

static caus_status check_text_limit(const caus_scanner *scanner,
                                    caus_error *err)
{
    if (scanner->text.failed)
        return no_memory(err);
    if (scanner->text.length > CAUS_SCAN_MAX_TEXT)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "a text in the reply is longer than %d bytes: that is "
                         "no label; check the url",
                         CAUS_SCAN_MAX_TEXT);
    return CAUS_OK;
}

/* Goes on with a text; sets *at behind what it took. */
static caus_status push_string(caus_scanner *scanner, const char **at,
                               const char *end, caus_error *err)
{
    const char *from = *at, *to = from;
    while (to < end) {
        if (scanner->after_backslash)
            scanner->after_backslash = false;
        else if (*to == '"')
            break;
        else if (*to == '\\')
            scanner->after_backslash = scanner->is_escaped = true;
        else if ((unsigned char)*to < 0x20)
            return malformed("a control character in a text", err);
        to++;
    }
    caus_text_add_bytes(&scanner->text, from, (size_t)(to - from));
    CAUS_TRY(check_text_limit(scanner, err));
    *at = to;
    if (to == end)
        return CAUS_OK;
    *at = to + 1;
    return finish_token(scanner, err);
}

static caus_status push_word(caus_scanner *scanner, const char **at,
                             const char *end, caus_error *err)
{
    const char *from = *at, *to = from;
    while (to < end && (isalnum((unsigned char)*to) || *to == '.' ||
                        *to == '-' || *to == '+'))
        to++;
    caus_text_add_bytes(&scanner->text, from, (size_t)(to - from));
    CAUS_TRY(check_text_limit(scanner, err));
    *at = to;
    return to == end ? CAUS_OK : finish_token(scanner, err);
}

static caus_status start_value(caus_scanner *scanner, const char **at,
                               caus_error *err)
{
    char byte = **at;
    if (byte == '{' || byte == '[') {
        ++*at;
        return byte == '{' ? open_object(scanner, err)
                           : open_array(scanner, err);
    }
    if (scanner->depth == 0)
        return byte == '<' ? CAUS_FAIL(err, CAUS_ERR_SERVER,
                                       "the reply is an HTML page, not JSON: "
                                       "a proxy or login page stands between, "
                                       "or the url lacks the path under which "
                                       "Prometheus is served")
                           : malformed("not JSON", err);
    if (byte == '"') {
        ++*at;
        begin_token(scanner, TOKEN_STRING);
    } else if (isalnum((unsigned char)byte) || byte == '-') {
        begin_token(scanner, TOKEN_WORD);
    } else {
        return malformed("a value is missing", err);
    }
    return CAUS_OK;
}

static caus_status step(caus_scanner *scanner, const char **at, caus_error *err)
{
    char byte = **at;
    bool closes =
        scanner->depth > 0 && byte == (is_object(here(scanner)) ? '}' : ']');
    switch ((enum expected)scanner->expected) {
    case EXPECT_VALUE_OR_END:
    case EXPECT_VALUE:
        if (closes && scanner->expected == EXPECT_VALUE_OR_END)
            break;
        return start_value(scanner, at, err);
    case EXPECT_KEY_OR_END:
    case EXPECT_KEY:
        if (closes && scanner->expected == EXPECT_KEY_OR_END)
            break;
        if (byte != '"')
            return malformed("a key is missing", err);
        ++*at;
        begin_token(scanner, TOKEN_STRING);
        return CAUS_OK;
    case EXPECT_COLON:
        if (byte != ':')
            return malformed("a colon is missing", err);
        ++*at;
        scanner->expected = EXPECT_VALUE;
        return CAUS_OK;
    case EXPECT_COMMA_OR_END:
        if (closes)
            break;
        if (byte != ',')
            return malformed("a comma is missing", err);
        ++*at;
        scanner->expected =
            is_object(here(scanner)) ? EXPECT_KEY : EXPECT_VALUE;
        return CAUS_OK;
    case EXPECT_NOTHING:
        return malformed("more after its end", err);
    }
    ++*at;
    return close_place(scanner, err);
}

/* ---- points that lie whole in the piece ---- */

/* A time in its usual form, with at most three decimals; NULL for others. */
static const char *read_time_ms(const char *at, const char *end,
                                int64_t *time_ms)
{
    int64_t time = 0;
    const char *first = at;
    while (at < end && *at >= '0' && *at <= '9' && at - first < 10)
        time = time * 10 + (*at++ - '0');
    if (at == first || time >= latest_time_s)
        return NULL;
    time *= 1000;
    if (at < end && *at == '.') {
        first = ++at;
        int64_t weight = 100;
        for (; at < end && *at >= '0' && *at <= '9' && weight; at++) {
            time += weight * (*at - '0');
            weight /= 10;
        }
        if (at == first)
            return NULL;
    }
    *time_ms = time;
    return at;
}

/* Takes whole points in the form ,[1795227147,"59.06"]; all else is left. */
static caus_status push_points(caus_scanner *scanner, const char **from,
                               const char *end, caus_error *err)
{
    for (;;) {
        const char *at = *from;
        if (scanner->expected == EXPECT_COMMA_OR_END) {
            if (at == end || *at++ != ',')
                return CAUS_OK;
        }
        if (at == end || *at++ != '[')
            return CAUS_OK;
        int64_t time_ms;
        at = read_time_ms(at, end, &time_ms);
        if (!at || end - at < 2 || at[0] != ',' || at[1] != '"')
            return CAUS_OK;
        double value;
        if (!read_value(at + 2, end, &value, &at) || end - at < 2 ||
            at[0] != '"' || at[1] != ']')
            return CAUS_OK;
        *from = at + 2;
        scanner->expected = EXPECT_COMMA_OR_END;
        scanner->time_ms = time_ms;
        CAUS_TRY(take_point(scanner, value, err));
    }
}

caus_status caus_scan_push(caus_scanner *scanner, const char *bytes,
                           size_t count, caus_error *err)
{
    const char *at = bytes, *end = bytes + count;
    while (at < end) {
        if (scanner->token == TOKEN_STRING) {
            CAUS_TRY(push_string(scanner, &at, end, err));
        } else if (scanner->token == TOKEN_WORD) {
            CAUS_TRY(push_word(scanner, &at, end, err));
        } else if (is_blank(*at)) {
            at++;
        } else {
            if (scanner->depth && here(scanner) == PLACE_VALUES)
                CAUS_TRY(push_points(scanner, &at, end, err));
            if (at < end && !is_blank(*at))
                CAUS_TRY(step(scanner, &at, err));
        }
    }
    return CAUS_OK;
}

bool caus_scan_is_complete(const caus_scanner *scanner)
{
    return scanner->expected == EXPECT_NOTHING;
}

caus_status caus_scan_finish(caus_scanner *scanner, caus_error *err)
{
    if (scanner->expected != EXPECT_NOTHING)
        return CAUS_FAIL(err, CAUS_ERR_SERVER,
                         "the reply ends in its middle: the server or a proxy "
                         "cut it off; ask for less by a shorter window, a "
                         "larger --step or fewer series");
    if (scanner->is_error)
        return CAUS_FAIL(err, CAUS_ERR_SERVER, "the server said: %s",
                         scanner->words);
    if (!scanner->has_status)
        return malformed("no status in it", err);
    return CAUS_OK;
}
