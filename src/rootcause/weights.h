/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The constants of the ranking. They were chosen once, on recorded incidents of
 * three systems, and are the same for every system; docs/methods/root-cause.md
 * tells how, and how the ranking fares without each term.
 */
#ifndef CAUS_SRC_ROOTCAUSE_WEIGHTS_H
#define CAUS_SRC_ROOTCAUSE_WEIGHTS_H

/* Clues are log(1 + size): ten deviations weigh 2.4, a hundred 4.6. */
static const double caus_weight_cpu = 1;
static const double caus_weight_memory = 1;
static const double caus_weight_resource = .3;
static const double caus_weight_network = .3;
/* What the symptom shows counts whole, the other kind of evidence less; without
 * a symptom both count half. */
static const double caus_weight_same = 1;
static const double caus_weight_other = .3;
static const double caus_weight_outside = .5;
/* A callee's anomaly explains this share of its caller's … */
static const double caus_explained_share = .7;
/* … from this clue on (three deviations), in proportion below it. */
static const double caus_explained_clue = 1.386;
/* How well a callee's errors explain latency, and the other way round. */
static const double caus_explained_across = 1;
/* No clue is larger: what is far off is far off. */
static const double caus_most_clue = 100;
static const double caus_weight_both = .5;
static const double caus_weight_traces = 6;
static const double caus_weight_order = .4;
static const double caus_weight_change = 1;
/* A service that the symptom's service does not call, nor through others. */
static const double caus_unreached_factor = .3;
/* Less is no change: of the level; of errors, where the level is none. */
static const double caus_least_share = .1;
static const double caus_least_error_share = .002;

/* Of a clue goes this share of the largest in healthy windows. */
static const double caus_usual_share = .6;
/* The least that the first score is held against. */
static const double caus_least_placebo = .7;
/*
 * Log-odds that the first is right: logistic regression over incidents and
 * healthy blocks of three systems and of simulated ones, each system weighing
 * the same; docs/methods/root-cause.md tells how it held on systems left out.
 */
static const double caus_confidence_base = -2.14;
static const double caus_confidence_strength = 1.58; /* of its logarithm */
static const double caus_confidence_alarm = .98;     /* of its logarithm */
static const double caus_confidence_lead = .5; /* (first − second) / first */
static const double caus_confidence_traces =
    8.06; /* share and weight of them */
static const double caus_confidence_blind = -1.35; /* share of what no call
                                                   graph vouches for */
static const double caus_confidence_found = -1.22; /* the onset was not given */
/* Where the anomaly detector says nothing. */
static const double caus_alarm_unknown = .3;
/* From here on a cause is named; below the second nothing has happened. */
static const double caus_named_confidence = .5;
static const double caus_moved_confidence = .2;
/* A strength above it is beyond chance. */
static const double caus_named_strength = 1;

#endif
