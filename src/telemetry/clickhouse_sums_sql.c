// SPDX-License-Identifier: Apache-2.0
/*
 * Values become whole numbers by the same roundings as in caus_gram_build(),
 * so that the server's integers are those of the rows. Every constant is an
 * integer literal: old releases read decimal ones inexactly.
 *
 * Release 18.16 drops a column of a subquery that only a lambda inside a lambda
 * names: every list is named outside of one, too.
 */
#include <inttypes.h>

#include "telemetry/clickhouse_sums.h"

enum { SPANS_FOR_LATENCY = 5 };

/* Adding and taking away rounds to the nearest whole number: of values from 0
 * to 2^52, and of both signs below 2^51. */
#define WHOLE "4503599627370496"
#define WHOLE_OF_BOTH "6755399441055744"
#define SLICE_UNIT "4194304"

/* ---- values ---- */

static void add_quantile(caus_text *sql, const char *column)
{
    caus_text_format(sql, "((%s + " WHOLE ") - " WHOLE ") / 1000000000",
                     column);
}

static void add_value(caus_text *sql, caus_trace_value value)
{
    switch (value) {
    case CAUS_TRACE_CALLS:
        caus_text_add(sql, "toFloat64(caus_spans)");
        break;
    case CAUS_TRACE_ERRORS:
        caus_text_add(sql, "toFloat64(caus_errors)");
        break;
    case CAUS_TRACE_ERROR_RATIO:
        caus_text_add(sql, "caus_errors / caus_spans");
        break;
    case CAUS_TRACE_LATENCY_AVG:
        caus_text_add(sql, "caus_mean / 1000000000");
        break;
    case CAUS_TRACE_LATENCY_P50:
        add_quantile(sql, "caus_p50");
        break;
    case CAUS_TRACE_LATENCY:
    case CAUS_TRACE_LATENCY_P95:
        add_quantile(sql, "caus_p95");
        break;
    case CAUS_TRACE_LATENCY_P99:
        add_quantile(sql, "caus_p99");
        break;
    }
}

/* value · 2^(22 − exponent), exactly. */
static void add_scaled(caus_text *sql, const caus_sums_value *value)
{
    int shift = CAUS_SLICE_BITS - value->exponent;
    caus_text_add_char(sql, '(');
    add_value(sql, value->value);
    caus_text_format(sql, ") %c toFloat64(%" PRIu64 ")", shift < 0 ? '/' : '*',
                     UINT64_C(1) << (shift < 0 ? -shift : shift));
}

/* "[a, b, c] AS name" over the values of an arm. */
typedef void add_item(caus_text *sql, const caus_sums_value *value);

static void add_list(caus_text *sql, const caus_sums_arm *arm, add_item *item,
                     const char *name)
{
    for (size_t i = 0; i < arm->value_count; i++) {
        caus_text_add(sql, i ? ", " : "[");
        item(sql, &arm->values[i]);
    }
    caus_text_format(sql, "] AS %s", name);
}

static void add_place(caus_text *sql, const caus_sums_value *value)
{
    caus_text_format(sql, "toUInt16(%zu)", value->place);
}

static void add_plain(caus_text *sql, const caus_sums_value *value)
{
    add_value(sql, value->value);
}

static void add_counts(caus_text *sql, const caus_sums_value *value)
{
    caus_text_format(sql, "toUInt8(%d)", value->counts);
}

/* Few spans have no latency. */
static void add_has(caus_text *sql, const caus_sums_value *value)
{
    if (value->value >= CAUS_TRACE_LATENCY)
        caus_text_format(sql, "toUInt8(caus_spans >= %d)", SPANS_FOR_LATENCY);
    else
        caus_text_add(sql, "toUInt8(1)");
}

/* ---- the survey ---- */

static size_t list_values(const caus_span_group *group,
                          caus_sums_value values[CAUS_TRACE_VALUES])
{
    const bool wanted[CAUS_TRACE_VALUES] = {
        [CAUS_TRACE_CALLS] = true,
        [CAUS_TRACE_ERRORS] = group->errors,
        [CAUS_TRACE_ERROR_RATIO] = group->errors,
        [CAUS_TRACE_LATENCY_AVG] = group->mean,
        [CAUS_TRACE_LATENCY_P50] = group->quantile[0],
        [CAUS_TRACE_LATENCY_P95] = group->quantile[1],
        [CAUS_TRACE_LATENCY_P99] = group->quantile[2],
    };
    size_t count = 0;
    for (size_t v = 0; v < CAUS_TRACE_VALUES; v++)
        if (wanted[v])
            values[count++] =
                (caus_sums_value){.value = (caus_trace_value)v, .place = v};
    return count;
}

caus_status caus_sql_survey(const caus_span_table *table,
                            const caus_span_group *group,
                            const caus_step_ranges *ranges, caus_text *sql,
                            caus_error *err)
{
    caus_sums_value values[CAUS_TRACE_VALUES];
    caus_sums_arm arm = {.group = group,
                         .values = values,
                         .value_count = list_values(group, values)};
    caus_text_format(sql,
                     "SELECT caus_entry, toUInt32(caus_k), toUInt64(count()), "
                     "toUInt64(quantileExact(0.5)(caus_spans)), "
                     "toUInt64(countIf(caus_spans < %d)), "
                     "toFloat64(maxIf(caus_x, caus_has)) FROM (",
                     SPANS_FOR_LATENCY);
    CAUS_TRY(caus_sql_spans(table, group, ranges, sql, err));
    caus_text_add(sql, ") ARRAY JOIN ");
    add_list(sql, &arm, add_place, "caus_k, ");
    add_list(sql, &arm, add_plain, "caus_x, ");
    add_list(sql, &arm, add_has, "caus_has");
    caus_text_add(sql, " GROUP BY caus_entry, caus_k "
                       "ORDER BY caus_entry, caus_k");
    return caus_sql_finish(sql, err);
}

/* ---- rows: place in time, variable, value ---- */

/* Steps before the piece that its nodes and edges look at. */
static size_t look_back(const caus_sums_plan *plan)
{
    return plan->reach + 1;
}

static size_t piece_steps(const caus_sums_plan *plan)
{
    return (size_t)plan->piece.last - plan->piece.first + 1;
}

/* Steps of a list: those of the piece and before it. */
static size_t list_steps(const caus_sums_plan *plan)
{
    return piece_steps(plan) + look_back(plan);
}

static caus_step_ranges steps_read(const caus_sums_plan *plan)
{
    size_t back = look_back(plan), lead = plan->piece.first - plan->grid.first;
    caus_step_range range = plan->piece;
    range.first -= (uint32_t)(back < lead ? back : lead);
    if (range.last > plan->grid.last)
        range.last = plan->grid.last;
    return (caus_step_ranges){plan->step_ns, 1, {range}};
}

static void add_time(caus_text *sql, const caus_sums_plan *plan)
{
    int64_t first = (int64_t)plan->piece.first - (int64_t)look_back(plan);
    caus_text_format(
        sql, "SELECT toUInt32(toInt64(caus_step) - (%" PRId64 ")) AS caus_at, ",
        first);
}

static caus_status add_arm(caus_text *sql, const caus_sums_plan *plan,
                           const caus_sums_arm *arm,
                           const caus_step_ranges *ranges, caus_error *err)
{
    add_time(sql, plan);
    caus_text_add(sql, "caus_k, caus_x, caus_w FROM (");
    CAUS_TRY(caus_sql_spans(plan->table, arm->group, ranges, sql, err));
    caus_text_add(sql, ") ARRAY JOIN ");
    add_list(sql, arm, add_place, "caus_k, ");
    add_list(sql, arm, add_scaled, "caus_x, ");
    add_list(sql, arm, add_counts, "caus_w, ");
    add_list(sql, arm, add_has, "caus_has");
    caus_text_format(sql, " WHERE caus_entry = %d AND caus_has", arm->entry);
    return CAUS_OK;
}

/* Every variable has a row, even if it lies behind the piece. */
static void add_variables(caus_text *sql, const caus_sums_plan *plan)
{
    caus_text_format(sql,
                     "SELECT toUInt32(%zu) AS caus_at, toUInt16(caus_v) AS "
                     "caus_k, toFloat64(0) AS caus_x, toUInt8(0) AS caus_w "
                     "FROM (SELECT arrayJoin(range(%zu)) AS caus_v)",
                     list_steps(plan), plan->variable_count);
}

static caus_status add_rows(caus_text *sql, const caus_sums_plan *plan,
                            caus_error *err)
{
    caus_step_ranges ranges = steps_read(plan);
    for (size_t i = 0; i < plan->arm_count; i++) {
        CAUS_TRY(add_arm(sql, plan, &plan->arms[i], &ranges, err));
        caus_text_add(sql, " UNION ALL ");
    }
    if (plan->has_presence) {
        add_time(sql, plan);
        caus_text_format(sql,
                         "toUInt16(%zu) AS caus_k, toFloat64(0) AS caus_x, "
                         "toUInt8(1) AS caus_w FROM (",
                         plan->variable_count);
        CAUS_TRY(caus_sql_presence(plan->table, &ranges, sql, err));
        caus_text_add(sql, ") UNION ALL ");
    }
    add_variables(sql, plan);
    return CAUS_OK;
}

/* ---- lists over time, one for each variable and slice ---- */

static void add_slices(caus_text *sql)
{
    static const char before[] =
        "SELECT caus_k, caus_at, caus_w, "
        "(caus_x + " WHOLE_OF_BOTH ") - " WHOLE_OF_BOTH " AS s0, "
        "(caus_x - s0) * " SLICE_UNIT " AS r1, "
        "(r1 + " WHOLE_OF_BOTH ") - " WHOLE_OF_BOTH " AS s1, "
        "(r1 - s1) * " SLICE_UNIT " AS r2, "
        "(r2 + " WHOLE_OF_BOTH ") - " WHOLE_OF_BOTH " AS s2 FROM (";
    caus_text_add(sql, before);
}

static void add_inserts(caus_text *sql, const caus_sums_plan *plan)
{
    caus_text_add(sql, "SELECT caus_k");
    for (int s = 0; s < CAUS_SLICES; s++)
        caus_text_format(
            sql, ", groupArrayInsertAt(0, %zu)(toInt64(s%d), caus_at) AS X%d",
            list_steps(plan), s, s);
    caus_text_format(sql,
                     ", groupArrayInsertAt(0, %zu)(caus_w, caus_at) AS XW "
                     "FROM (",
                     list_steps(plan));
}

/* Lists of lists, how many steps are complete, and counts of them so far. */
static void add_matrix(caus_text *sql, const caus_sums_plan *plan)
{
    caus_text_format(sql,
                     "SELECT S0, S1, S2, arraySum(arraySlice(C, %zu)) AS FULL, "
                     "arrayConcat([0], arrayCumSum(C)) AS H FROM (SELECT ",
                     look_back(plan) + 1);
    for (int s = 0; s < CAUS_SLICES; s++)
        caus_text_format(sql, "arraySlice(groupArray(X%d), 1, %zu) AS S%d, ", s,
                         plan->variable_count, s);
    caus_text_format(sql, "arrayMap(w -> w = %zu, sumForEach(XW)) AS C FROM (",
                     plan->needed);
}

/* R: is a reference row; D: edges with their sign. */
static void add_masks(caus_text *sql, const caus_sums_plan *plan)
{
    size_t steps = piece_steps(plan);
    caus_text_format(
        sql,
        "SELECT S0, S1, S2, FULL, arraySlice(RR, 2) AS R, "
        "arrayMap((r, o) -> toInt64(r) - toInt64(o), arraySlice(RR, 2), "
        "arraySlice(RR, 1, %zu)) AS D FROM (SELECT S0, S1, S2, FULL, "
        "arrayMap((h, g) -> h - g = %zu, arraySlice(H, %zu), "
        "arraySlice(H, 1, %zu)) AS RR FROM (",
        steps, plan->reach + 1, plan->reach + 2, steps + 1);
}

/* ---- nodes: values at a lag, in the rows that count ---- */

/* N: nodes of all lags, in reference rows. */
static void add_nodes(caus_text *sql, const caus_sums_plan *plan)
{
    for (int s = 0; s < CAUS_SLICES; s++)
        caus_text_format(
            sql,
            "arrayReduce('groupArrayArray', arrayMap(y -> arrayMap(b -> "
            "arrayFilter((v, f) -> f, arraySlice(y, toInt32(%zu) - b, %zu), "
            "R), range(%zu)), S%d)) AS N%d, ",
            plan->reach + 2, piece_steps(plan), plan->reach + 1, s, s);
}

/* E: nodes of the lags from 1 on at edges; F: the same with the sign of the
 * edge. */
static void add_edge_nodes(caus_text *sql, const caus_sums_plan *plan)
{
    for (int s = 0; s < CAUS_SLICES; s++)
        caus_text_format(
            sql,
            "arrayReduce('groupArrayArray', arrayMap(y -> arrayMap(b -> "
            "arrayFilter((v, f) -> f != 0, arraySlice(y, toInt32(%zu) - b, "
            "%zu), D), range(%zu)), S%d)) AS E%d, arrayReduce("
            "'groupArrayArray', arrayMap(y -> arrayMap(b -> arrayFilter((v, f) "
            "-> f != 0, arrayMap((v, f) -> v * f, arraySlice(y, toInt32(%zu) - "
            "b, %zu), D), D), range(%zu)), S%d)) AS F%d, ",
            plan->reach + 1, piece_steps(plan), plan->reach, s, s,
            plan->reach + 1, piece_steps(plan), plan->reach, s, s);
}

static void add_node_lists(caus_text *sql, const caus_sums_plan *plan)
{
    caus_text_add(sql, "SELECT ");
    add_nodes(sql, plan);
    if (plan->reach)
        add_edge_nodes(sql, plan);
    caus_text_add(sql,
                  "FULL, arraySum(R) AS COUNTED, indexOf(R, 1) AS FIRST, "
                  "arrayReduce('max', arrayMap((r, i) -> r * i, R, "
                  "arrayEnumerate(R))) AS LAST, arrayCount(d -> d != 0, D) AS "
                  "EDGES FROM (");
}

/* ---- sums: words of equal weight ---- */

/* The pairs of slices whose products have a weight: left + right = pair. */
typedef struct pairs {
    size_t first_left, last_left; /* empty if first > last */
    size_t sum;
} pairs;

static pairs pairs_of(size_t weight, size_t left_slices)
{
    size_t sum = CAUS_WEIGHTS - 1 - weight;
    size_t first = sum >= CAUS_SLICES ? sum - CAUS_SLICES + 1 : 0;
    size_t last = sum < left_slices ? sum : left_slices - 1;
    return (pairs){first, last, sum};
}

/* "a0, a1" for the left slices, from the last on for the right ones. */
static void add_names(caus_text *sql, const pairs *p, char left, char right)
{
    for (size_t i = p->first_left; left && i <= p->last_left; i++)
        caus_text_format(sql, "%c%zu, ", left, i);
    for (size_t i = p->first_left; i <= p->last_left; i++)
        caus_text_format(sql, "%s%c%zu", i > p->first_left ? ", " : "", right,
                         p->sum - i);
}

static void add_products(caus_text *sql, const pairs *p)
{
    caus_text_add(sql, "arraySum((");
    add_names(sql, p, 'x', 'y');
    caus_text_add(sql, ") -> ");
    for (size_t i = p->first_left; i <= p->last_left; i++)
        caus_text_format(sql, "%sx%zu * y%zu", i > p->first_left ? " + " : "",
                         i, p->sum - i);
    caus_text_add(sql, ", ");
}

/* Products of x(t) with every node. */
static void add_row_sums(caus_text *sql, const caus_sums_plan *plan,
                         size_t variable, size_t weight)
{
    pairs p = pairs_of(weight, plan->slices[variable]);
    if (p.first_left > p.last_left) {
        caus_text_add(sql, ", arrayMap(n -> toInt64(0), N0)");
        return;
    }
    caus_text_add(sql, ", arrayMap((");
    add_names(sql, &p, '\0', 'r');
    caus_text_add(sql, ") -> ");
    add_products(sql, &p);
    for (size_t i = p.first_left; i <= p.last_left; i++)
        caus_text_format(sql, "N%zu[%zu], ", i,
                         variable * (plan->reach + 1) + 1);
    add_names(sql, &p, '\0', 'r');
    caus_text_add(sql, "), ");
    add_names(sql, &p, '\0', 'N');
    caus_text_add_char(sql, ')');
}

/* Products of x(p − a) with every node, a from 1 on, over the edges p. */
static void add_edge_sums(caus_text *sql, const caus_sums_plan *plan,
                          size_t variable, size_t weight)
{
    pairs p = pairs_of(weight, plan->slices[variable]);
    if (p.first_left > p.last_left) {
        caus_text_format(sql, ", arrayMap(n -> toInt64(0), range(%zu))",
                         plan->reach * plan->reach * plan->variable_count);
        return;
    }
    caus_text_add(sql, ", arrayReduce('groupArrayArray', arrayMap((");
    for (size_t i = p.first_left; i <= p.last_left; i++)
        caus_text_format(sql, "%sl%zu", i > p.first_left ? ", " : "", i);
    caus_text_add(sql, ") -> arrayMap((");
    add_names(sql, &p, '\0', 'r');
    caus_text_add(sql, ") -> ");
    add_products(sql, &p);
    add_names(sql, &p, 'l', 'r');
    caus_text_add(sql, "), ");
    add_names(sql, &p, '\0', 'E');
    caus_text_add_char(sql, ')');
    for (size_t i = p.first_left; i <= p.last_left; i++)
        caus_text_format(sql, ", arraySlice(F%zu, %zu, %zu)", i,
                         variable * plan->reach + 1, plan->reach);
    caus_text_add(sql, "))");
}

static void add_heads(caus_text *sql, const caus_sums_plan *plan, size_t weight)
{
    if (weight)
        caus_text_format(sql,
                         "arrayMap(n -> toInt64(0), range(%d)), "
                         "arrayMap(n -> ",
                         CAUS_SUMS_HEADS);
    else
        caus_text_format(sql,
                         "[toInt64(COUNTED), toInt64(FULL), toInt64(FIRST), "
                         "toInt64(LAST), toInt64(EDGES), toInt64(%s)], "
                         "arrayMap(n -> ",
                         plan->reach ? "length(E0) + length(E1) + length(E2)"
                                     : "0");
    if (weight < CAUS_SLICES)
        caus_text_format(sql, "arraySum(n), N%zu)", CAUS_SLICES - 1 - weight);
    else
        caus_text_add(sql, "toInt64(0), N0)");
}

static void add_words(caus_text *sql, const caus_sums_plan *plan)
{
    for (size_t w = 0; w < CAUS_WEIGHTS; w++) {
        caus_text_add(sql, w ? ", arrayConcat(" : "SELECT arrayConcat(");
        add_heads(sql, plan, w);
        for (size_t v = 0; v < plan->variable_count; v++)
            add_row_sums(sql, plan, v, w);
        for (size_t v = 0; plan->reach && v < plan->variable_count; v++)
            add_edge_sums(sql, plan, v, w);
        caus_text_format(sql, ") AS W%zu", w);
    }
    caus_text_add(sql, " FROM (");
}

size_t caus_sums_places(size_t variable_count, size_t reach)
{
    return CAUS_SUMS_HEADS + variable_count * (reach + 1) +
           variable_count * variable_count * (reach + 1 + reach * reach);
}

caus_status caus_sql_sums(const caus_sums_plan *plan, caus_text *sql,
                          caus_error *err)
{
    caus_text_add(sql, "SELECT toUInt32(i), w0, w1, w2, w3, w4 FROM (");
    add_words(sql, plan);
    add_node_lists(sql, plan);
    add_masks(sql, plan);
    add_matrix(sql, plan);
    add_inserts(sql, plan);
    add_slices(sql);
    CAUS_TRY(add_rows(sql, plan, err));
    /* slices, lists, matrix (2), masks (2), nodes, words */
    caus_text_add(sql, ")) GROUP BY caus_k ORDER BY caus_k))))))) "
                       "ARRAY JOIN arrayEnumerate(W0) AS i, W0 AS w0, W1 AS "
                       "w1, W2 AS w2, W3 AS w3, W4 AS w4 WHERE w0 != 0 OR w1 "
                       "!= 0 OR w2 != 0 OR w3 != 0 OR w4 != 0");
    return caus_sql_finish(sql, err);
}
