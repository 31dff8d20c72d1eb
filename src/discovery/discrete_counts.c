/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BDeu (Heckerman, Geiger & Chickering 1995) of a node with r
 * categories whose parents have q configurations, with sample size a:
 *   Σ_j [log Γ(a/q) − log Γ(a/q + N_j)
 *        + Σ_k (log Γ(a/qr + N_jk) − log Γ(a/qr))].
 * The likelihood is Σ_j [Σ_k f(N_jk) − f(N_j)], f(n) = n · log n. Both are
 * counted over configurations that occur: others add nothing.
 */
#include "discovery/discrete_counts.h"

#include <math.h>
#include <string.h>

#include "graph/dag.h"
#include "numeric/distributions.h"

/* Cells of a table that is always filled in one pass, and never. */
enum { FEW_CELLS = 4096, MANY_CELLS = 1 << 22 };

/* What the terms of one score share. */
typedef struct family {
    size_t levels;         /* r */
    double configurations; /* q */
    double of_stratum;     /* a / q */
    double of_cell;        /* a / (q · r) */
    int64_t stratum_units; /* log Γ of them */
    int64_t cell_units;
} family;

typedef struct entry {
    double score;
    uint64_t key[];
} entry;

static int64_t log_gamma_units(const caus_counts *c, double x)
{
    return llrint(caus_log_gamma(x) * c->unit);
}

static size_t levels_of(const caus_counts *c, size_t node)
{
    return c->codes->levels[node];
}

/* ---- terms ---- */

static family make_family(const caus_counts *c, size_t node,
                          const uint64_t *parents)
{
    family f = {.levels = levels_of(c, node), .configurations = 1};
    for (size_t v = caus_bit_next(parents, c->word_count, 0);
         v < 64 * c->word_count;
         v = caus_bit_next(parents, c->word_count, v + 1))
        f.configurations *= (double)levels_of(c, v);
    if (c->options->score != CAUS_SCORE_BDEU)
        return f;
    f.of_stratum = c->options->sample_size / f.configurations;
    f.of_cell = f.of_stratum / (double)f.levels;
    f.stratum_units = log_gamma_units(c, f.of_stratum);
    f.cell_units = log_gamma_units(c, f.of_cell);
    return f;
}

static int64_t bdeu_units(const caus_counts *c, const family *f,
                          const uint32_t *cells)
{
    uint64_t total = 0;
    int64_t units = 0;
    for (size_t k = 0; k < f->levels; k++) {
        if (!cells[k])
            continue;
        total += cells[k];
        units += log_gamma_units(c, f->of_cell + cells[k]) - f->cell_units;
    }
    if (!total)
        return 0;
    return units + f->stratum_units -
           log_gamma_units(c, f->of_stratum + (double)total);
}

static int64_t likelihood_units(const caus_counts *c, const family *f,
                                const uint32_t *cells)
{
    uint64_t total = 0;
    int64_t units = 0;
    for (size_t k = 0; k < f->levels; k++) {
        total += cells[k];
        units += caus_table_n_log(&c->logs, cells[k]);
    }
    return units - caus_table_n_log(&c->logs, total);
}

static int64_t stratum_units(const caus_counts *c, const family *f,
                             const uint32_t *cells)
{
    return c->options->score == CAUS_SCORE_BDEU ? bdeu_units(c, f, cells)
                                                : likelihood_units(c, f, cells);
}

/* The score of a node from the units of all strata. */
static double finish(const caus_counts *c, const family *f, int64_t units,
                     size_t parent_count)
{
    if (c->options->score == CAUS_SCORE_BDEU)
        return ldexp((double)units, -c->shift);
    double rows = (double)c->codes->row_count;
    double nodes = (double)c->codes->variable_count;
    double free = f->configurations * (double)(f->levels - 1);
    return ldexp((double)units, -c->logs.shift) -
           c->options->penalty * log(rows) / 2 * free -
           c->options->ebic_gamma * log(nodes) * (double)parent_count;
}

/* ---- counting ---- */

static void extend(const caus_counts *c, size_t node, const uint32_t *from,
                   uint32_t *to)
{
    const uint8_t *codes = caus_codes_column(c->codes, node);
    uint32_t levels = (uint32_t)levels_of(c, node);
    for (size_t r = 0; r < c->codes->row_count; r++)
        to[r] = from[r] * levels + codes[r];
}

/* Strata of the parents `given` in c->base, unless they are there. */
static void find_base(caus_counts *c, const uint64_t *given)
{
    size_t bytes = c->word_count * sizeof *given;
    if (c->base_count && !memcmp(c->base_set, given, bytes))
        return;
    memcpy(c->base_set, given, bytes);
    memset(c->base, 0, c->codes->row_count * sizeof *c->base);
    c->base_count = 1;
    for (size_t v = caus_bit_next(given, c->word_count, 0);
         v < 64 * c->word_count;
         v = caus_bit_next(given, c->word_count, v + 1)) {
        extend(c, v, c->base, c->base);
        c->base_count *= levels_of(c, v);
    }
}

static int64_t count_table(caus_counts *c, const family *f, size_t node,
                           const uint64_t *given, size_t more)
{
    const uint8_t *codes = caus_codes_column(c->codes, node);
    const uint32_t *strata = c->base;
    uint32_t levels = (uint32_t)f->levels;
    find_base(c, given);
    size_t count = c->base_count;
    if (more != SIZE_MAX) {
        extend(c, more, c->base, c->strata);
        strata = c->strata;
        count *= levels_of(c, more);
    }
    memset(c->cells, 0, count * levels * sizeof *c->cells);
    for (size_t r = 0; r < c->codes->row_count; r++)
        c->cells[strata[r] * levels + codes[r]]++;
    int64_t units = 0;
    for (size_t g = 0; g < count; g++)
        units += stratum_units(c, f, c->cells + g * levels);
    return units;
}

static int64_t count_sorted(caus_counts *c, const family *f, size_t node,
                            const uint64_t *parents)
{
    const uint8_t *codes = caus_codes_column(c->codes, node);
    caus_strata *s = &c->sorted;
    int64_t units = 0;
    for (size_t r = 0; r < c->codes->row_count; r++)
        s->rows[r] = (uint32_t)r;
    caus_strata_start(s, c->codes->row_count);
    for (size_t v = caus_bit_next(parents, c->word_count, 0);
         v < 64 * c->word_count;
         v = caus_bit_next(parents, c->word_count, v + 1))
        caus_strata_part(s, caus_codes_column(c->codes, v), NULL);
    for (size_t g = 0; g < s->count; g++) {
        memset(c->cells, 0, f->levels * sizeof *c->cells);
        for (uint32_t k = s->bounds[g]; k < s->bounds[g + 1]; k++)
            c->cells[codes[s->rows[k]]]++;
        units += stratum_units(c, f, c->cells);
    }
    return units;
}

/* ---- scores ---- */

static double compute(caus_counts *c, size_t node, const uint64_t *parents,
                      const uint64_t *given, size_t more)
{
    family f = make_family(c, node, parents);
    double cells = f.configurations * (double)f.levels;
    int64_t units = cells <= (double)c->most_cells
                        ? count_table(c, &f, node, given, more)
                        : count_sorted(c, &f, node, parents);
    return finish(c, &f, units, caus_bit_count(parents, c->word_count));
}

/* Keeps a score; without memory it will be computed again. */
static void keep(caus_counts *c, double score)
{
    size_t bytes = (c->word_count + 1) * sizeof *c->key;
    entry *made = caus_arena_array(c->arena, 1, sizeof *made + bytes);
    if (!made)
        return;
    made->score = score;
    memcpy(made->key, c->key, bytes);
    caus_map_insert(c->known, (const char *)made->key, bytes, (size_t)made,
                    NULL);
}

double caus_counts_score(void *data, size_t node, const uint64_t *given,
                         size_t more)
{
    caus_counts *c = data;
    size_t bytes = (c->word_count + 1) * sizeof *c->key, found;
    uint64_t *parents = c->key + 1;
    c->key[0] = node;
    memcpy(parents, given, c->word_count * sizeof *given);
    if (more != SIZE_MAX)
        caus_bit_set(parents, more);
    if (caus_map_find(c->known, (const char *)c->key, bytes, &found))
        /* NOLINTNEXTLINE(performance-no-int-to-ptr): keep() put it there */
        return ((const entry *)found)->score;
    double score = compute(c, node, parents, given, more);
    keep(c, score);
    return score;
}

/* The largest sum of sizes of terms: every row adds at most two logarithms of
 * counts, and twice that of the smallest prior. */
static double most_units(const caus_counts *c)
{
    double rows = (double)c->codes->row_count + 2;
    double a = c->options->sample_size;
    return 4 * rows * (log(rows + a) + 750) + 4 * a * fabs(log(rows + a));
}

caus_status caus_counts_init(const caus_codes *codes,
                             const caus_score_options *options, caus_map *known,
                             caus_arena *arena, caus_counts *result,
                             caus_error *err)
{
    size_t rows = codes->row_count;
    size_t words = caus_bit_words(codes->variable_count);
    caus_counts c = {.codes = codes,
                     .options = options,
                     .word_count = words,
                     .most_cells = 2 * rows,
                     .known = known,
                     .arena = arena};
    if (c.most_cells < FEW_CELLS)
        c.most_cells = FEW_CELLS;
    if (c.most_cells > MANY_CELLS)
        c.most_cells = MANY_CELLS;
    c.shift = 61 - ilogb(most_units(&c));
    c.unit = ldexp(1, c.shift);
    CAUS_TRY(
        caus_table_scale_init(CAUS_TABLE_G_SQUARED, rows, arena, &c.logs, err));
    CAUS_TRY(caus_strata_init(rows, arena, &c.sorted, err));
    c.cells = CAUS_ARRAY(arena, uint32_t, c.most_cells);
    c.base = CAUS_ARRAY(arena, uint32_t, rows);
    c.strata = CAUS_ARRAY(arena, uint32_t, rows);
    c.base_set = CAUS_ARRAY(arena, uint64_t, words);
    c.key = CAUS_ARRAY(arena, uint64_t, words + 1);
    if (!c.cells || !c.base || !c.strata || !c.base_set || !c.key)
        return caus_arena_fail(arena, err);
    *result = c;
    return CAUS_OK;
}
