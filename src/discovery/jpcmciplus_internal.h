/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of J-PCMCI+ share. A dummy stands for one indicator variable
 * for each time, or each environment. None of those columns is ever made: to
 * condition on a dummy is to take the means of its groups of rows out.
 */
#ifndef CAUS_SRC_DISCOVERY_JPCMCIPLUS_INTERNAL_H
#define CAUS_SRC_DISCOVERY_JPCMCIPLUS_INTERNAL_H

#include "discovery/discovery_internal.h"

typedef enum caus_dummy {
    CAUS_DUMMY_TIME,
    CAUS_DUMMY_SPACE,
    CAUS_DUMMY_COUNT /* also: no dummy */
} caus_dummy;

/* Sets of dummies are numbers below this: bit d says that d is in it. */
enum { CAUS_DUMMY_SETS = 1 << CAUS_DUMMY_COUNT };

/* Rows fall into groups 0 … count − 1. */
typedef struct caus_grouping {
    size_t count;
    const size_t *of_row; /* [row_count] */
} caus_grouping;

/*
 * Least squares on the indicators of groupings: none (the mean), one (means of
 * groups) or two. Of two groupings the one with more groups is eliminated.
 */
typedef struct caus_effects {
    size_t row_count;
    caus_grouping many, few; /* few.count 0 = one grouping */
    double *inverse_size;    /* [many.count] 1 / rows; 0 = empty */
    double *factor;          /* [few.count²] unit lower triangle, pivots on
                                the diagonal; pivot 0 = spanned by others */
    double *outside[CAUS_DUMMY_COUNT]; /* [groups] squared length of an
                                  indicator outside these effects; NULL for
                                  dummies that are among them */
} caus_effects;

/*
 *   groups  by dummy; count 0 = no such dummy
 *   set     of the dummies whose effects are taken out
 *   result  lives in `arena`
 *
 * Cost O(rows), with two groupings also O(groups³) of the smaller one.
 */
caus_status caus_effects_init(size_t row_count,
                              const caus_grouping groups[CAUS_DUMMY_COUNT],
                              unsigned set, caus_arena *arena,
                              caus_effects *result, caus_error *err);

/*
 * The effects of a column [row_count] on the groups.
 *
 *   many  [many.count]
 *   few   [few.count]
 */
void caus_effects_fit(const caus_effects *effects, const double *column,
                      double *many, double *few);

/* What a row's groups take off its value. */
static inline double caus_effects_of(const caus_effects *effects,
                                     const double *many, const double *few,
                                     size_t row)
{
    double effect = many[effects->many.of_row[row]];
    return effects->few.count ? effect + few[effects->few.of_row[row]] : effect;
}

/* Correlations of all nodes once the effects of some dummies are out. */
typedef struct caus_within {
    double *matrix;   /* [node_count × node_count]; 0 rows for spanned nodes */
    bool *is_spanned; /* [node_count] nothing is left of it */
    caus_effects effects;
    /* [node_count × groups] sums over the groups of other dummies */
    double *sums[CAUS_DUMMY_COUNT];
} caus_within;

struct caus_joint {
    const caus_run *run;
    int threads;
    const caus_sample *sample;
    caus_independence
        inner; /* partial correlation, for tests without dummies */
    size_t variable_count;
    const unsigned char *roles;        /* [variable_count] caus_role */
    bool *is_exogenous;                /* [variable_count] not a system one */
    size_t variable[CAUS_DUMMY_COUNT]; /* of a dummy; SIZE_MAX = none */
    caus_grouping groups[CAUS_DUMMY_COUNT];
    bool *is_constant;                    /* [node_count]; NULL when ragged */
    caus_within *within[CAUS_DUMMY_SETS]; /* NULL = not made */
};

static inline caus_role caus_joint_role(const caus_joint *joint,
                                        size_t variable)
{
    return (caus_role)joint->roles[variable];
}

/* The dummy that a variable is; CAUS_DUMMY_COUNT for others. */
static inline caus_dummy caus_joint_dummy(const caus_joint *joint,
                                          size_t variable)
{
    if (variable == joint->variable[CAUS_DUMMY_TIME])
        return CAUS_DUMMY_TIME;
    return variable == joint->variable[CAUS_DUMMY_SPACE] ? CAUS_DUMMY_SPACE
                                                         : CAUS_DUMMY_COUNT;
}

/* Which phase of the search an assumption is about. */
typedef enum caus_joint_phase {
    CAUS_PHASE_SELECT,   /* lagged conditions */
    CAUS_PHASE_CONTEXTS, /* links from observed contexts */
    CAUS_PHASE_DUMMIES,  /* links from dummies */
    CAUS_PHASE_SYSTEM,   /* links between system variables */
    CAUS_PHASE_ALL       /* what was a hypothesis in any of them */
} caus_joint_phase;

/*
 * What the roles allow in a phase, on top of what the user knows.
 *
 *   known   [cell_count] of the question; NULL = nothing
 *   linked  [cell_count] links from contexts and dummies found so far; NULL =
 *           not yet
 *   result  [cell_count]
 */
void caus_joint_assume(const caus_joint *joint, const caus_question *question,
                       caus_joint_phase phase, const unsigned char *known,
                       const unsigned char *linked, unsigned char *result);

/* Correlations given a set of dummies, unless the rows differ between tests.
 * Not to be called while tests run. Cost O(rows · nodes²). */
caus_status caus_joint_prepare(caus_joint *joint, unsigned set,
                               caus_arena *arena, caus_error *err);

/* What a test comes to once dummies and lists are told apart. */
typedef struct caus_joint_test {
    const caus_node *given; /* [given_count] distinct, neither source nor
                               target, no dummies */
    size_t given_count;
    unsigned set;                     /* of the dummies among conditions */
    size_t dummies[CAUS_DUMMY_COUNT]; /* how often each, at some lag */
    size_t copies;     /* conditions that repeat one in `given` */
    caus_dummy vector; /* the source or target that is one, if any */
    caus_node source;  /* unless vector is set */
    caus_node target;  /* not a dummy */
} caus_joint_test;

/*
 * Where small systems are solved; grows as needed. What the last test left is
 * used by the next one as far as both begin with the same conditions, which
 * those that walk through sets do.
 */
typedef struct caus_joint_room {
    caus_arena *arena;
    const caus_within *within; /* of the last test; NULL = none */
    double *factor;            /* [capacity²] */
    caus_node *places;         /* [capacity] conditions, target, source */
    size_t capacity;
    size_t known; /* conditions whose rows of the factor stand */
    /* Of a test with a dummy, group by group: */
    caus_dummy dummy;
    caus_node target;
    double *parts; /* [capacity × group_stride] along each condition */
    double *left; /* [(capacity + 1) × group_stride] squared length outside the
                     first conditions */
    double *both; /* likewise, product with the target */
    size_t group_stride;
    size_t parts_known; /* conditions that are in the three */
} caus_joint_room;

/* From the correlations within groups. Sets *done to false when they are not
 * there or too weak. */
caus_status caus_joint_test_within(const caus_joint *joint,
                                   const caus_joint_test *test,
                                   caus_joint_room *room, bool *done,
                                   caus_ci_result *result, caus_error *err);

/* From the rows that the test may use. */
caus_status caus_joint_test_rows(const caus_joint *joint,
                                 const caus_joint_test *test, caus_arena *arena,
                                 caus_ci_result *result, caus_error *err);

/*
 * The largest correlation of a target with the indicators of a dummy has the
 * p-value of one correlation times their number (Bonferroni). Degrees of
 * freedom carry that number in their higher digits.
 */
double caus_joint_df(double df, size_t comparisons);

/* The test on a sample with contexts; keeps `joint`. */
caus_independence caus_joint_independence(const caus_joint *joint,
                                          caus_interval interval);

/* Whether rows differ between tests. */
static inline bool caus_joint_is_ragged(const caus_joint *joint)
{
    return joint->is_constant == NULL;
}

#endif
