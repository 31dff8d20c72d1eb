/* SPDX-License-Identifier: Apache-2.0 */
/* Other requests than usual are no evidence: like is compared with like. */
#include <math.h>

#include "events/evidence_internal.h"

/* The strata of a group: its values of requests of one root operation each. */
typedef struct mixture {
    size_t strata;
    size_t normal;     /* values of strata that can be compared */
    size_t incident;   /* … of the incident */
    size_t unlike;     /* values of the incident in other strata */
    double centre_sum; /* of the normal medians, a value each */
    double doubt;      /* Σ (values of the incident)² / normal values */
    double extra_s;
    caus_wins wins; /* all of them */
    double surplus; /* wins beyond chance, each stratum by its weight */
    double variance;
} mixture;

typedef struct mix {
    caus_evidence_work *work;
    caus_pairs pairs;     /* groups and root operations */
    uint32_t *stratum_of; /* [count] of the observations */
    double *medians;      /* [pairs.count] of the normal phase; NaN = too few
                             values */
    mixture *groups;      /* [group_count] */
} mix;

static caus_status number_strata(mix *m, const caus_observation *seen,
                                 size_t count, caus_error *err)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t root = m->work->root_of[seen[i].span];
        m->stratum_of[i] = caus_pairs_add(&m->pairs, seen[i].group, root);
        if (m->stratum_of[i] == CAUS_NO_PAIR)
            return caus_evidence_fail_memory(m->work, err);
    }
    m->medians = CAUS_ARRAY(m->work->scratch, double, m->pairs.count);
    if (!m->medians)
        return caus_arena_fail(m->work->scratch, err);
    for (size_t i = 0; i < m->pairs.count; i++)
        m->groups[caus_pair_first(&m->pairs, i)].strata++;
    return CAUS_OK;
}

/* Ranks are compared within strata, weighed as van Elteren does: a value of a
 * large one tells as much as of a small one. */
static void compare_ranks(const caus_sample *normal,
                          const caus_sample *incident, mixture *group)
{
    caus_wins wins = caus_wins_count(normal, incident);
    double weight = 1 / (double)(normal->count + incident->count + 1);
    group->wins.count += wins.count;
    group->wins.pairs += wins.pairs;
    group->surplus += weight * (wins.count - wins.pairs / 2);
    group->variance += weight * weight * wins.variance;
}

static void measure_stratum(mix *m, const caus_groups *values, size_t number)
{
    mixture *group = &m->groups[caus_pair_first(&m->pairs, number)];
    caus_sample normal = caus_group_sample(values, number, CAUS_PHASE_NORMAL);
    caus_sample incident =
        caus_group_sample(values, number, CAUS_PHASE_INCIDENT);
    double usual = (double)normal.count, since = (double)incident.count;
    m->medians[number] = (double)NAN;
    if (normal.count < m->work->min_spans) {
        group->unlike += incident.count;
        return;
    }
    m->medians[number] = caus_sample_quantile(&normal, 0.5);
    group->normal += normal.count;
    group->incident += incident.count;
    group->centre_sum += m->medians[number] * usual;
    group->doubt += since * since / usual;
    if (!incident.count)
        return;
    group->extra_s += caus_evidence_extra_s(m->work, &normal, &incident);
    compare_ranks(&normal, &incident, group);
}

/* Of groups with several strata; what there is of one is like already. */
static caus_status measure_strata(mix *m, const caus_observation *seen,
                                  size_t count, caus_error *err)
{
    caus_observation *mixed =
        CAUS_ARRAY(m->work->scratch, caus_observation, count);
    size_t kept = 0;
    if (!mixed)
        return caus_arena_fail(m->work->scratch, err);
    for (size_t i = 0; i < count; i++) {
        if (m->groups[seen[i].group].strata > 1)
            mixed[kept++] = (caus_observation){seen[i].value, m->stratum_of[i],
                                               seen[i].span};
    }
    caus_groups values;
    CAUS_TRY(caus_group_values(m->work->spans, mixed, kept, m->pairs.count,
                               m->work->run, m->work->scratch, &values, err));
    for (size_t i = 0; i < m->pairs.count; i++) {
        if (m->groups[caus_pair_first(&m->pairs, i)].strata > 1)
            measure_stratum(m, &values, i);
    }
    return CAUS_OK;
}

/* Whether most of what a group shows in the incident has its like before. */
static bool is_levelled(const mixture *group)
{
    return group->strata > 1 && group->incident > 0 &&
           group->incident >= group->unlike;
}

static size_t level_values(const mix *m, caus_observation *seen, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const mixture *group = &m->groups[seen[i].group];
        double median = m->medians[m->stratum_of[i]];
        caus_observation value = seen[i];
        if (is_levelled(group)) {
            if (isnan(median))
                continue;
            value.value += group->centre_sum / (double)group->normal - median;
        }
        seen[kept++] = value;
    }
    return kept;
}

static caus_level level_of(const mixture *group)
{
    double since = (double)group->incident;
    if (!is_levelled(group))
        return (caus_level){0};
    return (caus_level){.is_levelled = true,
                        .extra_s = group->extra_s,
                        .spans = since * since / group->doubt,
                        .superiority = group->wins.count / group->wins.pairs,
                        .p_value =
                            caus_wins_p_value(group->surplus, group->variance)};
}

caus_status caus_evidence_level(caus_evidence_work *work,
                                caus_observation *seen, size_t *count,
                                size_t group_count, caus_level *levels,
                                caus_error *err)
{
    mix m = {.work = work,
             .stratum_of = CAUS_ARRAY(work->scratch, uint32_t, *count),
             .groups = CAUS_ARRAY(work->scratch, mixture, group_count)};
    if (!m.stratum_of || !m.groups)
        return caus_arena_fail(work->scratch, err);
    caus_status status = number_strata(&m, seen, *count, err);
    if (status == CAUS_OK)
        status = measure_strata(&m, seen, *count, err);
    if (status == CAUS_OK)
        *count = level_values(&m, seen, *count);
    for (size_t i = 0; status == CAUS_OK && i < group_count; i++)
        levels[i] = level_of(&m.groups[i]);
    caus_pairs_deinit(&m.pairs);
    return status;
}
