/* SPDX-License-Identifier: Apache-2.0 */
/* What the report found, as sentences that name the way out. */
#include <math.h>

#include "series/quality_internal.h"

enum {
    FEWEST_NONZERO_ROWS = 20,
    FEWEST_EFFECTIVE_ROWS = 30,
    MOST_NAMES = 6,
    MOST_APART = 3
};

static const double much_missing = .05;
static const double mostly_zero = .5;

/* The sentences so far, worst kind first. */
typedef struct writer {
    const caus_series *series;
    const caus_quality *quality;
    caus_arena *out;
    const char **sentences;
    size_t count;
    bool failed;
} writer;

static void keep(writer *w, const char *sentence)
{
    if (sentence)
        w->sentences[w->count++] = sentence;
    else
        w->failed = true;
}

static const char *name_of(const writer *w, size_t variable)
{
    return w->series->variables[variable].name;
}

/* The value of a column that has one, over all environments; NaN if it has
 * several. */
static double only_value(const caus_series *series, size_t variable)
{
    double found = (double)NAN;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t row = 0; row < segment->row_count; row++) {
            size_t cell = row * series->variable_count + variable;
            if (!caus_is_present(segment, row, variable,
                                 series->variable_count))
                continue;
            if (isnan(found))
                found = segment->values[cell];
            else if (segment->values[cell] != found)
                return (double)NAN;
        }
    }
    return found;
}

static const char *tell_constant(const writer *w, size_t variable)
{
    const caus_variable_quality *facts = &w->quality->variables[variable];
    double value = only_value(w->series, variable);
    if (facts->missing_share >= 1)
        return caus_arena_format(w->out,
                                 "%s has no value in any row: check its "
                                 "query, or leave it out",
                                 name_of(w, variable));
    if (isnan(value))
        return caus_arena_format(w->out,
                                 "%s is constant in every environment: it "
                                 "cannot show a link here; widen the window "
                                 "or leave it out",
                                 name_of(w, variable));
    return caus_arena_format(w->out,
                             "%s is constant (%g): it cannot show a link "
                             "here; widen the window or leave it out",
                             name_of(w, variable), value);
}

static void warn_of_duplicates(writer *w)
{
    for (size_t i = 0; i < w->quality->variable_count; i++) {
        const caus_variable_quality *facts = &w->quality->variables[i];
        if (facts->duplicate_of != SIZE_MAX && !facts->constant)
            keep(w, caus_arena_format(
                        w->out, "%s has the same values as %s: keep one",
                        name_of(w, i), name_of(w, facts->duplicate_of)));
    }
}

static const char *tell_rare(const writer *w, size_t variable)
{
    return caus_arena_format(w->out,
                             "%s has only %zu non-zero rows: widen the window "
                             "or leave it out",
                             name_of(w, variable),
                             w->quality->variables[variable].nonzero_rows);
}

static const char *tell_single_row(const writer *w, size_t variable)
{
    return caus_arena_format(w->out,
                             "%s changes in one or two rows only, which one "
                             "accident explains: widen the window or leave it "
                             "out",
                             name_of(w, variable));
}

/* Of the rows from its first value on, those without one. */
static double gap_share(const caus_variable_quality *facts)
{
    double late = facts->late_share;
    return late < 1 ? (facts->missing_share - late) / (1 - late) : 0;
}

/* Rows before a variable's data begin are no gaps: no step fills them. */
static const char *tell_late(const writer *w, size_t variable)
{
    return caus_arena_format(w->out,
                             "%s has no value in the first %.0f %% of the "
                             "rows: give a later --start "
                             "or a shorter --baseline, or leave it out",
                             name_of(w, variable),
                             100 * w->quality->variables[variable].late_share);
}

static const char *tell_gaps(const writer *w, size_t variable)
{
    return caus_arena_format(
        w->out,
        "%s misses %.0f %% of its rows: take a wider step or leave it out",
        name_of(w, variable),
        100 * gap_share(&w->quality->variables[variable]));
}

static const char *tell_drift(const writer *w, size_t variable)
{
    const caus_variable_quality *facts = &w->quality->variables[variable];
    return caus_arena_format(w->out,
                             "%s wanders off without a level to come back to, "
                             "as unrelated series that look alike do: compare "
                             "with --method pcmci+ --transform difference (ADF "
                             "p %.2g, KPSS p %.2g)",
                             name_of(w, variable), facts->adf_p, facts->kpss_p);
}

static const char *tell_slow(const writer *w, size_t variable)
{
    return caus_arena_format(
        w->out,
        "%s moves so slowly that its %zu rows tell no more "
        "than %.0f unrelated ones would: widen the window",
        name_of(w, variable), caus_series_row_count(w->series),
        w->quality->variables[variable].effective_rows);
}

static const char *tell_zeros(const writer *w, size_t variable)
{
    return caus_arena_format(w->out,
                             "%s is zero in %.0f %% of its rows: take a wider "
                             "step, or read its links with care",
                             name_of(w, variable),
                             100 * w->quality->variables[variable].zero_share);
}

static bool is_constant(const caus_variable_quality *facts)
{
    return facts->constant;
}

static bool is_rare(const caus_variable_quality *facts)
{
    return !facts->constant && facts->nonzero_rows < FEWEST_NONZERO_ROWS;
}

static bool has_single_row_steps(const caus_variable_quality *facts)
{
    return !facts->constant && facts->single_row_steps;
}

static bool begins_late(const caus_variable_quality *facts)
{
    return facts->late_share > much_missing;
}

static bool has_gaps(const caus_variable_quality *facts)
{
    return gap_share(facts) > much_missing && facts->missing_share < 1;
}

static bool drifts(const caus_variable_quality *facts)
{
    return facts->unit_root;
}

static bool is_slow(const caus_variable_quality *facts)
{
    return !facts->constant && facts->effective_rows < FEWEST_EFFECTIVE_ROWS;
}

static bool is_mostly_zero(const caus_variable_quality *facts)
{
    return !facts->constant && facts->zero_share > mostly_zero &&
           facts->nonzero_rows >= FEWEST_NONZERO_ROWS;
}

/* What may be wrong with a variable by itself, and how it is told of one and of
 * many. */
typedef struct trouble {
    bool (*is_there)(const caus_variable_quality *facts);
    const char *(*tell)(const writer *w, size_t variable);
    const char *many; /* after how many they are */
    const char *remedy;
} trouble;

/* What misleads most first: a first screen has room for two. */
static const trouble troubles[] = {
    {drifts, tell_drift, "wander off without a level to come back to",
     "unrelated series look alike then; compare with --method pcmci+ "
     "--transform difference"},
    {has_single_row_steps, tell_single_row,
     "change in one or two rows only, which one accident explains",
     "widen the window or leave them out"},
    {begins_late, tell_late,
     "have no value in more than the first 5 % of the rows",
     "give a later --start or a shorter --baseline, or leave them out"},
    {has_gaps, tell_gaps, "miss more than 5 % of their rows",
     "take a wider step or leave them out"},
    {is_mostly_zero, tell_zeros, "are zero in more than half of their rows",
     "take a wider step, or read their links with care"},
    {is_slow, tell_slow,
     "move so slowly that their rows tell no more than 30 unrelated ones would",
     "widen the window"},
    {is_rare, tell_rare, "have fewer than 20 non-zero rows each",
     "widen the window or leave them out"},
    {is_constant, tell_constant, "are constant or empty",
     "they cannot show a link here; widen the window or leave them out"},
};

enum { TROUBLES = sizeof troubles / sizeof *troubles };

/* "a, b and c", the first few by name. */
static void add_names(const writer *w, caus_text *text, const size_t *members,
                      size_t count)
{
    size_t named = count > MOST_NAMES ? MOST_NAMES : count;
    for (size_t i = 0; i < named; i++) {
        if (i > 0)
            caus_text_add(text, i + 1 == count ? " and " : ", ");
        caus_text_add(text, name_of(w, members[i]));
    }
    if (named < count)
        caus_text_format(text, " and %zu more", count - named);
}

static void keep_text(writer *w, caus_text *text)
{
    const char *sentence = NULL;
    caus_text_finish(text, w->out, &sentence, NULL, NULL);
    keep(w, sentence);
}

static void warn_of_relatives(writer *w)
{
    for (size_t f = 0; f < w->quality->family_count; f++) {
        const caus_family *family = &w->quality->families[f];
        caus_text text = {0};
        add_names(w, &text, family->members, family->member_count);
        caus_text_format(&text, " measure one thing (%s): keep one",
                         family->reason);
        keep_text(w, &text);
    }
    for (size_t k = 0; k < w->quality->collinear_count; k++) {
        const caus_collinear *found = &w->quality->collinear[k];
        caus_text text = {0};
        caus_text_format(&text, "%s follows from ",
                         name_of(w, found->variable));
        add_names(w, &text, found->others, found->other_count);
        caus_text_format(&text, " (R\u00b2 %.5f): leave one of them out",
                         found->r_squared);
        keep_text(w, &text);
    }
}

/* A sentence each while they are few, else one for all. */
static void warn_of(writer *w, const trouble *what, size_t *members)
{
    size_t count = 0;
    for (size_t i = 0; i < w->quality->variable_count; i++) {
        if (what->is_there(&w->quality->variables[i]))
            members[count++] = i;
    }
    for (size_t i = 0; count <= MOST_APART && i < count; i++)
        keep(w, what->tell(w, members[i]));
    if (count > MOST_APART) {
        caus_text text = {0};
        caus_text_format(&text, "%zu variables %s (", count, what->many);
        add_names(w, &text, members, count);
        caus_text_format(&text, "): %s", what->remedy);
        keep_text(w, &text);
    }
}

caus_status caus_write_warnings(const caus_series *series, caus_arena *out,
                                caus_quality *result, caus_error *err)
{
    size_t most = 1 + (MOST_APART * TROUBLES) + result->variable_count +
                  result->family_count + result->collinear_count;
    writer w = {.series = series,
                .quality = result,
                .out = out,
                .sentences = CAUS_ARRAY(out, const char *, most)};
    size_t *members = CAUS_ARRAY(out, size_t, result->variable_count);
    if (!w.sentences || !members)
        return caus_arena_fail(out, err);
    if (!result->complete)
        keep(&w, "the time limit passed while the data were checked: not every "
                 "check was made; raise --time-limit");
    for (size_t k = 0; k < TROUBLES; k++)
        warn_of(&w, &troubles[k], members);
    warn_of_duplicates(&w);
    warn_of_relatives(&w);
    if (w.failed)
        return caus_arena_fail(out, err);
    result->warnings = w.sentences;
    result->warning_count = w.count;
    return CAUS_OK;
}
