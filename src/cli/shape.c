/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of a shape that the method asked for is not made for. */
#include <math.h>
#include <string.h>

#include "methods.h"

enum {
    FEW_VALUES = 5, /* from five on, steps pass for a scale */
    FEWEST_ROWS = 30,
    MOST_NAMES = 6
};

/* Of an exponential distribution: lighter tails mislead nobody. */
static const double light_kurtosis = 9;

/* What is told of a column. */
typedef struct shape {
    size_t rows; /* with a value */
    double values[FEW_VALUES];
    size_t value_count; /* at most FEW_VALUES */
    double kurtosis;    /* 3 for normal values; 0 for a constant */
} shape;

static void count_value(shape *s, double value)
{
    for (size_t k = 0; k < s->value_count; k++)
        if (s->values[k] == value)
            return;
    if (s->value_count < FEW_VALUES)
        s->values[s->value_count++] = value;
}

/* The present values of a column, in `values`, which has room for all rows. */
static size_t take_present(const caus_series *series, size_t variable,
                           double *values)
{
    size_t count = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t row = 0; row < segment->row_count; row++) {
            double value =
                segment->values[row * series->variable_count + variable];
            if (isfinite(value) &&
                !caus_segment_is_missing(segment, row, variable))
                values[count++] = value;
        }
    }
    return count;
}

static double kurtosis_of(const double *values, size_t count, double unit)
{
    double sum = 0, square = 0, fourth = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i] / unit;
    double centre = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        double off = values[i] / unit - centre;
        square += off * off;
        fourth += off * off * off * off;
    }
    return square > 0 ? (double)count * fourth / (square * square) : 0;
}

static shape shape_of(const double *values, size_t count)
{
    shape found = {.rows = count};
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(values[i]));
        count_value(&found, values[i]);
    }
    if (found.value_count > 1)
        found.kurtosis = kurtosis_of(values, count, largest);
    return found;
}

/* Whether so few rows make the variance that sums of the others are not near a
 * normal distribution, which p-values of lines presume. */
static bool is_heavy(const shape *s)
{
    return s->kurtosis > light_kurtosis &&
           3 * (double)s->rows < FEWEST_ROWS * s->kurtosis;
}

static bool has_few_values(const shape *s)
{
    return s->value_count > 1 && s->value_count < FEW_VALUES;
}

static bool is_one_of(const char *word, const char *words)
{
    char padded[40];
    snprintf(padded, sizeof padded, " %s ", word);
    return strstr(words, padded) != NULL;
}

/* What a method reads of a column, by the words of the command line. */
typedef struct reading {
    bool lines, categories; /* linear dependence; numbers as names */
    const char *for_heavy, *for_few;
} reading;

static reading reading_of(const caus_cli_method *method,
                          const caus_arguments *arguments)
{
    const char *test = caus_arguments_get(arguments, "test");
    const char *score = caus_arguments_get(arguments, "score");
    bool takes_tests = caus_cli_honours(method, "test");
    reading result = {
        .lines = !is_one_of(method->name, " spearman ") &&
                 !caus_arguments_has(arguments, "transform") &&
                 (!test || is_one_of(test, " parcorr parcorr-wls fisher-z ")),
        .categories =
            (test && is_one_of(test, " gsquared chisquared cmiknn-mixed ")) ||
            (score && !is_one_of(score, " gaussian ")),
        .for_heavy = "compare with --transform normal-scores",
        .for_few = "where they are categories, take --method pc or pcmci+ with "
                   "--test gsquared"};
    if (takes_tests) {
        result.for_heavy = "take --test robust-parcorr";
        result.for_few = "where they are categories, take --test gsquared, or "
                         "cmiknn-mixed beside numbers";
    } else if (is_one_of(method->name, " correlation "))
        result.for_heavy = "take --method spearman";
    else if (is_one_of(method->name, " lingam var-lingam "))
        result.for_heavy = "check these rows";
    else if (is_one_of(method->name, " xges ges "))
        result.for_few = "where they are categories, take --score bdeu";
    return result;
}

/* "a, b and 3 more": the columns that a question is true of; NULL without. */
static const char *names_of(const caus_series *series, const shape *shapes,
                            bool (*is_asked)(const shape *),
                            const char *left_out, caus_arena *arena)
{
    const char *names = NULL;
    size_t count = 0;
    for (size_t i = 0; i < series->variable_count; i++) {
        const char *name = series->variables[i].name;
        if (!is_asked(&shapes[i]) || (left_out && !strcmp(name, left_out)))
            continue;
        if (++count <= MOST_NAMES)
            names =
                names ? caus_arena_format(arena, "%s, %s", names, name) : name;
    }
    return count > MOST_NAMES ? caus_arena_format(arena, "%s and %zu more",
                                                  names, count - MOST_NAMES)
                              : names;
}

caus_status caus_cli_warn_of_shape(const caus_cli_method *method,
                                   const caus_arguments *arguments,
                                   caus_arena *arena, caus_cli_input *input,
                                   caus_error *err)
{
    const caus_series *series = &input->series;
    size_t count = series->variable_count, rows = caus_series_row_count(series);
    shape *shapes = caus_arena_array(arena, count, sizeof *shapes);
    size_t room = series->segment_count ? rows : 1; /* sums have no rows */
    double *values = caus_arena_array(arena, room, sizeof *values);
    if (!shapes || !values)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < count; i++)
        shapes[i] = shape_of(values, take_present(series, i, values));
    reading reads = reading_of(method, arguments);
    const char *regimes = caus_arguments_get(arguments, "regimes");
    const char *heavy = names_of(series, shapes, is_heavy, regimes, arena);
    const char *few = names_of(series, shapes, has_few_values, regimes, arena);
    if (heavy && reads.lines && !reads.categories)
        CAUS_TRY(caus_cli_add_warning(
            arena, input,
            caus_arena_format(arena,
                              "a few rows make most of the variance of %s "
                              "(heavy tails), and numbers of linear links tell "
                              "of those rows: %s",
                              heavy, reads.for_heavy),
            err));
    if (few && !reads.categories)
        CAUS_TRY(caus_cli_add_warning(
            arena, input,
            caus_arena_format(arena,
                              "fewer than %d distinct values are read as "
                              "numbers: %s; %s",
                              FEW_VALUES, few, reads.for_few),
            err));
    if (rows && rows <= count)
        CAUS_TRY(caus_cli_add_warning(
            arena, input,
            caus_arena_format(arena,
                              "there are %zu variables and only %zu rows: no "
                              "link can be tested given all others; widen the "
                              "window or name fewer variables",
                              count, rows),
            err));
    return CAUS_OK;
}
