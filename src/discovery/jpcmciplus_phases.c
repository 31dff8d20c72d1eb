/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four steps of J-PCMCI+ (Günther, Ninad & Runge 2023): lagged conditions,
 * links from observed contexts, links from dummies, links between system
 * variables. Each step is the skeleton phase of PCMCI+ under other assumptions;
 * what a step finds is granted to the next ones.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "discovery/jpcmciplus_internal.h"
#include "discovery/pcmciplus_internal.h"

/* One run of the skeleton phase. */
typedef struct phase {
    caus_pcmci_options options;
    caus_question question;
    caus_findings findings;
    caus_plus plus;
    unsigned char *assumptions; /* [cell_count] */
} phase;

typedef struct steps {
    caus_search *search;
    const caus_question *question; /* as it was asked */
    caus_joint *joint;
    caus_arena *arena;
    unsigned char *linked; /* [cell_count] links out of contexts and dummies */
    phase *contexts;       /* conditions are selected in it too */
    phase *dummies;
    phase *system;
} steps;

static caus_status new_phase(const steps *s, phase **result, caus_error *err)
{
    phase *made = CAUS_ARRAY(s->arena, phase, 1);
    if (!made)
        return caus_arena_fail(s->arena, err);
    made->assumptions =
        CAUS_ARRAY(s->arena, unsigned char, s->question->cell_count);
    if (!made->assumptions)
        return caus_arena_fail(s->arena, err);
    made->options = *s->question->options;
    made->options.fdr = CAUS_FDR_NONE;
    made->question = *s->question;
    made->question.options = &made->options;
    made->question.assumptions = made->assumptions;
    CAUS_TRY(
        caus_findings_init(&made->question, s->arena, &made->findings, err));
    made->findings.plus = &made->plus;
    CAUS_TRY(caus_plus_init(s->search, &made->findings, &made->plus, err));
    made->plus.question = &made->question;
    made->plus.is_exogenous = s->joint->is_exogenous;
    caus_plus_clear(&made->plus);
    *result = made;
    return CAUS_OK;
}

static void enter(const steps *s, phase *p, caus_joint_phase which)
{
    assert(p);
    caus_joint_assume(s->joint, &p->question, which, s->question->assumptions,
                      s->linked, p->assumptions);
    s->search->question = &p->question;
}

static caus_status find_contexts(steps *s, caus_error *err)
{
    CAUS_TRY(new_phase(s, &s->contexts, err));
    /* hidden causes may still act here: the parents of one end need not
     * separate it from a context */
    if (s->joint->groups[CAUS_DUMMY_TIME].count ||
        s->joint->groups[CAUS_DUMMY_SPACE].count)
        s->contexts->options.max_parents = 0;
    enter(s, s->contexts, CAUS_PHASE_SELECT);
    CAUS_TRY(caus_select_conditions(s->search, &s->contexts->findings, err));
    enter(s, s->contexts, CAUS_PHASE_CONTEXTS);
    return caus_plus_find_links(&s->contexts->plus, err);
}

/* Adds to `linked` what a phase found about sources of some roles. */
static void keep_links(steps *s, const phase *p, bool dummies)
{
    const caus_question *question = s->question;
    for (size_t i = 0; i < question->variable_count; i++) {
        bool is_dummy = caus_joint_dummy(s->joint, i) < CAUS_DUMMY_COUNT;
        if (!s->joint->is_exogenous[i] || is_dummy != dummies)
            continue;
        for (size_t j = 0; j < question->variable_count; j++)
            for (size_t lag = 0; lag <= question->options->max_lag; lag++) {
                size_t cell = caus_cell(question, i, j, lag);
                if (!s->joint->is_exogenous[j])
                    s->linked[cell] = p->findings.linked[cell];
            }
    }
}

/* The order in which kinds of sources stand among the conditions. */
static const caus_role order[] = {CAUS_ROLE_TIME_DUMMY, CAUS_ROLE_SPACE_DUMMY,
                                  CAUS_ROLE_SPACE_CONTEXT,
                                  CAUS_ROLE_TIME_CONTEXT};

static double strength_of(const steps *s, size_t source, size_t cell)
{
    bool is_dummy = caus_joint_dummy(s->joint, source) < CAUS_DUMMY_COUNT;
    const phase *p = is_dummy ? s->dummies : s->contexts;
    double strength = p->plus.strength[cell];
    return isinf(strength) ? 1 : strength;
}

/* Contexts and dummies found for a target, before its own lagged conditions. */
static void list_conditions(const steps *s, size_t target,
                            caus_selection *selection)
{
    const caus_question *question = s->question;
    const caus_sample *sample = s->joint->sample;
    const caus_selection *lagged = &s->contexts->findings.selections[target];
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (size_t i = 0; i < question->variable_count; i++)
            for (size_t lag = 0; lag <= question->options->max_lag; lag++) {
                size_t cell = caus_cell(question, i, target, lag);
                if (caus_joint_role(s->joint, i) != order[k] ||
                    !s->linked[cell])
                    continue;
                selection->nodes[selection->count] =
                    caus_node_of(sample, i, lag);
                selection->strength[selection->count++] =
                    strength_of(s, i, cell);
            }
    for (size_t k = 0; k < lagged->count; k++) {
        if (s->joint->is_exogenous[lagged->nodes[k] % sample->stride])
            continue;
        selection->nodes[selection->count] = lagged->nodes[k];
        selection->strength[selection->count++] = lagged->strength[k];
    }
}

static caus_status give_conditions(const steps *s, phase *p, caus_error *err)
{
    size_t variables = s->question->variable_count;
    size_t most = variables * (s->question->options->max_lag + 1);
    for (size_t j = 0; j < variables; j++) {
        if (s->joint->is_exogenous[j])
            continue;
        caus_selection *selection = &p->findings.selections[j];
        selection->nodes = CAUS_ARRAY(s->arena, caus_node, most);
        selection->strength = CAUS_ARRAY(s->arena, double, most);
        if (!selection->nodes || !selection->strength)
            return caus_arena_fail(s->arena, err);
        list_conditions(s, j, selection);
    }
    return CAUS_OK;
}

/* Correlations within groups for every set of dummies there may be. */
static caus_status prepare_dummies(const steps *s, caus_error *err)
{
    bool both = s->joint->groups[CAUS_DUMMY_TIME].count &&
                s->joint->groups[CAUS_DUMMY_SPACE].count;
    CAUS_TRY(caus_joint_prepare(s->joint, 0, s->arena, err));
    for (unsigned d = 0; d < CAUS_DUMMY_COUNT && both; d++)
        CAUS_TRY(caus_joint_prepare(s->joint, 1u << d, s->arena, err));
    return CAUS_OK;
}

static caus_status find_dummies(steps *s, caus_error *err)
{
    CAUS_TRY(new_phase(s, &s->dummies, err));
    enter(s, s->dummies, CAUS_PHASE_DUMMIES);
    CAUS_TRY(prepare_dummies(s, err));
    CAUS_TRY(give_conditions(s, s->dummies, err));
    return caus_plus_find_links(&s->dummies->plus, err);
}

/* The dummies that a target has; a test conditions on those of both ends. */
static unsigned dummies_of(const steps *s, size_t target)
{
    unsigned set = 0;
    for (size_t d = 0; d < CAUS_DUMMY_COUNT; d++) {
        size_t dummy = s->joint->variable[d];
        if (dummy != SIZE_MAX &&
            s->linked[caus_cell(s->question, dummy, target, 0)])
            set |= 1u << d;
    }
    return set;
}

static caus_status prepare_system(const steps *s, caus_error *err)
{
    size_t variables = s->question->variable_count;
    for (size_t i = 0; i < variables; i++)
        for (size_t j = i; j < variables; j++) {
            unsigned set = dummies_of(s, i) | dummies_of(s, j);
            if (set)
                CAUS_TRY(caus_joint_prepare(s->joint, set, s->arena, err));
        }
    return CAUS_OK;
}

/* The numbers of a pair with a context or dummy are those of its own phase. */
static void take_numbers(const steps *s, size_t i, size_t j)
{
    const caus_question *question = s->question;
    size_t variables = question->variable_count;
    bool is_dummy = caus_joint_dummy(s->joint, i) < CAUS_DUMMY_COUNT ||
                    caus_joint_dummy(s->joint, j) < CAUS_DUMMY_COUNT;
    const phase *from = is_dummy ? s->dummies : s->contexts;
    phase *to = s->system;
    if (s->joint->is_exogenous[i] && s->joint->is_exogenous[j])
        return;
    for (size_t lag = 0; lag <= question->options->max_lag; lag++) {
        size_t cell = caus_cell(question, i, j, lag);
        to->findings.statistic[cell] = from->findings.statistic[cell];
        to->findings.df[cell] = from->findings.df[cell];
        to->plus.separating_sets[cell] = from->plus.separating_sets[cell];
    }
    size_t pair = i * variables + j;
    to->plus.shown_statistic[pair] = from->plus.shown_statistic[pair];
    to->plus.shown_df[pair] = from->plus.shown_df[pair];
}

/* What selection removed keeps its numbers. */
static void start_numbers(const steps *s)
{
    const caus_question *question = s->question;
    for (size_t i = 0; i < question->variable_count; i++)
        for (size_t j = 0; j < question->variable_count; j++)
            for (size_t lag = 0; lag <= question->options->max_lag; lag++) {
                size_t cell = caus_cell(question, i, j, lag);
                if (s->joint->is_exogenous[i] || s->joint->is_exogenous[j])
                    continue;
                s->system->findings.statistic[cell] =
                    s->contexts->findings.statistic[cell];
                s->system->findings.df[cell] = s->contexts->findings.df[cell];
            }
}

static caus_status find_system(steps *s, caus_error *err)
{
    size_t variables = s->question->variable_count;
    CAUS_TRY(new_phase(s, &s->system, err));
    enter(s, s->system, CAUS_PHASE_SYSTEM);
    CAUS_TRY(prepare_system(s, err));
    CAUS_TRY(give_conditions(s, s->system, err));
    start_numbers(s);
    CAUS_TRY(caus_plus_find_links(&s->system->plus, err));
    for (size_t i = 0; i < variables; i++)
        for (size_t j = 0; j < variables; j++)
            if (s->joint->is_exogenous[i] || s->joint->is_exogenous[j])
                take_numbers(s, i, j);
    return caus_plus_find_marks(&s->system->plus, err);
}

static void give(const steps *s, caus_findings *findings)
{
    const caus_findings *found = &s->system->findings;
    size_t cells = s->question->cell_count;
    memcpy(findings->statistic, found->statistic,
           cells * sizeof *findings->statistic);
    memcpy(findings->df, found->df, cells * sizeof *findings->df);
    memcpy(findings->linked, found->linked, cells);
    memcpy(findings->selections, found->selections,
           s->question->variable_count * sizeof *findings->selections);
    findings->plus = &s->system->plus;
}

/* Decides under everything that was a hypothesis in some phase. */
static caus_status decide(const steps *s, caus_findings *findings,
                          caus_error *err)
{
    s->system->options.fdr = s->question->options->fdr;
    enter(s, s->system, CAUS_PHASE_ALL);
    caus_plus_drop_weak(s->search, findings);
    return caus_decide_links(s->search, findings, err);
}

static caus_status run_steps(steps *s, caus_findings *findings, caus_error *err)
{
    s->linked = CAUS_ARRAY(s->arena, unsigned char, s->question->cell_count);
    if (!s->linked)
        return caus_arena_fail(s->arena, err);
    CAUS_TRY(find_contexts(s, err));
    keep_links(s, s->contexts, false);
    CAUS_TRY(find_dummies(s, err));
    keep_links(s, s->dummies, true);
    CAUS_TRY(find_system(s, err));
    give(s, findings);
    return decide(s, findings, err);
}

caus_status caus_joint_run(caus_search *search, caus_findings *findings,
                           caus_error *err)
{
    steps s = {.search = search,
               .question = search->question,
               .joint = search->question->joint,
               .arena = search->hands[0].arena};
    caus_status status = run_steps(&s, findings, err);
    search->question = s.question;
    return status;
}
