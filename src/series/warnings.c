/* SPDX-License-Identifier: Apache-2.0 */
/* What the report found, as sentences that name the way out. */
#include <math.h>

#include "series/quality_internal.h"

enum { FEWEST_NONZERO_ROWS = 20, FEWEST_EFFECTIVE_ROWS = 30, MOST_NAMES = 6 };

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

static void warn_of_constants(writer *w)
{
    for (size_t i = 0; i < w->quality->variable_count; i++) {
        const caus_variable_quality *facts = &w->quality->variables[i];
        if (!facts->constant)
            continue;
        double value = only_value(w->series, i);
        if (facts->missing_share >= 1)
            keep(w, caus_arena_format(w->out,
                                      "%s has no value in any row: check its "
                                      "query, or leave it out",
                                      name_of(w, i)));
        else if (isnan(value))
            keep(w, caus_arena_format(w->out,
                                      "%s is constant in every environment: it "
                                      "cannot show a link here; widen the "
                                      "window or leave it out",
                                      name_of(w, i)));
        else
            keep(w, caus_arena_format(w->out,
                                      "%s is constant (%g): it cannot show a "
                                      "link here; widen the window or leave it "
                                      "out",
                                      name_of(w, i), value));
    }
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

static void warn_of_rare_values(writer *w)
{
    for (size_t i = 0; i < w->quality->variable_count; i++) {
        const caus_variable_quality *facts = &w->quality->variables[i];
        if (facts->constant)
            continue;
        if (facts->nonzero_rows < FEWEST_NONZERO_ROWS)
            keep(w, caus_arena_format(w->out,
                                      "%s has only %zu non-zero rows: widen "
                                      "the window or leave it out",
                                      name_of(w, i), facts->nonzero_rows));
        if (facts->single_row_steps)
            keep(w, caus_arena_format(w->out,
                                      "%s changes in one or two rows only, "
                                      "which one accident explains: widen the "
                                      "window or leave it out",
                                      name_of(w, i)));
    }
}

static void warn_of_gaps(writer *w)
{
    for (size_t i = 0; i < w->quality->variable_count; i++) {
        const caus_variable_quality *facts = &w->quality->variables[i];
        if (facts->missing_share > much_missing && facts->missing_share < 1)
            keep(w,
                 caus_arena_format(w->out,
                                   "%s misses %.0f %% of its rows: take a "
                                   "wider step or leave it out",
                                   name_of(w, i), 100 * facts->missing_share));
    }
}

static void warn_of_slow_movers(writer *w)
{
    size_t rows = caus_series_row_count(w->series);
    for (size_t i = 0; i < w->quality->variable_count; i++) {
        const caus_variable_quality *facts = &w->quality->variables[i];
        if (facts->unit_root)
            keep(w,
                 caus_arena_format(w->out,
                                   "%s drifts like a random walk (ADF p "
                                   "%.2g, KPSS p %.2g): compare with "
                                   "--method pcmci+ --transform difference",
                                   name_of(w, i), facts->adf_p, facts->kpss_p));
        if (!facts->constant && facts->effective_rows < FEWEST_EFFECTIVE_ROWS)
            keep(w,
                 caus_arena_format(w->out,
                                   "%s moves so slowly that its %zu rows "
                                   "are worth %.0f independent ones: widen "
                                   "the window",
                                   name_of(w, i), rows, facts->effective_rows));
    }
}

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

static void warn_of_zeros(writer *w)
{
    for (size_t i = 0; i < w->quality->variable_count; i++) {
        const caus_variable_quality *facts = &w->quality->variables[i];
        if (!facts->constant && facts->zero_share > mostly_zero &&
            facts->nonzero_rows >= FEWEST_NONZERO_ROWS)
            keep(w, caus_arena_format(w->out,
                                      "%s is zero in %.0f %% of its rows: take "
                                      "a wider step, or read its links with "
                                      "care",
                                      name_of(w, i), 100 * facts->zero_share));
    }
}

caus_status caus_write_warnings(const caus_series *series, caus_arena *out,
                                caus_quality *result, caus_error *err)
{
    /* Constant, duplicate, rare ×2, gaps, slow ×2 and zeros: 8 a variable. */
    size_t most = 1 + 8 * result->variable_count + result->family_count +
                  result->collinear_count;
    writer w = {.series = series,
                .quality = result,
                .out = out,
                .sentences = CAUS_ARRAY(out, const char *, most)};
    if (!w.sentences)
        return caus_arena_fail(out, err);
    if (!result->complete)
        keep(&w, "the time limit passed while the data were checked: not every "
                 "check was made; raise --time-limit");
    warn_of_constants(&w);
    warn_of_duplicates(&w);
    warn_of_rare_values(&w);
    warn_of_gaps(&w);
    warn_of_slow_movers(&w);
    warn_of_relatives(&w);
    warn_of_zeros(&w);
    if (w.failed)
        return caus_arena_fail(out, err);
    result->warnings = w.sentences;
    result->warning_count = w.count;
    return CAUS_OK;
}
