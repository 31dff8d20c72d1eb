/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Root causes: which service, metric or change an incident started from, how it
 * reached the symptom, and how sure that is.
 */
#ifndef CAUS_ROOTCAUSE_H
#define CAUS_ROOTCAUSE_H

#include "anomaly.h"
#include "changes.h"
#include "events.h"
#include "logs.h"
#include "time_of_day.h"
#include "trace_evidence.h"

CAUS_API_BEGIN

typedef enum caus_verdict {
    CAUS_VERDICT_CAUSE,       /* the first service is the likely cause */
    CAUS_VERDICT_NO_ANOMALY,  /* nothing beyond what healthy rows do too */
    CAUS_VERDICT_INSUFFICIENT /* something broke; what began it is not clear */
} caus_verdict;

/* "cause", "no_anomaly", "insufficient". */
const char *caus_verdict_name(caus_verdict verdict);

/* What a score is made of; docs/methods/root-cause-rules.md has the rules. */
typedef enum caus_term {
    CAUS_TERM_CHANGE,   /* someone changed it shortly before the onset */
    CAUS_TERM_TRACES,   /* its spans take longer by themselves, or calls to it
                           take longer on the way */
    CAUS_TERM_CALLS,    /* failures of traces begin in it, or its calls are
                           missing, new or more than its requests make */
    CAUS_TERM_INTERNAL, /* processor, memory, disk: what is inside it */
    CAUS_TERM_EXTERNAL, /* latency and errors that no callee explains */
    CAUS_TERM_WAY,      /* what all its callers show and nothing explains: the
                           way to it */
    CAUS_TERM_BOTH,     /* inside and outside at once: a victim has only the
                           outside */
    CAUS_TERM_ORDER,    /* it moved before the others */
    CAUS_TERM_LOGS,     /* lines in its log, or about it, that were not there
                           before or fewer */
    CAUS_TERM_COUNT
} caus_term;

/* "change", "traces", "calls", "internal", "external", "way", "both", "order",
 * "logs". */
const char *caus_term_name(caus_term term);

typedef struct caus_explain_options {
    const caus_topology *topology; /* who calls whom; NULL = as in the spans */
    const caus_spans *spans;       /* NULL = none; all of one phase: those from
                                      the onset on are taken as the incident's;
                                      of both: without an onset or a time near
                                      it, it is looked for behind the last normal
                                      trace before those of the incident */
    const caus_changes *changes;   /* what people changed; NULL = not known */
    const caus_logs *logs;         /* lines of before and after; NULL = none */
    const char *symptom; /* the variable that breached: where it stands out the
                            incident is looked for first; NULL = the most
                            anomalous that users see */
    bool has_onset;
    int64_t onset_ns; /* when it began or, up to as many rows later as there are
                         since, was noticed; else it is looked for */
    bool has_near;    /* without an onset: someone saw it at near_ns. It is
                         looked for from so long before to so long after that
                         first, and elsewhere only if nothing is found there */
    int64_t near_ns, near_before_ns, near_after_ns; /* both lengths ≥ 0 */
} caus_explain_options;

/* No topology, spans, changes, logs, symptom, onset or time near it. */
caus_explain_options caus_explain_options_default(void);

typedef enum caus_check_state {
    CAUS_STATE_UNTESTED,
    CAUS_STATE_FAILED,
    CAUS_STATE_PASSED
} caus_check_state;

/* Something that would be so if the answer were right. */
typedef struct caus_finding {
    caus_check_state state;
    const char *text;  /* what would be so */
    const char *found; /* what is so instead, where the check failed; NULL */
} caus_finding;

/* What a check tells people: what was found instead, or what would be so. */
static inline const char *caus_finding_told(const caus_finding *finding)
{
    return finding->state == CAUS_STATE_FAILED && finding->found
               ? finding->found
               : finding->text;
}

/* From one service to the next on the way to the symptom. */
typedef struct caus_hop {
    size_t from, to;  /* suspects, by rank − 1 */
    bool has_lag;     /* onsets of both ends are known */
    double lag_s;     /* onset of `to` − onset of `from` */
    double lag_low_s; /* the interval of it, with what scrapes blur: below 0 as
                         a whole it contradicts the hop */
    double lag_high_s;
    bool has_link;    /* of the services on the way alone a link was learned */
    double delay_s;   /* usual in healthy rows, 0 = within a step; NaN = no link
                         was learned */
    size_t variable;  /* what moved at `to`; SIZE_MAX = nothing measured */
    double effect;    /* its change, in its unit; NaN */
    const char *word; /* "moved with", "preceded", "drives" or "caused"; NULL =
                         nothing measured of one end moved: none is earned */
    const char *unearned; /* that, as a sentence; NULL = there is a word */
    const caus_finding *checks; /* what earns the word */
    size_t check_count;
    const char *disproof; /* what to look at that could refute the hop */
    const char *query;    /* whose answer would; NULL = no variable has one */
    const char *query_source; /* "prometheus" (PromQL), "clickhouse" (SQL) */
    const char *const *exemplars; /* ids of the incident's slowest traces over
                                     the call; else of traces that show `from`
                                     */
    size_t exemplar_count;
} caus_hop;

/* A variable as evidence. */
typedef struct caus_clue {
    size_t variable; /* of the series */
    size_t suspect;  /* by rank − 1; SIZE_MAX = of no candidate */
    double score;    /* ≥ 0, in the unit of the services' scores */
    double before;   /* median of the healthy rows; NaN = none. Of failures that
                        come and go both are means */
    double after;    /* median from the onset on; NaN = none */
    double size;     /* signed change in robust deviations; NaN = not scored */
    caus_onset onset;
} caus_clue;

/* A part of the symptom's change that began in a service. */
typedef struct caus_share {
    bool known;       /* there is a call graph, and the symptom moved */
    double value;     /* in [0, 1]; all shares add up to 1 */
    double low, high; /* 95 % interval: block bootstrap, unsure slopes */
} caus_share;

/* What traces show of a service, the strongest of a kind. */
typedef struct caus_trace_fact {
    caus_evidence evidence;
    const char *sentence;
    double before, after; /* seconds, shares or calls: see caus_evidence */
    double q_value;
    const char *const *exemplars; /* trace ids */
    size_t exemplar_count;
} caus_trace_fact;

/* Lines of one template in a service's log. */
typedef struct caus_log_fact {
    const char *text; /* of the template */
    caus_severity severity;
    bool is_new;                  /* none before the onset */
    size_t before;                /* lines before the onset */
    size_t after;                 /* from the onset on */
    double expected;              /* from the onset on, at the rate before */
    double size;                  /* beyond it, in deviations */
    int64_t first_ns;             /* from the onset on */
    const char *const *exemplars; /* trace ids */
    size_t exemplar_count;
    const char *sentence;
} caus_log_fact;

/* A service as a candidate. */
typedef struct caus_suspect {
    const char *service;
    bool
        observer; /* only looks at others (an SLO): no candidate, ranked last */
    double score;
    double confidence;             /* that the incident began here, in [0, 1] */
    double terms[CAUS_TERM_COUNT]; /* they add up to the score */
    size_t
        rank_without[CAUS_TERM_COUNT]; /* with the term left out; 1 = first */
    caus_share share;                  /* of the symptom's change */
    caus_onset onset;                  /* of its earliest bad variable */
    const size_t *clues;               /* [clue_count] by score */
    size_t clue_count;
    const caus_hop *chain; /* to the symptom's service; empty = no path or
                              no anomaly */
    size_t hop_count;
    const char *const *exemplars; /* ids of traces that show it */
    size_t exemplar_count;
    const caus_trace_fact *trace_facts; /* by kind */
    size_t trace_fact_count;
    const caus_log_fact *log_facts; /* the largest first */
    size_t log_fact_count;
    const caus_finding *findings;
    size_t finding_count;
    const char *sentence;
} caus_suspect;

/* Changes of one service and kind close to one another, as a candidate. */
typedef struct caus_culprit_change {
    size_t group; /* of caus_changes_near() at the onset */
    const char *service;
    const char *kind;
    size_t count;    /* how many they are */
    const char *ref; /* of the last that is not after the onset, else of the
                        first */
    const char *text;
    int64_t time_ns;
    double confidence;      /* that it is what began the incident */
    bool indistinguishable; /* others fit about as well */
    const char *sentence;
} caus_culprit_change;

/* A service that the cause can reach. */
typedef struct caus_reach {
    size_t suspect;   /* by rank − 1 */
    size_t distance;  /* calls away */
    bool moved;       /* it shows already */
    bool has_lag;     /* so, and both onsets are known */
    double lag_s;     /* its onset − the cause's */
    double lag_low_s; /* as of a hop */
    double lag_high_s;
    double expected_s; /* sum of the usual delays on the way; NaN = unknown */
} caus_reach;

/* Whether it is over, by the symptom: back near its habit, to the last row. */
typedef struct caus_ending {
    bool known;      /* a symptom moved */
    bool is_over;    /* within the rows */
    size_t row;      /* the first row after it; all rows if it goes on */
    int64_t time_ns; /* grid time of its last row, or of the last there is */
} caus_ending;

/* Where the onset was looked for. */
typedef enum caus_sought {
    CAUS_SOUGHT_EVERYWHERE, /* or it was given */
    CAUS_SOUGHT_NEAR,       /* the time that was told: something is there */
    CAUS_SOUGHT_ELSEWHERE   /* too: nothing was found near that time */
} caus_sought;

typedef struct caus_explanation {
    caus_verdict verdict;
    const char *summary; /* a sentence for a tired person */
    size_t symptom;      /* a variable; SIZE_MAX = none moved */
    bool symptom_chosen; /* not given */
    bool onset_given;
    caus_sought sought;
    caus_onset onset; /* of one that was given the row at which the incident had
                         begun; the one given ends its interval. Not `found`
                         where too few rows left none to look for: what is from
                         its row on was compared all the same */
    caus_ending ending;
    int64_t last_ns; /* of the last row that was compared: near a time that was
                        told there may be later ones, of which only the end of
                        the incident is told */
    size_t rows_before, rows_after; /* of those with any value */
    double strength; /* of the largest score by variables and log lines alone
                        over the largest in placebo windows of the healthy
                        rows; NaN = too few rows for them */
    size_t placebo_count;
    bool has_calls;   /* it is known who calls whom */
    bool has_traces;  /* spans of before and after took part */
    bool has_logs;    /* log lines likewise */
    bool has_changes; /* what people changed was told, be it nothing */
    double usual_s;   /* usual delays of calls were looked for up to here; NaN
                         = none were */
    double alarm; /* the anomaly score over its threshold (anomaly.h); NaN */
    double alone; /* the same of the variable that moved the bad way by most, or
                     of log lines, over those of placebo windows; NaN */
    double departure; /* how far the variable that left its habit by most is
                         off, in what it does in healthy windows: a normal
                         deviate; NaN = too few rows */
    double departure_beyond; /* how far that is beyond the largest of any
                                variable in those windows; NaN */
    double beyond;    /* the same of all evidence together: of variables, and of
                         what traces lose and fail, log lines and absence show
                         beyond healthy windows; NaN = there are none */
    double explained; /* share of what is loud, by squares, that is the first's
                         own or its callers'; NaN = no calls are known */
    double unfelt;    /* share of the first score that is of what moved inside
                         that service, while no latency or errors, its own, its
                         callers' or what users see, tell of it; NaN = nobody is
                         suspected */
    double untold;    /* share of the first score that is of latency and errors
                         of a service whose insides are measured and quiet, while
                         nobody measures how one that it calls answers: it may be
                         that one's; NaN = nobody is suspected */
    size_t suspect_count;
    const caus_suspect *suspects; /* every service once, first = likeliest */
    size_t clue_count;
    const caus_clue *clues;        /* every variable once, first = likeliest */
    const caus_time_of_day *usual; /* [clue_count] by variable; NULL = none
                                      follows the time of day */
    const caus_changes *known_changes; /* that were told, and settings that
                                          stepped; NULL = neither */
    size_t change_count;
    const caus_culprit_change *changes; /* of these near the onset, likeliest
                                           first */
    const char *doubt;        /* what keeps the first from being named: a clause
                                 per step that failed; NULL unless the verdict
                                 is "insufficient" */
    const char *runner_up;    /* what sets the second apart; NULL = no second */
    const char *hidden_cause; /* three services or more that do not call one
                                 another broke at once; NULL = no */
    size_t reach_count;
    const caus_reach *reach; /* of the first suspect, nearest first */
    size_t missing_count;
    const char *const *missing; /* what would have helped */
    size_t warning_count;
    const char *const *warnings;
} caus_explanation;

/*
 * Explains an incident.
 *
 * The rows before the onset are taken as healthy. Services are ranked by the
 * sum of their terms; what is found in as many placebo windows of the healthy
 * rows as fit says how large a score chance makes. Whether anything happened
 * (by how far variables depart from their habit) and whether the first is right
 * (by its score over chance's, its lead, the kinds of evidence) are logistic
 * functions, fitted on simulated and recorded incidents
 * (docs/methods/root-cause-confidence.md). Shares, words and links between
 * services follow the ranking and change nothing in it; the run's seed is that
 * of the shares' bootstrap. Variables that are settings by name and behaviour
 * count as changes where they step, whether others are told or not, and are no
 * clues.
 *
 *   series   raw, all environments in one stretch of time; a variable's service
 *            is `variable.service`. Values that are told several times go
 *            through caus_series_thin() first, as one would count as several
 *   options  NULL = default
 *   result   lives in `out`, which also must keep `series`, names and spans
 *
 * With `has_near` no row counts that is later than asked for, nor by more
 * behind `near_ns` than the onset is before: what was over soon hides among
 * them. What was over by then is left out, with its rows, if anything is found
 * behind it. At least half the rows are taken as normal. What was searched near
 * that time in vain counts where the answer comes from elsewhere.
 *
 * With a symptom, but neither an onset nor a time, the incident is looked for
 * first in the rows in which the symptom stands out by itself and those near
 * before them, and in the variables of what its service calls, also through
 * others, first. Where it stands out, what others do at another time is none.
 *
 * Assumes one cause, in a service that is measured or called, and an incident
 * of at least a quarter of the rows after the onset. Where an onset is not
 * given and the rows are too few to look for one, the verdict is
 * "insufficient". Fails with CAUS_ERR_INVALID_ARGUMENT (no such symptom:
 * nearest names are given; the onset is outside the rows, or no row is before
 * or after it; no time column), CAUS_ERR_TOO_FEW_SAMPLES (under two rows),
 * …_CANCELLED, …_TIME_LIMIT, …_OUT_OF_MEMORY, …_LIMIT. Cost O(variables · rows
 * · log rows + spans · log spans + services · (services + calls)).
 */
caus_status caus_explain(const caus_series *series,
                         const caus_explain_options *options,
                         const caus_run *run, caus_arena *out,
                         caus_explanation *result, caus_error *err);

CAUS_API_END
#endif
