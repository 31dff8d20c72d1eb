/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The constants of the ranking, the same for every system. bench/rca/fit.py
 * fits the weights of terms and of signs to simulated and recorded incidents;
 * docs/methods/root-cause-measured.md tells how they hold on systems left out,
 * and how the ranking fares without each term.
 */
#ifndef CAUS_SRC_ROOTCAUSE_WEIGHTS_H
#define CAUS_SRC_ROOTCAUSE_WEIGHTS_H

#include <math.h>

/* Clues are log(1 + size): ten deviations weigh 2.4, a hundred 4.6. */
static const double caus_weight_cpu = 1;
static const double caus_weight_memory = 1;
/* So much of it goes where nobody feels it. */
static const double caus_weight_unfelt = .5;
static const double caus_weight_resource = .3;
static const double caus_weight_network = .3;
/* Messages that wait for who works on none. */
static const double caus_weight_idle = 1;
/* What the symptom shows counts whole, the other kind of evidence less; without
 * a symptom both count half. */
static const double caus_weight_same = 1;
static const double caus_weight_other = .4;
static const double caus_weight_outside = .5;
/* A scale is no less than this share of the standard deviation, where few rows
 * are far off and quartiles tell nothing of them. */
static const double caus_deviation_share = .5;
/* Deviations from which on what is measured, or logged, is off its habit. */
static const double caus_off_size = 3;
/* A callee's anomaly explains this share of its caller's … */
static const double caus_explained_share = .7;
/* … from this clue on, as it is off there (log(1 + caus_off_size)), in
 * proportion below it. */
static const double caus_explained_clue = 1.386;

/* How surely what has such a clue is off its habit, in [0, 1]; less than 0 for
 * a clue that is less. */
static inline double caus_sureness(double clue)
{
    return fmin(1, clue / caus_explained_clue);
}

/* What a callee shows that is only guessed counts this much of it. */
static const double caus_guessed_share = .5;
/* What calls of a service gained explains what it gained up to so many times:
 * a request makes some calls, one after another. */
static const double caus_calls_a_request = 4;
/* Queues make more of little the more the wait grew: by this power of that. */
static const double caus_power_of_queues = 2;
/* What a service shows reaches users within so many seconds, in which queues
 * fill and calls time out; the likelihood that it takes longer falls as fast,
 * to this, as callers may have made up for it until they could no more. */
static const double caus_felt_within_s = 120;
static const double caus_weight_unheeded = .2;
/* No clue is larger: what is far off is far off. */
static const double caus_most_clue = 100;
/* A service whose failures are fewer than this share of the symptom's made not
 * all of them. */
static const double caus_enough_failures = .5;
/* Who is called this share as often as in the incident is hardly ever called.
 */
static const double caus_new_calls_share = .1;
/* Changes within this factor are the same. */
static const double caus_same_change = 2;
static const double caus_weight_both = .3;
static const double caus_weight_traces = 1;
/* What traces lose is a clue too: log 2 for a hundredth of what a normal trace
 * takes. From the first on it is worth telling (a tenth); own time of callees
 * explains their callers' in full from the second on. */
static const double caus_noted_loss = 2.4;
static const double caus_explained_loss = 2.5;
/* Latency that all callers of a service show and nothing else explains. */
static const double caus_weight_way = .5;
/* The same of a service whose latency and errors nobody measures: that it is
 * slow itself is nearly as likely as that its caller is. */
static const double caus_weight_unseen = .9;
/* Cohen's h of failures that begin in a service, or of calls missing below. */
static const double caus_weight_calls = 1;
/* Calls beyond what its own requests account for. */
static const double caus_weight_asking = 1;
/* A symptom that somebody named tells as much as this of its kind and place,
 * even if nothing is seen of it. */
static const double caus_named_trust = .7;
/* What nothing that is loud can come from costs this. */
static const double caus_weight_covered = .3;
/* A way from the symptom on which no service shows anything costs this. */
static const double caus_weight_path = .5;
/* Log lines: clues are log(1 + size) as well, by severity. */
static const double caus_weight_logs = 1;
static const double caus_weight_error_line = 1;
static const double caus_weight_warning_line = .3;
static const double caus_weight_untold_line = .5;
static const double caus_weight_info_line = .1;
/* What lines of its callers that name a service say of it. */
static const double caus_named_share = .5;
static const double caus_weight_order = 1.2;
static const double caus_weight_change = 1;
/* A service that the symptom's service does not call, nor through others. */
static const double caus_unreached_factor = .5;
/* Less is no change: of the level; of errors, where the level is none. */
static const double caus_least_share = .1;
static const double caus_least_error_share = .002;
/* Shares of requests that fail are held against this share of all at least. */
static const double caus_least_failing = .002;

/* Shares of time, of a processor or of pauses, against this much: nobody feels
 * less than a hundredth of what one thread has. */
static const double caus_least_time_share = .01;

/* Of a clue goes this share of the root mean square of those in healthy
 * windows; of log lines, of the largest. */
static const double caus_usual_share = .6;
/* The least that the first score is held against. */
static const double caus_least_placebo = .7;
/* Twice the requests (a logarithm) are what no service need have room for: at
 * half of its capacity one of two copies may be lost. */
static const double caus_full_at = .693;

/* So much differs from window to window where nothing is known of them, of
 * clues of traces and log lines: one deviation, or a hundredth of what a normal
 * trace takes; and of Cohen's h, in which he calls it a small effect. */
static const double caus_chance_clue = .693;
static const double caus_small_effect = .2;
/* That is worth so many windows. */
static const double caus_prior_windows = 8;
/* What tells neither: a departure over healthy windows'; a detector that had
 * too few rows, as the log of its score over the threshold. */
static const double caus_neutral_beyond = 1.6;
static const double caus_neutral_alone = -.4;

/* Log-odds that anything happened at all, healthy windows being one and a half
 * times as frequent as incidents, by the signs of confidence.c; made by
 * bench/rca/fit.py. */
static const double caus_incident_weights[] = {-2.10, 1.66, .45, 0,    0, 0,
                                               0,     0,    0,   -.51, 0, 0};
/* Log-odds that the first is right if something did. */
static const double caus_right_weights[] = {.18,  0,    0,    1.21, 1.98, -1.40,
                                            1.23, 1.06, 1.31, 0,    -.80, -.91};
/* Odds of the first against the second are at most this power of the ratio of
 * their scores. */
static const double caus_power_of_lead = 4;
/* Of the confidence, where it may as well be a service that stopped, or that
 * nobody measures. */
static const double caus_share_of_either = .5;
/* From the first on something happened; from the second on, and a confidence of
 * the third, a cause is named. Healthy windows of the fit pass the first in 5
 * %, all of them in 2 %, every kind of system counting the same. */
static const double caus_moved_incident = .5;
static const double caus_named_incident = .78;
static const double caus_named_confidence = .5;
/* A strength above it is beyond chance. */
static const double caus_named_strength = 1;

#endif
