/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds selectors in PromQL. This is no grammar: it tells names of metrics from
 * names of functions, operators and labels by what stands around them, which
 * the language allows, and gives up where it is not sure.
 */
#include "telemetry/prometheus_promql.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

enum { MAX_NESTING = 64 };

enum call {
    CALL_OTHER,
    CALL_SUM,
    CALL_RATE,     /* increase() and its like */
    CALL_TIMES,    /* looks at the time of samples, or at there being none */
    CALL_HISTOGRAM /* of a native one */
};

typedef struct cursor {
    const char *at;
    const char *end;
    caus_promql *query;
    size_t depth;
    struct {
        enum call call;      /* what the open parenthesis belongs to */
        const char *name;    /* where that begins */
        const char *content; /* behind the parenthesis */
        size_t selectors;    /* found before it */
    } open[MAX_NESTING];
} cursor;

static bool is_word_start(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           byte == '_' || byte == ':';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static void skip_blanks(cursor *from)
{
    while (from->at < from->end) {
        if (*from->at == '#') {
            while (from->at < from->end && *from->at != '\n')
                from->at++;
        } else if (*from->at && strchr(" \t\r\n", *from->at)) {
            from->at++;
        } else {
            return;
        }
    }
}

static bool take_char(cursor *from, char wanted)
{
    skip_blanks(from);
    if (from->at == from->end || *from->at != wanted)
        return false;
    from->at++;
    return true;
}

static char peek(cursor *from)
{
    skip_blanks(from);
    if (from->at < from->end)
        return *from->at;
    return '\0';
}

static caus_slice take_word(cursor *from)
{
    skip_blanks(from);
    const char *first = from->at;
    while (from->at < from->end &&
           (is_word_start(*from->at) || is_digit(*from->at)))
        from->at++;
    return (caus_slice){first, (size_t)(from->at - first)};
}

static bool is_word(caus_slice word, const char *text)
{
    return word.length == strlen(text) &&
           strncasecmp(word.at, text, word.length) == 0;
}

static bool is_one_of(caus_slice word, const char *const *texts)
{
    for (; *texts; texts++) {
        if (is_word(word, *texts))
            return true;
    }
    return false;
}

/* A string in any of the three kinds of quotes. */
static bool take_string(cursor *from, caus_slice *content, bool *has_escapes)
{
    char quote = peek(from);
    if (quote != '"' && quote != '\'' && quote != '`')
        return false;
    const char *first = ++from->at;
    *has_escapes = false;
    while (from->at < from->end && *from->at != quote) {
        if (*from->at == '\\' && quote != '`') {
            *has_escapes = true;
            from->at++;
        }
        if (from->at < from->end)
            from->at++;
    }
    if (from->at == from->end)
        return false;
    *content = (caus_slice){first, (size_t)(from->at - first)};
    from->at++;
    return true;
}

static bool take_duration(cursor *from, int64_t *duration_ns)
{
    static const struct {
        const char *text;
        int64_t ns;
    } units[] = {{"ms", 1000000},
                 {"s", 1000000000},
                 {"m", 60 * INT64_C(1000000000)},
                 {"h", 3600 * INT64_C(1000000000)},
                 {"d", 86400 * INT64_C(1000000000)},
                 {"w", 604800 * INT64_C(1000000000)},
                 {"y", 31536000 * INT64_C(1000000000)}};
    static const size_t unit_count = sizeof units / sizeof *units;
    skip_blanks(from);
    int64_t total = 0;
    bool any = false;
    while (from->at < from->end && is_digit(*from->at)) {
        int64_t number = 0;
        while (from->at < from->end && is_digit(*from->at) && number < 1000000)
            number = number * 10 + (*from->at++ - '0');
        size_t unit = 0;
        size_t left = (size_t)(from->end - from->at);
        while (unit < unit_count && (strlen(units[unit].text) > left ||
                                     strncmp(from->at, units[unit].text,
                                             strlen(units[unit].text)) != 0))
            unit++;
        if (unit == unit_count || number > (INT64_MAX - total) / units[unit].ns)
            return false;
        from->at += strlen(units[unit].text);
        total += number * units[unit].ns;
        any = true;
    }
    *duration_ns = total;
    return any;
}

/* [5m] or [5m:1m]; tells which. */
static bool take_range(cursor *from, bool *is_subquery)
{
    int64_t window_ns, resolution_ns;
    if (!take_char(from, '[') || !take_duration(from, &window_ns))
        return false;
    *is_subquery = take_char(from, ':');
    if (*is_subquery && peek(from) != ']' &&
        !take_duration(from, &resolution_ns))
        return false;
    if (window_ns > from->query->widest_window_ns)
        from->query->widest_window_ns = window_ns;
    return take_char(from, ']');
}

static bool take_matcher(cursor *from, caus_promql_selector *selector)
{
    if (selector->matcher_count == CAUS_PROMQL_MAX_MATCHERS)
        return false;
    caus_promql_matcher matcher = {0};
    bool has_escapes;
    skip_blanks(from);
    const char *first = from->at;
    matcher.name = take_word(from);
    if (!matcher.name.length)
        return false;
    skip_blanks(from);
    if (from->end - from->at < 2)
        return false;
    bool is_equality = from->at[0] == '=' && from->at[1] != '~';
    if (from->at[0] != '=' && from->at[0] != '!')
        return false;
    from->at += from->at[0] == '=' && is_equality ? 1 : 2;
    if (!take_string(from, &matcher.value, &has_escapes))
        return false;
    matcher.is_equality = is_equality && !has_escapes;
    matcher.whole = (caus_slice){first, (size_t)(from->at - first)};
    if (matcher.is_equality && is_word(matcher.name, "__name__"))
        selector->name = matcher.value;
    selector->matchers[selector->matcher_count++] = matcher;
    return true;
}

static bool take_matchers(cursor *from, caus_promql_selector *selector)
{
    if (!take_char(from, '{'))
        return true;
    while (!take_char(from, '}')) {
        if (!take_matcher(from, selector))
            return false;
        if (!take_char(from, ',') && peek(from) != '}')
            return false;
    }
    return true;
}

/* offset 5m, @ 1609746000, @ start(); in any order. */
static bool take_modifiers(cursor *from, caus_slice *modifiers)
{
    const char *first = from->at, *last = from->at;
    for (;;) {
        cursor ahead = *from;
        if (take_char(&ahead, '@')) {
            take_char(&ahead, '-');
            if (is_digit(peek(&ahead))) {
                while (ahead.at < ahead.end &&
                       (is_digit(*ahead.at) || *ahead.at == '.'))
                    ahead.at++;
            } else if (!take_word(&ahead).length || !take_char(&ahead, '(') ||
                       !take_char(&ahead, ')')) {
                return false;
            }
        } else if (is_word(take_word(&ahead), "offset")) {
            int64_t offset_ns;
            take_char(&ahead, '-');
            if (!take_duration(&ahead, &offset_ns))
                return false;
        } else {
            break;
        }
        *from = ahead;
        last = from->at;
    }
    *modifiers = (caus_slice){first, (size_t)(last - first)};
    return true;
}

/* The cursor stands behind the name, if there is one. */
static bool take_selector(cursor *from, caus_slice name)
{
    caus_promql *query = from->query;
    if (query->selector_count == CAUS_PROMQL_MAX_SELECTORS)
        return false;
    caus_promql_selector *selector = &query->selectors[query->selector_count++];
    *selector = (caus_promql_selector){.name = name};
    const char *first = name.length ? name.at : from->at;
    const char *last = from->at;
    if (peek(from) == '{') {
        if (!take_matchers(from, selector))
            return false;
        last = from->at;
    }
    selector->whole = (caus_slice){first, (size_t)(last - first)};
    bool is_subquery = false;
    enum call around =
        from->depth ? from->open[from->depth - 1].call : CALL_OTHER;
    bool is_fixed = around == CALL_TIMES || around == CALL_HISTOGRAM;
    selector->form = is_fixed ? CAUS_PROMQL_FIXED : CAUS_PROMQL_INSTANT;
    if (peek(from) == '[') {
        if (!take_range(from, &is_subquery))
            return false;
        selector->form = is_subquery ? CAUS_PROMQL_SUBQUERY : CAUS_PROMQL_RANGE;
    } else {
        from->at = last;
    }
    if (!take_modifiers(from, &selector->modifiers))
        return false;
    /* A subquery may follow the modifiers of an instant selector. */
    if (selector->form == CAUS_PROMQL_INSTANT && peek(from) == '[') {
        selector->form = CAUS_PROMQL_SUBQUERY;
        return take_range(from, &is_subquery);
    }
    return true;
}

/* The list in parentheses behind by, on and their like. */
static bool take_grouping(cursor *from)
{
    if (!take_char(from, '('))
        return false;
    while (!take_char(from, ')')) {
        if (!take_word(from).length)
            return false;
        if (!take_char(from, ',') && peek(from) != ')')
            return false;
    }
    return true;
}

static enum call kind_of_call(caus_slice name)
{
    static const char *const rates[] = {"increase", "rate", "irate", NULL};
    static const char *const times[] = {"timestamp", "absent", NULL};
    if (name.length > 10 && strncasecmp(name.at, "histogram_", 10) == 0)
        return CALL_HISTOGRAM;
    if (is_word(name, "sum"))
        return CALL_SUM;
    if (is_one_of(name, rates))
        return CALL_RATE;
    return is_one_of(name, times) ? CALL_TIMES : CALL_OTHER;
}

static bool open_parenthesis(cursor *from, enum call call, const char *name)
{
    if (from->depth == MAX_NESTING || !take_char(from, '('))
        return false;
    from->open[from->depth].call = call;
    from->open[from->depth].name = name;
    from->open[from->depth].content = from->at;
    from->open[from->depth].selectors = from->query->selector_count;
    from->depth++;
    return true;
}

/* Where a sum ends whose parenthesis was just closed: a "by (…)" may follow;
 * NULL if it is one over all but some labels. */
static const char *end_of_sum(const cursor *from)
{
    cursor ahead = *from;
    caus_slice word = take_word(&ahead);
    if (is_word(word, "without"))
        return NULL;
    if (is_word(word, "by") && take_grouping(&ahead))
        return ahead.at;
    return from->at;
}

static bool close_parenthesis(cursor *from)
{
    caus_promql *query = from->query;
    if (!from->depth || !take_char(from, ')'))
        return false;
    from->depth--;
    const char *name = from->open[from->depth].name;
    enum call call = from->open[from->depth].call;
    if (query->selector_count != from->open[from->depth].selectors + 1)
        return true;
    caus_promql_selector *selector =
        &query->selectors[query->selector_count - 1];
    cursor content = *from;
    content.at = from->open[from->depth].content;
    peek(&content);
    if (call == CALL_RATE && selector->form == CAUS_PROMQL_RANGE &&
        content.at == selector->whole.at) {
        selector->rate = (caus_slice){name, (size_t)(from->at - name)};
    } else if (call == CALL_SUM && selector->rate.length &&
               content.at == selector->rate.at) {
        content.at += selector->rate.length;
        bool is_alone = peek(&content) && content.at == from->at - 1;
        const char *end = end_of_sum(from);
        if (is_alone && end)
            selector->sum = (caus_slice){name, (size_t)(end - name)};
    }
    return true;
}

/* sum by (a) (…): the list may stand before or behind the parenthesis. */
static bool take_aggregation(cursor *from, caus_slice name)
{
    bool is_by = is_word(take_word(from), "by");
    return take_grouping(from) &&
           open_parenthesis(from, is_by ? kind_of_call(name) : CALL_OTHER,
                            name.at);
}

static bool take_named(cursor *from)
{
    static const char *const lists[] = {"by", "without", "on", "ignoring",
                                        NULL};
    static const char *const sides[] = {"group_left", "group_right", NULL};
    static const char *const others[] = {"bool", "atan2", "inf",
                                         "nan",  "or",    NULL};
    caus_promql *query = from->query;
    caus_slice name = take_word(from), modifiers;
    if (is_one_of(name, others))
        return true;
    if (is_word(name, "and") || is_word(name, "unless")) {
        query->asks_presence = true;
        return true;
    }
    if (is_word(name, "offset")) {
        from->at = name.at;
        return take_modifiers(from, &modifiers);
    }
    if (is_one_of(name, lists) || (is_one_of(name, sides) && peek(from) == '('))
        return take_grouping(from);
    if (is_one_of(name, sides))
        return true;
    if (peek(from) == '(') {
        enum call call = kind_of_call(name);
        query->asks_presence = query->asks_presence || call == CALL_TIMES;
        return open_parenthesis(from, call, name.at);
    }
    cursor ahead = *from;
    caus_slice next = take_word(&ahead);
    if (is_word(next, "by") || is_word(next, "without"))
        return take_aggregation(from, name);
    from->at = name.at + name.length;
    return take_selector(from, name);
}

static bool take_number(cursor *from)
{
    /* Exponents keep their sign; hexadecimal digits are word characters. */
    while (from->at < from->end &&
           (is_digit(*from->at) || is_word_start(*from->at) ||
            *from->at == '.' ||
            ((*from->at == '+' || *from->at == '-') &&
             (from->at[-1] == 'e' || from->at[-1] == 'E'))))
        from->at++;
    return true;
}

static bool take_next(cursor *from)
{
    char byte = peek(from);
    caus_slice content;
    bool flag;
    if (is_word_start(byte))
        return take_named(from);
    if (is_digit(byte) || byte == '.')
        return take_number(from);
    switch (byte) {
    case '{':
        return take_selector(from, (caus_slice){from->at, 0});
    case '"':
    case '\'':
    case '`':
        return take_string(from, &content, &flag);
    case '(':
        return open_parenthesis(from, CALL_OTHER, from->at);
    case ')':
        return close_parenthesis(from);
    case '[':
        return take_range(from, &flag) && flag;
    case '@':
        return take_modifiers(from, &content);
    default:
        from->at++;
        return byte != '\0' && strchr("+-*/%^=!<>,~", byte) != NULL;
    }
}

bool caus_promql_read(const char *text, caus_promql *query)
{
    memset(query, 0, sizeof *query);
    query->text = text;
    cursor from = {.at = text, .end = text + strlen(text), .query = query};
    while (peek(&from)) {
        if (!take_next(&from))
            return false;
    }
    return from.at == from.end && from.depth == 0;
}
