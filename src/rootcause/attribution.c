/* SPDX-License-Identifier: Apache-2.0 */
/* Shares of the symptom's change. docs/design/0029-chain-words.md */
#include <math.h>
#include <string.h>

#include "numeric/cholesky.h"
#include "numeric/order.h"
#include "rootcause/attribution.h"
#include "rootcause/telling.h"
#include "rootcause/weights.h"

enum { REPLICATES = 200 };

/* What callees and the inside explain together where no row has a say; slopes
 * differ from it, and far from the habit from those near it, by about the
 * second. */
static const double usual_slope = .7, slope_spread = .5;
/* How far a service moves by itself, as a level. */
static const double own_spread = 2;
/* Neighbouring rows of moving means tell as much as one. */
static const double rows_a_fact = 4;
static const double least_variance = 1e-6;
static const double most_level = 30; /* sinh of it is still a number */
static const double tail = .025;     /* of an interval, either side */

/* One fit: of the rows as they are, or of resampled ones. */
typedef struct fit {
    const caus_mechanism *mechanism;
    const caus_moments *moments;
    double *sums; /* [width × width] lower triangle */
    double level[CAUS_MOST_NODES];
    caus_random *random; /* NULL = no deviations are drawn */
} fit;

static double sum_of(const fit *made, size_t i, size_t j)
{
    size_t width = made->moments->width;
    return made->sums[i > j ? i * width + j : j * width + i];
}

/* Sum of products about the mean of either side of the onset. */
static double centred(const fit *made, size_t i, size_t j)
{
    double sum = sum_of(made, i, j);
    for (size_t phase = 0; phase < CAUS_PHASE_COUNT; phase++) {
        double rows = sum_of(made, phase, phase);
        if (rows > 0)
            sum -= sum_of(made, i, phase) * sum_of(made, j, phase) / rows;
    }
    return sum;
}

/* Slopes by ridge regression of a node on moving means of its parents, within
 * each side of the onset. */
static void fit_slopes(const fit *made, size_t node, double *slopes)
{
    const caus_mechanism *mechanism = made->mechanism;
    size_t count = mechanism->parent_count[node];
    const size_t *parents = mechanism->parents[node];
    double matrix[CAUS_MOST_NODES * CAUS_MOST_NODES];
    double inverse[CAUS_MOST_NODES * CAUS_MOST_NODES];
    double right[CAUS_MOST_NODES], half[CAUS_MOST_NODES];
    double rows = sum_of(made, 0, 0) + sum_of(made, 1, 1);
    double noise = fmax(centred(made, 2 + node, 2 + node) / fmax(rows, 1),
                        least_variance) *
                   rows_a_fact;
    double prior = 1 / (slope_spread * slope_spread);
    size_t means = 2 + mechanism->node_count;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i; j < count; j++)
            matrix[i * count + j] =
                centred(made, means + parents[i], means + parents[j]) / noise;
        matrix[i * count + i] += prior;
        right[i] = centred(made, means + parents[i], 2 + node) / noise +
                   prior * usual_slope / (double)count;
    }
    caus_cholesky_small(matrix, count, count, inverse, 0);
    for (size_t j = 0; j < count; j++) {
        half[j] = 0;
        for (size_t i = 0; i <= j; i++)
            half[j] += inverse[i * count + j] * right[i];
    }
    for (size_t i = 0; i < count; i++) {
        slopes[i] = 0;
        for (size_t j = i; j < count; j++)
            slopes[i] += inverse[i * count + j] * half[j];
    }
}

/*
 * Slopes at the incident's levels: normal deviations from those near the habit,
 * given the level that the node came to and that it moves by itself too. A draw
 * from what is then believed, where there is a random stream (Matheron's rule),
 * else the mean. Worse callees make no caller better, and explain no more than
 * it moved: all of it where the node only looks at others.
 */
static void reach_level(const fit *made, size_t node, double *slopes)
{
    size_t count = made->mechanism->parent_count[node];
    const size_t *parents = made->mechanism->parents[node];
    double spread = slope_spread * slope_spread;
    double left = made->level[node], variance = own_spread * own_spread;
    if (made->random)
        left -= own_spread * caus_random_normal(made->random);
    for (size_t i = 0; i < count; i++) {
        double level = made->level[parents[i]];
        if (made->random)
            slopes[i] += slope_spread * caus_random_normal(made->random);
        left -= slopes[i] * level;
        variance += spread * level * level;
    }
    double explained = 0;
    for (size_t i = 0; i < count; i++) {
        double level = made->level[parents[i]];
        slopes[i] = fmax(slopes[i] + spread * level * left / variance, 0);
        explained += slopes[i] * level;
    }
    const caus_mechanism *mechanism = made->mechanism;
    bool whole = mechanism->only_looks && node + 1 == mechanism->node_count;
    if (explained > made->level[node] || (whole && explained > 0)) {
        for (size_t i = 0; i < count; i++)
            slopes[i] *= made->level[node] / explained;
    }
}

/* What each node adds to the last one's level by itself. */
static void find_parts(const fit *made, double *parts)
{
    const caus_mechanism *mechanism = made->mechanism;
    double effect[CAUS_MOST_NODES] = {0}, slopes[CAUS_MOST_NODES] = {0};
    effect[mechanism->node_count - 1] = 1;
    for (size_t node = mechanism->node_count; node-- > 0;) {
        size_t count = mechanism->parent_count[node];
        const size_t *parents = mechanism->parents[node];
        double own = made->level[node];
        fit_slopes(made, node, slopes);
        reach_level(made, node, slopes);
        for (size_t i = 0; i < count; i++) {
            own -= slopes[i] * made->level[parents[i]];
            effect[parents[i]] += effect[node] * slopes[i];
        }
        parts[node] = effect[node] * fmax(own, 0); /* −0 is rounding */
    }
}

/* The services of the nodes, each once. */
typedef struct player_list {
    size_t count;
    size_t service[CAUS_MOST_NODES];
    size_t of_node[CAUS_MOST_NODES];
    caus_quadrature rule;
} player_list;

static void find_players(const caus_mechanism *mechanism, player_list *players)
{
    players->count = 0;
    for (size_t node = 0; node < mechanism->node_count; node++) {
        size_t at = 0;
        while (at < players->count &&
               players->service[at] != mechanism->service[node])
            at++;
        if (at == players->count)
            players->service[players->count++] = mechanism->service[node];
        players->of_node[node] = at;
    }
    caus_quadrature_init(&players->rule, (players->count + 1) / 2);
}

/* Shares of each player; false where the symptom did not get worse. */
static bool share_out(const fit *made, const player_list *players,
                      double *shares)
{
    double parts[CAUS_MOST_NODES] = {0}, summed[CAUS_MOST_NODES] = {0},
           total = 0;
    find_parts(made, parts);
    for (size_t node = 0; node < made->mechanism->node_count; node++)
        summed[players->of_node[node]] += parts[node];
    caus_shapley_sinh(&players->rule, summed, players->count, shares);
    for (size_t i = 0; i < players->count; i++)
        total += shares[i];
    for (size_t i = 0; i < players->count; i++)
        shares[i] /= total;
    return total > 0 && isfinite(total);
}

static void add_block(const fit *made, size_t block)
{
    size_t cells = made->moments->width * made->moments->width;
    const double *from = made->moments->blocks + block * cells;
    for (size_t i = 0; i < cells; i++)
        made->sums[i] += from[i];
}

/* Mean of a node after the onset less its mean before. */
static double mean_change(const fit *made, size_t node)
{
    double before = fmax(sum_of(made, 0, 0), 1);
    double after = fmax(sum_of(made, 1, 1), 1);
    return sum_of(made, 2 + node, 1) / after -
           sum_of(made, 2 + node, 0) / before;
}

static void sum_blocks(fit *made)
{
    const caus_moments *moments = made->moments;
    size_t before = moments->block_count[0], after = moments->block_count[1];
    memset(made->sums, 0, moments->width * moments->width * sizeof *made->sums);
    for (size_t i = 0; i < before + after; i++) {
        size_t block = i;
        if (made->random && i < before)
            block = caus_random_below(made->random, before);
        else if (made->random)
            block = before + caus_random_below(made->random, after);
        add_block(made, block);
    }
}

/* Levels move as the means of the resampled rows do. */
static void resample(fit *made, const double *usual)
{
    sum_blocks(made);
    for (size_t node = 0; node < made->mechanism->node_count; node++) {
        double level = fmin(made->mechanism->level[node], most_level);
        double moved = usual ? mean_change(made, node) - usual[node] : 0;
        made->level[node] = fmin(fmax(level + moved, 0), most_level);
    }
}

/* Fills `low` and `high` of the players from their replicates. */
static void take_intervals(const player_list *players, double *replicates,
                           size_t count, caus_share *shares)
{
    for (size_t i = 0; i < players->count; i++) {
        caus_share *share = &shares[players->service[i]];
        double *own = replicates + i * REPLICATES;
        caus_sort(own, count);
        size_t skip = (size_t)(tail * (double)count);
        share->low = share->high = share->value;
        if (!count)
            continue;
        share->low = fmin(share->value, own[skip]);
        share->high = fmax(share->value, own[count - 1 - skip]);
    }
}

static caus_status attribute(const caus_case *about,
                             const caus_mechanism *mechanism,
                             caus_share *shares, caus_error *err)
{
    caus_moments moments;
    CAUS_TRY(caus_moments_init(about, mechanism, &moments, err));
    player_list players;
    find_players(mechanism, &players);
    double usual[CAUS_MOST_NODES] = {0}, own[CAUS_MOST_NODES] = {0};
    double *replicates =
        CAUS_ARRAY(about->out, double, players.count *REPLICATES);
    fit made = {
        .mechanism = mechanism,
        .moments = &moments,
        .sums = CAUS_ARRAY(about->out, double, moments.width *moments.width)};
    if (!replicates || !made.sums)
        return caus_arena_fail(about->out, err);
    resample(&made, NULL);
    for (size_t node = 0; node < mechanism->node_count; node++)
        usual[node] = mean_change(&made, node);
    if (!share_out(&made, &players, own))
        return CAUS_OK;
    for (size_t s = 0; s < about->scene.service_count; s++)
        shares[s].known = caus_measured_around(about, s, false);
    for (size_t i = 0; i < players.count; i++)
        shares[players.service[i]].value = own[i];
    size_t count = 0;
    for (size_t k = 0; k < REPLICATES; k++) {
        CAUS_TRY(caus_run_check(about->run, err));
        caus_random random;
        caus_random_init(&random, caus_run_seed(about->run), k);
        made.random = &random;
        resample(&made, usual);
        if (!share_out(&made, &players, own))
            continue;
        for (size_t i = 0; i < players.count; i++)
            replicates[i * REPLICATES + count] = own[i];
        count++;
    }
    take_intervals(&players, replicates, count, shares);
    return CAUS_OK;
}

/* Whether a part of the change may be of a service that nobody is known to
 * call. */
static bool stranger_moved(const caus_case *about)
{
    for (size_t s = 0; s < about->scene.service_count; s++) {
        if (about->scene.stranger[s] &&
            caus_scores_shown(&about->scores, s) >= caus_explained_clue)
            return true;
    }
    return false;
}

caus_status caus_attribution_find(const caus_case *about, caus_share *shares,
                                  caus_error *err)
{
    caus_mechanism *mechanism = CAUS_ARRAY(about->out, caus_mechanism, 1);
    if (!mechanism)
        return caus_arena_fail(about->out, err);
    bool found;
    if (stranger_moved(about))
        return CAUS_OK;
    CAUS_TRY(caus_mechanism_find(about, mechanism, &found, err));
    return found ? attribute(about, mechanism, shares, err) : CAUS_OK;
}
