/* SPDX-License-Identifier: Apache-2.0 */
/* What the roles of variables mean: groups of rows, and links ruled out. */
#include <stdlib.h>
#include <string.h>

#include "discovery/jpcmciplus_internal.h"

static bool is_context(caus_role role)
{
    return role == CAUS_ROLE_TIME_CONTEXT || role == CAUS_ROLE_SPACE_CONTEXT;
}

static bool is_dummy(caus_role role)
{
    return role == CAUS_ROLE_TIME_DUMMY || role == CAUS_ROLE_SPACE_DUMMY;
}

/* A lag-0 link out of a context, whatever was said but that there is none. */
static caus_assumption outgoing(caus_assumption known)
{
    if (known == CAUS_ASSUME_ABSENT)
        return CAUS_ASSUME_ABSENT;
    return known == CAUS_ASSUME_LINK || known == CAUS_ASSUME_ADJACENT
               ? CAUS_ASSUME_LINK
               : CAUS_ASSUME_NOT_BACK;
}

static caus_assumption turned(caus_assumption assumption)
{
    if (assumption == CAUS_ASSUME_LINK)
        return CAUS_ASSUME_LINK_BACK;
    return assumption == CAUS_ASSUME_NOT_BACK ? CAUS_ASSUME_ONLY_BACK
                                              : assumption;
}

typedef struct connection {
    caus_role source, target;
    size_t lag;
    caus_assumption known;
    bool is_found; /* by an earlier phase */
} connection;

static caus_assumption between_system(const connection *l,
                                      caus_joint_phase phase)
{
    bool selects = phase == CAUS_PHASE_SELECT;
    if (phase == CAUS_PHASE_SYSTEM || phase == CAUS_PHASE_ALL)
        return l->known;
    if (l->lag > 0)
        return selects ? l->known : CAUS_ASSUME_ABSENT;
    /* adjacent until proven otherwise, which is for a later phase */
    return l->known == CAUS_ASSUME_ABSENT ? CAUS_ASSUME_ABSENT
                                          : CAUS_ASSUME_ADJACENT;
}

static caus_assumption between_contexts(const connection *l,
                                        caus_joint_phase phase)
{
    if (l->source != l->target ||
        (l->lag > 0 && l->source == CAUS_ROLE_SPACE_CONTEXT))
        return CAUS_ASSUME_ABSENT;
    return phase == CAUS_PHASE_SELECT || phase == CAUS_PHASE_CONTEXTS
               ? l->known
               : CAUS_ASSUME_ABSENT;
}

static caus_assumption from_context(const connection *l, caus_joint_phase phase)
{
    bool dummy = is_dummy(l->source);
    if (l->lag > 0 && l->source != CAUS_ROLE_TIME_CONTEXT)
        return CAUS_ASSUME_ABSENT;
    caus_assumption assumption = l->lag ? l->known : outgoing(l->known);
    bool is_due =
        dummy ? phase == CAUS_PHASE_DUMMIES
              : phase == CAUS_PHASE_SELECT || phase == CAUS_PHASE_CONTEXTS;
    if (is_due || phase == CAUS_PHASE_ALL)
        return assumption;
    return l->is_found ? CAUS_ASSUME_LINK : CAUS_ASSUME_ABSENT;
}

static caus_assumption assume(const connection *l, caus_joint_phase phase)
{
    bool from_system = l->source == CAUS_ROLE_SYSTEM;
    bool to_system = l->target == CAUS_ROLE_SYSTEM;
    if (from_system && to_system)
        return between_system(l, phase);
    if (is_context(l->source) && is_context(l->target))
        return between_contexts(l, phase);
    if (to_system)
        return from_context(l, phase);
    if (!from_system || l->lag > 0)
        return CAUS_ASSUME_ABSENT;
    connection back = *l;
    back.source = l->target;
    back.target = l->source;
    back.known = l->known == CAUS_ASSUME_LINK_BACK   ? CAUS_ASSUME_LINK
                 : l->known == CAUS_ASSUME_ONLY_BACK ? CAUS_ASSUME_NOT_BACK
                                                     : l->known;
    return turned(from_context(&back, phase));
}

void caus_joint_assume(const caus_joint *joint, const caus_question *question,
                       caus_joint_phase phase, const unsigned char *known,
                       const unsigned char *linked, unsigned char *result)
{
    size_t lags = question->options->max_lag + 1;
    for (size_t i = 0; i < question->variable_count; i++)
        for (size_t j = 0; j < question->variable_count; j++)
            for (size_t lag = 0; lag < lags; lag++) {
                size_t cell = caus_cell(question, i, j, lag);
                size_t back = lag ? cell : caus_cell(question, j, i, 0);
                connection l = {
                    .source = caus_joint_role(joint, i),
                    .target = caus_joint_role(joint, j),
                    .lag = lag,
                    .known = known ? (caus_assumption)known[cell]
                                   : CAUS_ASSUME_UNKNOWN,
                    .is_found = linked && (linked[cell] || linked[back]),
                };
                result[cell] = lag == 0 && i == j
                                   ? CAUS_ASSUME_ABSENT
                                   : (unsigned char)assume(&l, phase);
            }
}

/* ---- groups ---- */

static int compare_keys(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* Groups of equal keys, in the order of keys. */
static caus_status group_keys(const int64_t *keys, size_t count,
                              caus_arena *arena, caus_grouping *result,
                              caus_error *err)
{
    int64_t *sorted = CAUS_ARRAY(arena, int64_t, count);
    size_t *of_row = CAUS_ARRAY(arena, size_t, count);
    if (!sorted || !of_row)
        return caus_arena_fail(arena, err);
    memcpy(sorted, keys, count * sizeof *keys);
    qsort(sorted, count, sizeof *sorted, compare_keys);
    size_t distinct = 0;
    for (size_t k = 0; k < count; k++)
        if (k == 0 || sorted[k] != sorted[distinct - 1])
            sorted[distinct++] = sorted[k];
    for (size_t k = 0; k < count; k++) {
        const int64_t *found =
            bsearch(&keys[k], sorted, distinct, sizeof *sorted, compare_keys);
        of_row[k] = (size_t)(found - sorted);
    }
    *result = (caus_grouping){distinct, of_row};
    return CAUS_OK;
}

static void list_keys(const caus_series *series, const caus_sample *sample,
                      caus_dummy dummy, int64_t *keys)
{
    size_t row = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t r = sample->longest_lag; r < segment->row_count; r++)
            keys[row++] = dummy == CAUS_DUMMY_SPACE
                              ? segment->environment
                              : segment->offset_steps + (int64_t)r;
    }
}

static caus_status group_rows(const caus_series *series, caus_joint *joint,
                              caus_arena *arena, caus_error *err)
{
    size_t rows = joint->sample->row_count;
    int64_t *keys = CAUS_ARRAY(arena, int64_t, rows);
    if (!keys)
        return caus_arena_fail(arena, err);
    for (size_t d = 0; d < CAUS_DUMMY_COUNT; d++) {
        if (joint->variable[d] == SIZE_MAX)
            continue;
        list_keys(series, joint->sample, (caus_dummy)d, keys);
        CAUS_TRY(group_keys(keys, rows, arena, &joint->groups[d], err));
    }
    return CAUS_OK;
}

/* ---- the state ---- */

static caus_status read_roles(const caus_series *series, caus_joint *joint,
                              caus_arena *arena, caus_error *err)
{
    size_t variables = series->variable_count;
    unsigned char *roles = CAUS_ARRAY(arena, unsigned char, variables);
    joint->is_exogenous = CAUS_ARRAY(arena, bool, variables);
    if (!roles || !joint->is_exogenous)
        return caus_arena_fail(arena, err);
    joint->variable[CAUS_DUMMY_TIME] = SIZE_MAX;
    joint->variable[CAUS_DUMMY_SPACE] = SIZE_MAX;
    for (size_t v = 0; v < variables; v++) {
        caus_role role = series->variables[v].role;
        roles[v] = (unsigned char)role;
        joint->is_exogenous[v] = role != CAUS_ROLE_SYSTEM;
        if (role == CAUS_ROLE_TIME_DUMMY)
            joint->variable[CAUS_DUMMY_TIME] = v;
        else if (role == CAUS_ROLE_SPACE_DUMMY)
            joint->variable[CAUS_DUMMY_SPACE] = v;
    }
    joint->roles = roles;
    joint->variable_count = variables;
    return CAUS_OK;
}

/* Which nodes take one value in all rows; not asked when rows differ. */
static caus_status find_constants(caus_joint *joint, caus_arena *arena,
                                  caus_error *err)
{
    const caus_sample *sample = joint->sample;
    for (size_t role = 0; role < CAUS_TEST_ROLE_COUNT; role++)
        if (sample->invalid[role])
            return CAUS_OK;
    joint->is_constant = CAUS_ARRAY(arena, bool, sample->node_count);
    if (!joint->is_constant)
        return caus_arena_fail(arena, err);
    for (size_t node = 0; node < sample->node_count; node++) {
        double first = caus_node_value(sample, 0, (caus_node)node);
        bool varies = false;
        for (size_t r = 1; r < sample->row_count && !varies; r++) {
            double value = caus_node_value(sample, r, (caus_node)node);
            varies = value < first || value > first;
        }
        joint->is_constant[node] = !varies;
    }
    return CAUS_OK;
}

caus_status caus_joint_init(const caus_series *series, caus_question *question,
                            const caus_sample *sample, int threads,
                            caus_arena *arena, caus_independence *test,
                            caus_error *err)
{
    caus_joint *joint = CAUS_ARRAY(arena, caus_joint, 1);
    if (!joint)
        return caus_arena_fail(arena, err);
    joint->run = question->run;
    joint->threads = threads;
    joint->sample = sample;
    CAUS_TRY(read_roles(series, joint, arena, err));
    CAUS_TRY(group_rows(series, joint, arena, err));
    CAUS_TRY(find_constants(joint, arena, err));
    CAUS_TRY(caus_independence_init(&question->options->test, sample, NULL,
                                    threads, question->run, arena,
                                    &joint->inner, err));
    question->joint = joint;
    *test = caus_joint_independence(joint, question->options->test.interval);
    return CAUS_OK;
}
