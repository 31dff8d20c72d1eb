/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "series/gram.h"
#include "series/series_internal.h"

/* Sizes of one variable that are further apart than this are no accident. */
enum { MOST_SHIFT = 64 };

typedef struct merging {
    const caus_gram *const *grams;
    size_t count;
    const caus_run *run;
    caus_arena *out;
} merging;

static caus_status check_variable(const caus_variable *first,
                                  const caus_variable *other, caus_error *err)
{
    if (strcmp(first->name, other->name) != 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "one gram has the variable \"%s\" where another has "
                         "\"%s\": grams add up only over the same variables",
                         first->name, other->name);
    if (*first->unit && *other->unit && strcmp(first->unit, other->unit) != 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "\"%s\" is in %s in one gram and in %s in another: "
                         "bring both to one unit and build again",
                         first->name, first->unit, other->unit);
    return CAUS_OK;
}

/* Names the first variable that only one of them has. */
static caus_status fail_counts(const caus_gram *first, const caus_gram *other,
                               caus_error *err)
{
    bool is_wider = first->variable_count > other->variable_count;
    const caus_gram *more = is_wider ? first : other;
    const caus_gram *less = is_wider ? other : first;
    size_t v = 0;
    while (v < less->variable_count &&
           strcmp(more->variables[v].name, less->variables[v].name) == 0)
        v++;
    const char *lone = more->variables[v].name;
    if (v < less->variable_count && strcmp(less->variables[v].name, lone) < 0)
        lone = less->variables[v].name;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "one gram has %zu variables and another %zu, \"%s\" is in "
                     "one of them only: grams add up only over the same "
                     "variables",
                     first->variable_count, other->variable_count, lone);
}

static caus_status check_alike(const caus_gram *first, const caus_gram *other,
                               caus_error *err)
{
    if (first->variable_count != other->variable_count)
        return fail_counts(first, other, err);
    for (size_t v = 0; v < first->variable_count; v++)
        CAUS_TRY(
            check_variable(&first->variables[v], &other->variables[v], err));
    if (first->max_lag != other->max_lag)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "one gram was built with --max-lag %zu and another "
                         "with %zu: build them with the same",
                         first->max_lag, other->max_lag);
    if (first->step_ns != other->step_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "one gram has a step of %g s and another of %g s: "
                         "build them with the same --step",
                         (double)first->step_ns / 1e9,
                         (double)other->step_ns / 1e9);
    return CAUS_OK;
}

static int compare_sources(const caus_gram_source *a, const caus_gram_source *b)
{
    int order = strcmp(a->dataset, b->dataset);
    if (order)
        return order;
    if (a->start_ns != b->start_ns)
        return a->start_ns < b->start_ns ? -1 : 1;
    return strcmp(a->inputs_sha256, b->inputs_sha256);
}

static void insert_source(caus_gram_source *sources, size_t count,
                          const caus_gram_source *source)
{
    size_t place = count;
    for (; place > 0 && compare_sources(&sources[place - 1], source) > 0;
         place--)
        sources[place] = sources[place - 1];
    sources[place] = *source;
}

/* Neighbours in the order of sources. */
static caus_status check_overlap(const caus_gram_source *a,
                                 const caus_gram_source *b, caus_error *err)
{
    if (strcmp(a->dataset, b->dataset) != 0)
        return CAUS_OK;
    if (strcmp(a->inputs_sha256, b->inputs_sha256) == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the same %llu rows (input %.12s…) are in two of the "
                         "grams and would count twice: leave one out",
                         (unsigned long long)a->rows, a->inputs_sha256);
    bool clocks = (a->start_ns || a->end_ns) && (b->start_ns || b->end_ns);
    if (!clocks || b->start_ns > a->end_ns)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "two grams of the dataset \"%s\" hold rows of the same "
                     "time (from %lld s and from %lld s of the unix clock), "
                     "which would count twice: cut them where one ends, or "
                     "name different systems by --dataset",
                     a->dataset, (long long)(a->start_ns / 1000000000),
                     (long long)(b->start_ns / 1000000000));
}

static caus_status merge_sources(const merging *m, caus_gram *gram,
                                 caus_error *err)
{
    size_t count = 0, used = 0;
    for (size_t g = 0; g < m->count; g++)
        count += m->grams[g]->source_count;
    caus_gram_source *sources = CAUS_ARRAY(m->out, caus_gram_source, count);
    if (!sources)
        return caus_arena_fail(m->out, err);
    for (size_t g = 0; g < m->count; g++)
        for (size_t s = 0; s < m->grams[g]->source_count; s++)
            insert_source(sources, used++, &m->grams[g]->sources[s]);
    for (size_t s = 1; s < count; s++)
        CAUS_TRY(check_overlap(&sources[s - 1], &sources[s], err));
    gram->sources = sources;
    gram->source_count = count;
    return CAUS_OK;
}

/* The finest quantum of each variable. */
static caus_status merge_quanta(const merging *m, int32_t *quantum,
                                caus_error *err)
{
    for (size_t v = 0; v < m->grams[0]->variable_count; v++) {
        int32_t coarsest = 0;
        quantum[v] = CAUS_QUANTUM_NONE;
        for (size_t g = 0; g < m->count; g++) {
            int32_t own = m->grams[g]->quantum[v];
            if (own == CAUS_QUANTUM_NONE)
                continue;
            bool first = quantum[v] == CAUS_QUANTUM_NONE;
            coarsest = first || own > coarsest ? own : coarsest;
            quantum[v] = own < quantum[v] ? own : quantum[v];
        }
        if (quantum[v] != CAUS_QUANTUM_NONE &&
            coarsest - quantum[v] > MOST_SHIFT)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "\"%s\" is about 2^%d times larger in one gram "
                             "than in another: give all shards the same unit",
                             m->grams[0]->variables[v].name,
                             (int)(coarsest - quantum[v]));
    }
    return CAUS_OK;
}

/* By how many bits the sums of a variable move up. */
static unsigned shift_of(const caus_gram *gram, const int32_t *quantum,
                         size_t variable)
{
    int32_t own = gram->quantum[variable];
    return own == CAUS_QUANTUM_NONE ? 0 : (unsigned)(own - quantum[variable]);
}

static void add_wide(caus_wide *sum, const caus_wide *more, unsigned shift)
{
    caus_wide shifted = caus_wide_shift_left(more, shift);
    *sum = caus_wide_add(sum, &shifted);
}

static caus_status add_gram(const merging *m, const caus_gram *from,
                            const int32_t *quantum, caus_wide *sums,
                            caus_wide *products, caus_error *err)
{
    size_t nodes = from->node_count, variables = from->variable_count;
    for (size_t row = 0, place = 0; row < nodes; row++) {
        unsigned shift = shift_of(from, quantum, row % variables);
        add_wide(&sums[row], &from->sums[row], shift);
        for (size_t column = row; column < nodes; column++, place++)
            add_wide(&products[place], &from->products[place],
                     shift + shift_of(from, quantum, column % variables));
        CAUS_TRY(caus_run_check(m->run, err));
    }
    return CAUS_OK;
}

/* Room for whatever is computed from the sums later on. */
static caus_status check_sizes(const caus_gram *gram, caus_error *err)
{
    for (size_t node = 0; node < gram->node_count; node++) {
        size_t place = caus_gram_place(gram->node_count, node, node);
        if (caus_wide_bits(&gram->sums[node]) > CAUS_SUM_BITS ||
            caus_wide_bits(&gram->products[place]) > CAUS_PRODUCT_BITS)
            return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                             "the sums of \"%s\" outgrow their numbers: merge "
                             "fewer grams",
                             gram->variables[node % gram->variable_count].name);
    }
    return CAUS_OK;
}

static caus_status merge(const merging *m, caus_gram *gram, caus_error *err)
{
    size_t nodes = gram->node_count;
    for (size_t g = 1; g < m->count; g++)
        CAUS_TRY(check_alike(m->grams[0], m->grams[g], err));
    for (size_t g = 0; g < m->count; g++) {
        gram->row_count += m->grams[g]->row_count;
        gram->rows_read += m->grams[g]->rows_read;
        gram->rows_in_gap += m->grams[g]->rows_in_gap;
    }
    if (gram->row_count > caus_gram_most_rows)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%llu rows in all are more than 2^40: merge fewer",
                         (unsigned long long)gram->row_count);
    int32_t *quantum = CAUS_ARRAY(m->out, int32_t, gram->variable_count);
    caus_wide *sums = CAUS_ARRAY(m->out, caus_wide, nodes);
    caus_wide *products =
        CAUS_ARRAY(m->out, caus_wide, nodes * (nodes + 1) / 2);
    if (!quantum || !sums || !products)
        return caus_arena_fail(m->out, err);
    CAUS_TRY(merge_sources(m, gram, err));
    CAUS_TRY(merge_quanta(m, quantum, err));
    for (size_t g = 0; g < m->count; g++)
        CAUS_TRY(add_gram(m, m->grams[g], quantum, sums, products, err));
    gram->quantum = quantum;
    gram->sums = sums;
    gram->products = products;
    return check_sizes(gram, err);
}

caus_status caus_gram_merge(const caus_gram *const *grams, size_t count,
                            const caus_run *run, caus_arena *out,
                            caus_gram *result, caus_error *err)
{
    if (!count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there is no gram to merge: give at least one");
    merging m = {grams, count, run, out};
    caus_gram gram = *grams[0];
    gram.row_count = gram.rows_read = gram.rows_in_gap = 0;
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_status status = merge(&m, &gram, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = gram;
    return CAUS_OK;
}

caus_status caus_series_from_gram(const caus_gram *gram, caus_arena *out,
                                  caus_series *result, caus_error *err)
{
    caus_environment *environment = CAUS_ARRAY(out, caus_environment, 1);
    if (!environment)
        return caus_arena_fail(out, err);
    *environment = (caus_environment){0, "pooled"};
    *result = (caus_series){.variable_count = gram->variable_count,
                            .variables = gram->variables,
                            .environment_count = 1,
                            .environments = environment,
                            .step_ns = gram->step_ns,
                            .gram = gram};
    return CAUS_OK;
}
