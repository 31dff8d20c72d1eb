/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of an explanation, and what each file does: docs/architecture.md;
 * decisions: docs/design/0025-root-cause.md */
#ifndef CAUS_SRC_ROOTCAUSE_ROOTCAUSE_INTERNAL_H
#define CAUS_SRC_ROOTCAUSE_ROOTCAUSE_INTERNAL_H

#include "caus/incident.h"
#include "caus/time.h"
#include "rootcause/evidence.h"

struct caus_log_table; /* logs.h */
struct caus_log_rise;

enum {
    CAUS_LEAST_HEALTHY = 10, /* rows before an onset, or a window */
    CAUS_LEAST_AFTER = 3,    /* rows from an onset on, to look for it */
    CAUS_LEAST_SEARCHED = CAUS_LEAST_HEALTHY + CAUS_LEAST_AFTER
};

/* The requests that a service gets for one of its callers', and the share of
 * them that the incident lacks. */
typedef struct caus_lack {
    double usual, now;
    double share, chance; /* how far that goes either way in healthy windows */
    bool of_one;          /* one of several callers */
    bool alike;           /* all callers count requests, in the same way */
} caus_lack;

/* An explanation in the making. */
typedef struct caus_case {
    const caus_series *series; /* variables by name; its values are for
                                  caus_timeline_init() and
                                  caus_columns_select() alone */
    const size_t *columns;     /* [variable_count] where a row of `series` has
                                  the value of each; NULL = in their order */
    const caus_series *whole;  /* the same with the rows behind those near a
                                  time that was told */
    size_t near_row;      /* the onset is looked for from here on; 0 = in all */
    size_t searched_rows; /* in vain before, near a time */
    size_t season_count;  /* variables without their time of day */
    const caus_time_of_day *usual; /* [variable_count]; NULL = none is without
                                    */
    const double *brought; /* [variable_count] what it has been multiplied by
                              since, where it is without; NULL = nothing */
    const caus_extent *extent; /* the rows that stand out, from an onset on with
                                  enough before it; NULL = the onset is looked
                                  for by what leaves its habit */
    const caus_explain_options *options;
    const caus_run *run;
    caus_arena *out;
    caus_timeline timeline; /* of `series`, sorted */
    caus_scene scene;
    bool *is_setting;            /* [variable_count] what it does is no clue */
    const caus_changes *changes; /* that were told, and settings that stepped;
                                    NULL = neither */
    const caus_topology *calls;  /* given, or of the spans; NULL */
    const caus_topology *unfit_calls; /* given, of other services; NULL */
    const caus_spans *spans; /* with both phases, where there are such */
    caus_trace_clues traces;
    const struct caus_log_table *log_table; /* NULL = no log lines */
    struct caus_log_rise *log_rises; /* [templates] of the incident; NULL = its
                                        lines have no before, or no after */
    caus_log_clues logs;
    caus_context context;
    caus_scores scores;
    /* [service_count + 1] of [filled_count + 1]: in how many of `filled` before
     * each it is not measured while most others are; at last of all together */
    const uint32_t *const *silent_before;
    const double *lost_alone; /* [service_count] how likely a row lacks all that
                                 is measured of each by chance, if values get
                                 lost one by one */
    const double *memory_falls; /* [rows] the largest fall of any memory up
                                   to each, of its level */
    caus_shift *calls_shifts;   /* [service_count] of `calls_each` */
    caus_timeline calls_each;   /* a column a service: its calls for one request
                                   of its callers; empty without a call graph */
    const caus_lack *lacks;     /* [service_count] */
    caus_shift *shifts;         /* [variable_count] */
    caus_onset *onsets;         /* [variable_count] */
    size_t onset_row; /* the rows from here on are what is explained */
    caus_onset onset; /* of the incident, at or a little before that row */
    double alarm;     /* the anomaly score over its threshold; NaN */
    double alone;     /* the same of the loudest bad variable; NaN */
    double departure; /* the largest of any variable that tells of trouble, a
                         normal deviate; NaN = too few rows */
    double
        departure_beyond;  /* the same against the largest in healthy windows */
    double departure_over; /* that, as if its onset had been known */
    double logs_over, silence_over; /* the same of log lines and of absence;
                                       NaN */
    double beyond;    /* all kinds of evidence together; NaN = none is known */
    double incident;  /* how likely it is that anything happened, before it is
                         known how often incidents are */
    double explained; /* share of what is loud that the first suspect can have
                         moved; NaN = no calls are known */
    double unfelt;    /* share of its score that is of what is inside it, which
                         nobody feels; NaN = nobody is suspected */
    double untold;    /* share of its score that may be a callee's of which
                         nothing is measured */
    double *unheeded_s; /* [service_count] for how long what it shows outside
                           was there before anybody felt anything */
    bool has_anomalies;
    const double **later; /* [variable_count] of caus_detect_rows */
    caus_anomalies anomalies;
    size_t symptom;             /* variable; SIZE_MAX */
    size_t symptom_service;     /* where the chain ends; SIZE_MAX */
    size_t *ranked;             /* [service_count] services, likeliest first */
    size_t *rank_of;            /* [service_count] */
    double *order;              /* [service_count] the context's */
    double *silent;             /* [service_count] the context's */
    double *asked;              /* [service_count] the context's */
    const double *strays;       /* [service_count] of how many others memory
                                   moved for another reason */
    size_t *fronts;             /* [service_count] the context's */
    double *ends;               /* [service_count] the context's */
    caus_guesses *guesses;      /* [service_count] the context's */
    caus_onset *service_onsets; /* [service_count] */
    double *change_fit;         /* [service_count] the context's */
    const caus_change_group *groups; /* [group_count] of changes */
    size_t group_count;
    caus_suspect *suspects; /* [service_count] by rank */
    caus_clue *clues;       /* [variable_count] by rank */
    caus_hop **chains;      /* [service_count] of suspects; NULL = none */
    caus_reach *reach;      /* [reach_count] of the first suspect */
    size_t reach_count;
    const size_t *reach_via; /* [service_count] the way from it */
    bool has_learned;
    caus_incident learned; /* of the services on the way */
    const char *hidden_cause;
} caus_case;

/* Sets what does not depend on the onset: who there is, the rows in order, the
 * symptom that was named. */
caus_status caus_case_open(caus_case *about, caus_error *err);

/*
 * The calls of which latencies, failures and counts tell that are named after a
 * callee of their service: "cart_cluster_upstream_rq_time{cluster="pay"}" tells
 * of the way from cart to pay, not of what callers of cart get, and what counts
 * these not of how often cart is called.
 * Sets the scene's `toward`.
 */
caus_status caus_toward_find(const caus_series *series, caus_arena *out,
                             caus_scene *scene, caus_error *err);

/* Who has not taken the messages that a variable of service `own` tells to be
 * waiting: the group of readers that its name tells, if it is a service, as a
 * broker measures for all of them. */
size_t caus_toward_reader(const caus_scene *scene, const char *name,
                          size_t own);

/*
 * Adds the calls between services of a call graph that it lacks and a caller
 * measures by its callee's name: "cart_http_client_errors{server="pay"}". Where
 * the graph tells that it is the other way round, that counts.
 */
caus_status caus_toward_join(const caus_series *series, caus_topology *calls,
                             caus_arena *out, caus_error *err);

/*
 * Takes settings for what they are: changes where they step, and no clues. Sets
 * `changes` and `is_setting`, and leaves those variables without values.
 *
 *   about  with its scene and timeline, which is not sorted yet
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(names + rows of settings).
 */
caus_status caus_settings_take_out(caus_case *about, caus_error *err);

/* The symptom that was named. */
caus_status caus_symptom_find(caus_case *about, caus_error *err);
/* The variable that speaks loudest of what users see, else of all services. */
size_t caus_symptom_choose(const caus_case *about);
/* Of one that was chosen and moved no further than by chance: the loudest of
 * the first suspect and whom it reaches, where it does not reach that one. The
 * ranking stays. */
caus_status caus_symptom_retell(caus_case *about, caus_error *err);

/* From there to an explanation. What the case was opened with is not changed: a
 * copy of it can be explained before it. */
caus_status caus_case_explain(caus_case *about, caus_explanation *result,
                              caus_error *err);

/* Rows in which the symptom that somebody named stands out by itself. */
typedef struct caus_breach {
    bool found;
    size_t near_row;  /* as long before it as it lasts: the incident began here
                         or later */
    size_t last_row;  /* of it */
    size_t until_row; /* as long behind it, or the last that there is */
} caus_breach;

/* Rows of the first environment, where there are two: they are not in question.
 */
size_t caus_case_baseline_rows(const caus_case *about);

/*
 * The latest of them that goes on in the rows in question, if it lasts for a
 * quarter of the rows since it began.
 *
 *   about  opened, with such a symptom
 */
caus_status caus_breach_find(const caus_case *about, caus_breach *result,
                             caus_error *err);

/*
 * Explains the rows that stand out or, where nothing is found from there on,
 * what leaves its habit; behind the last normal trace, if traces tell. Of a
 * symptom that somebody named first those of what its service calls, also
 * through others.
 *
 *   about  not opened
 */
caus_status caus_case_search(caus_case *about, caus_explanation *result,
                             caus_error *err);

/* The rows that stand out of all, with an onset that can be explained, as
 * caus_incident_find() has them. */
caus_status caus_case_find_extent(const caus_case *about, caus_extent *result,
                                  caus_error *err);
/*
 * Looks for anomalies.
 *
 *   onset_row  as given, or SIZE_MAX
 *   done       false when there are too few rows to say anything
 */
caus_status caus_case_detect(caus_case *about, size_t onset_row,
                             caus_anomalies *result, bool *done,
                             caus_error *err);
/*
 * The onset of the incident, or of the variable that stands out alone; not
 * found when nothing stands out. Sets `alarm` and `alone`: of what moved the
 * bad way, since the row `given` where it is not SIZE_MAX.
 */
caus_status caus_case_find_onset(caus_case *about, const caus_anomalies *found,
                                 size_t given, caus_onset *result,
                                 caus_error *err);
/*
 * The onset where no detector names one: the row that parts most clearly what
 * is measured and logged.
 *
 *   detected  a detector has dated what moved; else the step of the rows does
 */
caus_status caus_case_split(caus_case *about, bool detected,
                            size_t least_before, caus_onset *result,
                            caus_error *err);
/*
 * Sets `onset_row` to the row near an onset that was found from which on the
 * symptom is furthest off, or what users see: where a baseline is joined to an
 * incident of another time, something moved at the joint, and rows in which
 * nobody noticed anything hide a short incident.
 */
caus_status caus_case_await_users(caus_case *about, caus_error *err);
/* Fills the onsets of variables and services and the order of these. */
void caus_case_use_onsets(caus_case *about, const double *clues);

/* Whether the symptom is back at its habit. */
caus_status caus_case_find_end(const caus_case *about, caus_ending *result,
                               caus_error *err);

enum { CAUS_MOST_WINDOWS = 12 };

/*
 * Windows of `width` rows, spread evenly over rows [from, to), which are at
 * least as many, and overlapping by no more than about half.
 *
 *   starts  [CAUS_MOST_WINDOWS] set to the first row of each
 *
 * Returns how many there are, at least one.
 */
size_t caus_windows_spread(size_t from, size_t to, size_t width,
                           size_t *starts);

/* What windows of the healthy rows show. */
typedef struct caus_placebo {
    size_t count;
    bool *is_left_out;    /* [count] looks like an earlier incident */
    double *clues;        /* [count × variable_count] */
    double *silent;       /* [count × service_count] */
    double *asked;        /* [count × service_count] */
    const size_t *starts; /* [count] first row of each */
    const size_t *ends;   /* [count] beyond its last */
    caus_log_clues *logs; /* [count]; NULL = none */
    double strength; /* of the first score over the largest in them; NaN = too
                        few windows */
} caus_placebo;

/*
 * Leaves out windows in which much departs at once by far: an earlier incident,
 * which is no habit.
 *
 *   clues        [count × width] of each window; count ≤ CAUS_MOST_WINDOWS
 *   most         so many at most
 *   is_left_out  [count] false before
 */
void caus_placebo_leave_out(const double *clues, size_t count, size_t width,
                            size_t most, bool *is_left_out);

caus_status caus_placebo_init(const caus_case *about, caus_placebo *result,
                              caus_error *err);
/* The clues of the incident, less what is usual for each variable; those of
 * log lines and of silence likewise. */
caus_status caus_placebo_reduce(caus_case *about, const caus_placebo *placebo,
                                double *clues, caus_error *err);
/* Raises `alone` to how far a clue is beyond the largest of healthy windows
 * [count], where there is an alarm. */
void caus_case_stand_alone(caus_case *about, const double *windows,
                           size_t count, double most);
/* Sets `strength` once the services are scored. */
caus_status caus_placebo_measure(const caus_case *about, caus_placebo *placebo,
                                 caus_error *err);

/* The variable of a service that measures what another does and has a shift, or
 * SIZE_MAX. */
size_t caus_case_find_alike(const caus_case *about, size_t service,
                            size_t like);
/* The first variable of a service that counts its requests, or SIZE_MAX. */
size_t caus_case_find_load(const caus_case *about, size_t service);
/* What counts the requests of a service as `like` does another's, else what
 * counts them otherwise, where each is held against its own habit; SIZE_MAX =
 * nothing. */
size_t caus_case_find_requests(const caus_case *about, size_t service,
                               size_t like);
/* Lessens clues of services that healthy rows hardly ever call: they have no
 * habit, and that they are called is their callers' doing. */
caus_status caus_impact_weigh_new_calls(const caus_case *about, double *clues,
                                        caus_error *err);
/* Lessens clues of failures that are too few to be the symptom's. */
void caus_impact_weigh(const caus_case *about, double *clues);
/*
 * Fills `fronts`: a load balancer that nobody traced calls nobody, shows the
 * latency of the service behind it and changes by as much as that.
 */
caus_status caus_impact_find_fronts(caus_case *about, const double *clues,
                                    caus_error *err);

/* Fills `strays` from the shifts, and lessens clues of memory by them: of as
 * many services one can be the incident's. */
caus_status caus_strays_weigh(caus_case *about, double *clues, caus_error *err);
/* How likely the first suspect, ranked, is one of those whose memory moved for
 * another reason: so many others' did, and as much of its score is what its
 * memory tells. */
double caus_strays_share(const caus_case *about);
/* That; "" = it is little, NULL = no memory. */
const char *caus_strays_say(const caus_case *about);

/* Makes latency and failures quieter that were there before anybody felt
 * anything, once the clues are known; fills `unheeded_s`. */
caus_status caus_felt_weigh(caus_case *about, double *clues, caus_error *err);

/* Raises clues and shifts of callees to what they are in the rows in which
 * their callers are off, where that is no chance. */
caus_status caus_alongside_raise(caus_case *about, double *clues,
                                 caus_error *err);

/* Usual requests of a callee for one of its caller's: more calls than usual are
 * the caller's doing. Those that others make count as if this caller made them;
 * NaN = not counted of both. */
double caus_carried_rate(const caus_case *about, size_t caller, size_t callee);
/* What of a change of a callee's variable arrives in variable `own` of a caller
 * at such a rate; infinite where both do not measure the same, in shares of the
 * same whole, or no rate is known. */
double caus_carried_of(const caus_case *about, size_t own, size_t other,
                       double rate, double change);
/* The largest clues of latency and errors that calls at such a rate can be to
 * the caller; infinite where that is not measured of both. */
void caus_carried_most(const caus_case *about, size_t caller, size_t callee,
                       double rate, caus_outside most);
/* Fills the context's `carried` from the shifts. */
caus_status caus_carried_find(caus_case *about, caus_error *err);
/* Fills its `call_share` and `again` from the shifts. */
caus_status caus_call_time_find(caus_case *about, caus_error *err);
/* Fills its `guesses` instead, where no call graph is known; clues tell who
 * moved. */
caus_status caus_guesses_find(caus_case *about, const double *clues,
                              caus_error *err);

/* Fills `ranked`, `rank_of` and `suspects` once the services are scored. */
caus_status caus_suspects_rank(caus_case *about, caus_error *err);
/* Fills `clues` then, and those of each suspect. */
caus_status caus_clues_rank(caus_case *about, caus_error *err);
/* The loudest variable of a suspect whose aspect fits, then; of any where
 * `fits` is NULL. SIZE_MAX = none moved. */
size_t caus_clues_loudest(const caus_case *about, size_t rank,
                          bool (*fits)(caus_aspect aspect));

/* Fills the context's `covered` from the scores without it. */
caus_status caus_coverage_find(caus_case *about, caus_error *err);

/* What tells how sure an answer is; free of units. */
typedef enum caus_sign {
    CAUS_SIGN_ONE,
    CAUS_SIGN_BEYOND,    /* what variables, traces, log lines and absence show
                            over healthy windows, a normal deviate */
    CAUS_SIGN_ALONE,     /* log of the loudest bad variable, or log lines, over
                            the threshold */
    CAUS_SIGN_SHARE,     /* log of the share of the first score in all */
    CAUS_SIGN_LEAD,      /* (first − second) / first */
    CAUS_SIGN_BLIND,     /* share that no call graph vouches for */
    CAUS_SIGN_EXPLAINED, /* log of the share of what is loud that the first can
                            have moved */
    CAUS_SIGN_CLEAR,     /* share of its loudest term in the first score */
    CAUS_SIGN_AGREED,    /* share of terms that are largest in the first, each
                            as loud as it is anywhere */
    CAUS_SIGN_UNFELT,    /* share of what is inside the first, felt by nobody,
                            in its score */
    CAUS_SIGN_UNTOLD,    /* share of its score that may be a callee's of which
                            nothing is measured */
    CAUS_SIGN_ELSEWHERE, /* what moved inside another service, of that score */
    CAUS_SIGN_COUNT
} caus_sign;

/* Confidence of every suspect; sets `incident` and `explained`. */
caus_status caus_confidence_fill(caus_case *about, double *confidence,
                                 caus_error *err);

/* Sets `departure` and `departure_beyond` once the shifts are measured. */
caus_status caus_departure_find(caus_case *about, caus_error *err);
/* A deviate less what looking for the onset makes of any: NaN stays NaN. */
double caus_departure_sought(const caus_case *about, double deviate);

/* The first row behind the last normal trace before those of the incident,
 * which began no sooner than that; 0 = nobody told phases, or too few rows lie
 * on one side. */
size_t caus_case_row_behind_normal(const caus_case *about);

/* Sets `spans`: as given, or cut at the onset if all are of one phase. */
caus_status caus_case_take_spans(caus_case *about, caus_error *err);

/* The traces that begin until then. */
caus_status caus_spans_until(const caus_spans *spans, int64_t last_ns,
                             caus_arena *out, const caus_spans **result,
                             caus_error *err);

/* Those of the normal phase, every n-th where they have more than about
 * `most` spans. */
caus_status caus_spans_normal(const caus_spans *spans, size_t most,
                              caus_arena *out, caus_spans *result,
                              caus_error *err);

/* Windows of healthy traces, held against all other healthy ones. */
typedef struct caus_trace_windows {
    caus_spans spans;                 /* healthy ones */
    size_t width;                     /* traces of a window */
    size_t count;                     /* 0 = there are too few traces */
    size_t starts[CAUS_MOST_WINDOWS]; /* first trace of each */
    caus_trace_evidence evidence[CAUS_MOST_WINDOWS];
    double chance; /* surprises of less are what healthy windows show */
} caus_trace_windows;

caus_status caus_trace_windows_find(const caus_spans *spans,
                                    const caus_run *run, caus_arena *out,
                                    caus_trace_windows *result,
                                    caus_error *err);
/* The shift of a median in deviations, times the root of the traces behind it:
 * spans of one trace are slow together. */
double caus_trace_surprise(const caus_trace_evidence *evidence,
                           const caus_trace_finding *found);

/* How well changes of each service fit the onset, once that is placed. */
caus_status caus_changes_weigh(caus_case *about, caus_error *err);
/* Whether one came so shortly before it that people would look there. */
bool caus_changed_shortly_before(const caus_case *about, size_t service);
/* Ranks the changes once the services have their confidence. */
caus_status caus_changes_rank(caus_case *about, caus_explanation *result,
                              caus_error *err);
/* Findings and sentences of the suspects; the words of the whole. */
caus_status caus_words_fill(caus_case *about, const caus_placebo *placebo,
                            caus_explanation *result, caus_error *err);

#endif
