/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of the incident preset. docs/design/0004-incident-preset.md */
#ifndef CAUS_SRC_DISCOVERY_INCIDENT_INTERNAL_H
#define CAUS_SRC_DISCOVERY_INCIDENT_INTERNAL_H

#include "base/base.h"
#include "caus/incident.h"

/* Fails with CAUS_ERR_TOO_FEW_SAMPLES when under two variables stay. */
caus_status caus_incident_check_choice(const caus_screening *screened,
                                       caus_error *err);

/* What a variable says about the calls a service answers. */
typedef enum caus_symptom {
    CAUS_SYMPTOM_NONE, /* neither; a gauge, a saturation, … */
    CAUS_SYMPTOM_LOAD, /* how many calls come */
    CAUS_SYMPTOM_HARM, /* how long they take, how many fail */
    CAUS_SYMPTOM_COUNT
} caus_symptom;

/* By kind and unit, else by the name's ending. */
caus_symptom caus_symptom_of(const caus_variable *variable);

/* The load that all share: a sum of variables. */
typedef struct caus_load {
    const bool *chosen; /* [variables]; NULL = none is known */
    const char *name;
    bool is_offered;   /* the user vouches that it arrives, whatever happens to
                          it. Counts of finished calls are held up by faults:
                          links must hold with them as without them */
    const char *guess; /* why it is taken for the load where nobody says so and
                          no call graph tells the entry; NULL */
} caus_load;

/* What choosing the load asks. */
typedef struct caus_load_case {
    const caus_series *series;
    const caus_quality *quality;
    const caus_incident_options *options;
    const caus_run *run;
} caus_load_case;

caus_status caus_incident_choose_load(const caus_load_case *about,
                                      caus_arena *out, caus_load *load,
                                      caus_error *err);

typedef struct caus_guess {
    size_t variable; /* SIZE_MAX = nothing counts requests */
    size_t count;    /* variables that do */
    double share;    /* of the others' variance that it explains, in the median
                        of two or more */
} caus_guess;

/*
 * The requests that explain those of all others best: all that is served for
 * one entry follows it, whoever calls whom.
 *
 *   usable  [variables] those that count requests
 */
caus_status caus_incident_guess_load(const caus_series *series,
                                     const caus_run *run, const bool *usable,
                                     caus_arena *out, caus_guess *guess,
                                     caus_error *err);

/*
 * Drops links between variables that count no requests and that do not hold
 * given the load as without it, after correction for all tests: what survives a
 * search is what chance made strong, given the load too. A guess does no more:
 * it can take a link away, and earns no word.
 *
 *   p_given_load  of caus_incident_hold_load()
 */
caus_status caus_incident_drop_shared(caus_incident *incident,
                                      const double *p_given_load,
                                      const caus_pcmci_options *options,
                                      caus_arena *out, caus_error *err);

/* The sum in a row; NaN where one is missing. */
double caus_incident_load_at(const caus_series *series, const bool *chosen,
                             const caus_segment *segment, size_t row);

/* The series with the load as its last variable. */
caus_status caus_incident_add_load(const caus_series *series,
                                   const caus_load *load,
                                   const caus_series *kept, caus_arena *out,
                                   caus_series *result, caus_error *err);

/*
 * Regresses out of every variable that is no load itself, each environment on
 * its own: offered load at lags 0, 1 and 2 (the first two rows of every segment
 * go then), and two waves of a day where the environment is as long.
 *
 *   series  all variables: the workload need not be among those kept
 */
caus_status caus_incident_remove_load(const caus_series *series,
                                      const caus_load *load,
                                      const caus_series *kept,
                                      const caus_run *run, caus_arena *out,
                                      caus_series *result, caus_error *err);

/* The call graph beside the nodes that were chosen; NULL without one. */
typedef struct caus_calls caus_calls;

caus_status caus_incident_see_calls(const caus_topology *topology,
                                    const caus_incident *incident,
                                    caus_arena *out, const caus_calls **calls,
                                    caus_error *err);

/* Adds what the call graph says to what is known: caus_assumption per cell. */
caus_status caus_incident_assume(const caus_calls *calls, size_t max_lag,
                                 const unsigned char *given, caus_arena *out,
                                 const unsigned char **assumptions,
                                 caus_error *err);

/* Points lag-0 edges along the call graph: harm from callee to caller, load
 * from caller to callee, and marks links that no call explains. Other lag-0
 * edges between services lose their direction, without a call graph all of
 * which knowledge says nothing. */
caus_status caus_incident_orient(const caus_calls *calls,
                                 caus_incident *incident, caus_arena *out,
                                 caus_error *err);

/* Lags of conditions beyond the link's own: every one more costs each segment a
 * row, and an incident has few. */
enum { CAUS_INCIDENT_REACH = 3 };

/* Whether source(t − lag) --> target(t). */
bool caus_incident_is_parent(const caus_graph *graph, size_t source,
                             size_t target, size_t lag);

/* What a link is held against: the other parents of its target, and those of
 * its source in the source's past, up to REACH lags beyond its own. Returns how
 * many. */
size_t caus_incident_list_conditions(const caus_graph *graph, size_t source,
                                     size_t target, size_t lag,
                                     caus_lagged *conditions);

/* The segments of one environment, as a series of their own; false when memory
 * is out. */
bool caus_incident_view_environment(const caus_series *series,
                                    size_t environment, caus_arena *out,
                                    caus_series *view);

/*
 * Least squares of each target of an arrow on its source, in units, given those
 * conditions: in the baseline, or in the incident if the link was seen there
 * alone.
 *
 *   series  with the variables of the graph, in units
 *   effect  set to [cells]; NaN where there is no arrow, or too few rows
 */
caus_status caus_incident_measure(const caus_series *series,
                                  const caus_discovery *found,
                                  const caus_run *run, caus_arena *out,
                                  const double **effect, caus_error *err);

/*
 * Tests every link of the graph in each of two environments alone, given the
 * other parents of its target and the past of its source.
 *
 *   labels  set to [cells] caus_edge_environments, in `out`
 */
caus_status
caus_incident_replicate(const caus_series *series, const caus_graph *graph,
                        const caus_run *run, double alpha, caus_arena *out,
                        const unsigned char **labels, caus_error *err);

/* Fills the departures of the nodes. */
caus_status caus_incident_depart(caus_incident *incident, caus_arena *out,
                                 caus_error *err);

/* Takes the arrow from links that only normal operation shows and whose source
 * kept its level: they tell nothing of the incident. */
void caus_incident_rest(caus_incident *incident);

/*
 * Tests them over all environments together, given the load at lags 0 to 2 as
 * well. A load that a fault holds up is an effect, and given an effect of both,
 * two causes hide or feign a link: so a link must hold without the load first.
 *
 *   series   as analysed, and one variable more, the load
 *   p_value  set to [cells], in `out`: of links given the load; 1 where none
 * can be told or the sign is another one
 */
caus_status caus_incident_hold_load(const caus_series *series,
                                    const caus_discovery *pooled,
                                    const caus_run *run, caus_arena *out,
                                    const double **p_value, caus_error *err);

#endif
