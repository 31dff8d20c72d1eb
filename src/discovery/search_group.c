/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Targets of one search on several processes. Work on different targets writes
 * into different places (threads rely on it, too), so what each process changed
 * is put together without looking at what it means.
 */
#include <stdlib.h>
#include <string.h>

#include "discovery/pcmciplus_internal.h"
#include "discovery/search_group.h"

enum { REGIONS = 9 };

/* Items that processes change: numbers, bytes or structs without pointers. */
typedef struct region {
    void *items;
    size_t size, count;
} region;

struct caus_search_past {
    region regions[REGIONS]; /* as they are now */
    char *before;            /* their bytes, one after the other */
    size_t *counts;          /* [variable_count] of selections, a region */
    double *alphas;          /* [variable_count] likewise */
    unsigned char *linked;   /* [cell_count] before */
    uint64_t tests;
};

/* Selections are structs with pointers: their plain parts are copied out. */
static void copy_out(const caus_search *search, const caus_findings *findings,
                     const caus_search_past *past)
{
    for (size_t j = 0;
         findings->selections && j < search->question->variable_count; j++) {
        past->counts[j] = findings->selections[j].count;
        past->alphas[j] = findings->selections[j].alpha;
    }
}

static void copy_in(const caus_search *search, const caus_findings *findings,
                    const caus_search_past *past)
{
    for (size_t j = 0;
         findings->selections && j < search->question->variable_count; j++) {
        findings->selections[j].count = past->counts[j];
        findings->selections[j].alpha = past->alphas[j];
    }
}

/* Lists of selections lie one behind the other, see caus_findings_init(). */
static void list_regions(const caus_search *search,
                         const caus_findings *findings, caus_search_past *past)
{
    size_t cells = search->question->cell_count;
    size_t variables = search->question->variable_count;
    const caus_selection *selections = findings->selections;
    const caus_plus *plus = findings->plus;
    size_t most = variables * variables * search->question->options->max_lag;
    size_t n = 0;
    region *to = past->regions;
    to[n++] = (region){findings->statistic, sizeof(double), cells};
    to[n++] = (region){findings->df, sizeof(double), cells};
    to[n++] = (region){findings->linked, 1, cells};
    if (selections) {
        to[n++] = (region){selections->nodes, sizeof(caus_node), most};
        to[n++] = (region){selections->strength, sizeof(double), most};
        to[n++] = (region){past->counts, sizeof(size_t), variables};
        to[n++] = (region){past->alphas, sizeof(double), variables};
    }
    if (plus)
        to[n++] = (region){plus->strength, sizeof(double), cells};
    if (findings->ends)
        to[n++] = (region){findings->ends, sizeof(caus_ends), cells};
}

static size_t bytes_of(const caus_search_past *past)
{
    size_t bytes = 0;
    for (size_t k = 0; k < REGIONS; k++)
        bytes += past->regions[k].size * past->regions[k].count;
    return bytes;
}

static void *zeroed(size_t bytes)
{
    void *made = caus_alloc(bytes);
    if (made)
        memset(made, 0, bytes);
    return made;
}

caus_search_past *caus_search_remember(const caus_search *search,
                                       const caus_findings *findings)
{
    size_t variables = search->question->variable_count;
    size_t cells = search->question->cell_count;
    caus_search_past *past = zeroed(sizeof *past);
    if (!past)
        return NULL;
    past->counts = zeroed(variables * sizeof *past->counts);
    past->alphas = zeroed(variables * sizeof *past->alphas);
    past->linked = caus_alloc(cells);
    if (past->counts && past->alphas) {
        list_regions(search, findings, past);
        copy_out(search, findings, past);
        past->before = caus_alloc(bytes_of(past));
    }
    if (!past->before || !past->linked) {
        caus_search_forget(past);
        return NULL;
    }
    char *to = past->before;
    for (size_t k = 0; k < REGIONS; k++) {
        const region *r = &past->regions[k];
        if (r->count)
            memcpy(to, r->items, r->size * r->count);
        to += r->size * r->count;
    }
    memcpy(past->linked, findings->linked, cells);
    past->tests = caus_search_test_count(search);
    return past;
}

void caus_search_forget(caus_search_past *past)
{
    if (!past)
        return;
    free(past->before);
    free(past->counts);
    free(past->alphas);
    free(past->linked);
    free(past);
}

/* ---- what is told ---- */

static void put(caus_text *bytes, const void *items, size_t size)
{
    caus_text_add_bytes(bytes, items, size);
}

/* How many items of a region changed; then place and bytes of each. */
static void put_region(caus_text *bytes, const region *r, const char *before)
{
    const char *now = r->items;
    size_t changed = 0;
    for (size_t i = 0; i < r->count; i++)
        changed +=
            memcmp(now + i * r->size, before + i * r->size, r->size) != 0;
    put(bytes, &changed, sizeof changed);
    for (size_t i = 0; i < r->count; i++)
        if (memcmp(now + i * r->size, before + i * r->size, r->size) != 0) {
            put(bytes, &i, sizeof i);
            put(bytes, now + i * r->size, r->size);
        }
}

/* The sets of links that were taken out: their cell, count and variables. */
static void put_sets(caus_text *bytes, const caus_search *search,
                     const caus_findings *findings,
                     const caus_search_past *past)
{
    size_t cells = search->question->cell_count, removed = 0;
    for (size_t cell = 0; cell < cells; cell++)
        removed += past->linked[cell] && !findings->linked[cell];
    put(bytes, &removed, sizeof removed);
    for (size_t cell = 0; cell < cells; cell++) {
        const caus_separating_set *set = &findings->plus->separating_sets[cell];
        if (!past->linked[cell] || findings->linked[cell])
            continue;
        put(bytes, &cell, sizeof cell);
        put(bytes, &set->count, sizeof set->count);
        if (set->count)
            put(bytes, set->nodes, set->count * sizeof *set->nodes);
    }
}

static void put_changes(caus_text *bytes, const caus_search *search,
                        const caus_findings *findings,
                        const caus_search_past *past)
{
    const char *before = past->before;
    bool stopped = atomic_load(&search->stopped);
    uint64_t tests = caus_search_test_count(search) - past->tests;
    copy_out(search, findings, past);
    put(bytes, &stopped, sizeof stopped);
    put(bytes, &tests, sizeof tests);
    for (size_t k = 0; k < REGIONS; k++) {
        put_region(bytes, &past->regions[k], before);
        before += past->regions[k].size * past->regions[k].count;
    }
    if (!findings->plus)
        return;
    put_sets(bytes, search, findings, past);
    for (size_t t = 0; t < findings->plus->triple_count; t++)
        put(bytes, &findings->plus->triples[t].verdict,
            sizeof findings->plus->triples[t].verdict);
}

/* ---- what is heard ---- */

static void take(const char **at, void *to, size_t size)
{
    memcpy(to, *at, size);
    *at += size;
}

static void take_region(const char **at, const region *r)
{
    char *now = r->items;
    size_t changed, place;
    take(at, &changed, sizeof changed);
    for (size_t k = 0; k < changed; k++) {
        take(at, &place, sizeof place);
        take(at, now + place * r->size, r->size);
    }
}

static caus_status take_sets(const char **at, const caus_search *search,
                             const caus_findings *findings, caus_error *err)
{
    caus_arena *arena = search->hands[0].arena;
    size_t removed, cell, count;
    take(at, &removed, sizeof removed);
    for (size_t k = 0; k < removed; k++) {
        take(at, &cell, sizeof cell);
        take(at, &count, sizeof count);
        caus_lagged *nodes = CAUS_ARRAY(arena, caus_lagged, count);
        if (!nodes)
            return caus_arena_fail(arena, err);
        if (count)
            take(at, nodes, count * sizeof *nodes);
        findings->plus->separating_sets[cell] =
            (caus_separating_set){count, nodes};
    }
    return CAUS_OK;
}

static caus_status take_changes(const char *at, caus_search *search,
                                const caus_findings *findings,
                                const caus_search_past *past, caus_error *err)
{
    bool stopped;
    uint64_t tests;
    take(&at, &stopped, sizeof stopped);
    take(&at, &tests, sizeof tests);
    if (stopped)
        atomic_store(&search->stopped, true);
    search->hands[0].test_count += tests;
    for (size_t k = 0; k < REGIONS; k++)
        take_region(&at, &past->regions[k]);
    if (!findings->plus)
        return CAUS_OK;
    CAUS_TRY(take_sets(&at, search, findings, err));
    for (size_t t = 0; t < findings->plus->triple_count; t++) {
        caus_verdict verdict;
        take(&at, &verdict, sizeof verdict);
        if (verdict != CAUS_VERDICT_NONE)
            findings->plus->triples[t].verdict = verdict;
    }
    return CAUS_OK;
}

static caus_status hear(caus_search *search, const caus_findings *findings,
                        const caus_search_past *past, const caus_exchange *all,
                        caus_error *err)
{
    const caus_run *run = search->question->run;
    for (int r = 0; r < caus_run_rank_count(run); r++)
        if (r != caus_run_rank(run))
            CAUS_TRY(take_changes(all->bytes + (size_t)r * all->stride, search,
                                  findings, past, err));
    copy_in(search, findings, past);
    return CAUS_OK;
}

caus_status caus_search_exchange(caus_search *search, caus_findings *findings,
                                 caus_search_past *past, caus_status status,
                                 caus_error *err)
{
    const caus_run *run = search->question->run;
    caus_text bytes = {0};
    caus_exchange all = {0};
    if (status == CAUS_OK)
        put_changes(&bytes, search, findings, past);
    if (bytes.failed)
        status = CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                           "no memory to tell what a search found");
    status = caus_run_agree(run, status, search->failed_at, err);
    if (status == CAUS_OK)
        status = caus_run_exchange(run, bytes.bytes, bytes.length, &all, err);
    caus_text_deinit(&bytes);
    if (status != CAUS_OK)
        return status;
    status =
        caus_run_agree(run, hear(search, findings, past, &all, err), 0, err);
    caus_exchange_deinit(&all);
    return status;
}
