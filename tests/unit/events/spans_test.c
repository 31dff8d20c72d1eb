/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <zlib.h>

#include "spans_fixture.h"

#define HEADER \
    "phase,trace,span,parent,service,operation,start_us,duration_us\n"

static const char *operation_of(const caus_spans *spans, size_t span)
{
    return spans->operations[spans->operation[span]].name;
}

static void parents_come_before_children_and_children_by_start(void **state)
{
    (void)state;
    csv_bench bench;
    caus_spans spans;
    spans_read_well(&bench,
                    HEADER "0,7,4,2,db,query,130,10\n"
                           "0,7,3,1,web,later,160,30\n"
                           "1,7,1,-1,web,incident,900,5\n"
                           "\n"
                           "0,7,2,1,web,first,120,30\n"
                           "0,7,1,-1,web,page,100,100.5\n",
                    &spans);
    assert_int_equal(spans.span_count, 5);
    assert_int_equal(spans.trace_count, 2);
    static const char *const order[] = {"page", "first", "query", "later",
                                        "incident"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(operation_of(&spans, i), order[i]);
    static const uint32_t parents[] = {CAUS_NO_SPAN, 0, 1, 0, CAUS_NO_SPAN};
    assert_memory_equal(spans.parent, parents, sizeof parents);
    assert_int_equal(spans.start_ns[0], 100000);
    assert_int_equal(spans.duration_ns[0], 100500);
    assert_int_equal(caus_span_phase(&spans, 3), CAUS_PHASE_NORMAL);
    assert_int_equal(caus_span_phase(&spans, 4), CAUS_PHASE_INCIDENT);
    assert_int_equal(spans.trace_start[1], 4);
    assert_string_equal(spans.trace_ids[1], "7");
    assert_string_equal(spans.services[0], "db");
    assert_int_equal(caus_span_service(&spans, 2), 0);
    assert_false(spans.has_status);
    csv_bench_close(&bench);
}

static void the_order_of_rows_and_columns_does_not_matter(void **state)
{
    (void)state;
    csv_bench a, b;
    caus_spans x, y;
    spans_read_well(&a,
                    "trace,span,parent,service,operation,start_us,duration_us\n"
                    "t1,a,,web,page,10,90\nt1,b,a,auth,check,20,10\n"
                    "t1,c,a,auth,check,20,10\nt2,a,,web,page,5,1\n",
                    &x);
    spans_read_well(
        &b,
        "note,duration_us,start_us,operation,service,parent,span,trace\n"
        "x,10,20,check,auth,a,c,t1\nx,1,5,page,web,,a,t2\n"
        "x,90,10,page,web,,a,t1\nx,10,20,check,auth,a,b,t1\n",
        &y);
    assert_int_equal(x.span_count, y.span_count);
    for (size_t i = 0; i < x.trace_count; i++)
        assert_string_equal(x.trace_ids[i], y.trace_ids[i]);
    assert_memory_equal(x.parent, y.parent, x.span_count * sizeof *x.parent);
    assert_memory_equal(x.start_ns, y.start_ns,
                        x.span_count * sizeof *x.start_ns);
    assert_memory_equal(x.operation, y.operation,
                        x.span_count * sizeof *x.operation);
    csv_bench_close(&a);
    csv_bench_close(&b);
}

static void malformed_traces_are_mended_and_counted(void **state)
{
    (void)state;
    csv_bench bench;
    caus_spans spans;
    spans_read_well(&bench,
                    HEADER "0,1,1,99,a,orphan,0,10\n"
                           "0,2,1,3,a,ring1,10,5\n"
                           "0,2,2,1,a,ring2,11,5\n"
                           "0,2,3,2,a,ring3,12,5\n"
                           "0,3,1,1,a,own parent,0,5\n"
                           "0,4,1,-1,a,root,0,-5\n"
                           "0,4,2,1,a,twin,1,1\n"
                           "0,4,2,1,b,twin,2,1\n"
                           "0,4,5,2,b,child of twin,3,1\n",
                    &spans);
    assert_int_equal(spans.faults.orphans, 1);
    assert_int_equal(spans.faults.cycles, 2);
    assert_int_equal(spans.faults.duplicates, 1);
    assert_int_equal(spans.faults.negative_durations, 1);
    size_t roots = 0, found = 0;
    for (size_t i = 0; i < spans.span_count; i++) {
        uint32_t parent = spans.parent[i];
        roots += parent == CAUS_NO_SPAN;
        assert_true(parent == CAUS_NO_SPAN || parent < i);
        if (strcmp(operation_of(&spans, i), "root") == 0)
            assert_int_equal(spans.duration_ns[i], -1);
        if (strcmp(operation_of(&spans, i), "child of twin") == 0) {
            assert_int_equal(caus_span_service(&spans, parent), 0);
            found++;
        }
    }
    assert_int_equal(roots, 4);
    assert_int_equal(found, 1);
    csv_bench_close(&bench);
}

static void ids_may_be_hexadecimal_or_any_text(void **state)
{
    (void)state;
    csv_bench bench;
    caus_spans spans;
    spans_read_well(&bench,
                    HEADER
                    "0,4bf9,00f067aa0ba902b7,0000000000000000,a,x,0,9\n"
                    "0,4bf9,00f067aa0ba902b8,00F067AA0BA902B7,a,y,1,2\n"
                    "0,4bf9,span-3,00f067aa0ba902b8,\"a, \"\"b\"\"\",z,1,1\n"
                    "0,4bf9,\xc3\xa4,span-3,a,z,1,1\n",
                    &spans);
    static const uint32_t parents[] = {CAUS_NO_SPAN, 0, 1, 2};
    assert_memory_equal(spans.parent, parents, sizeof parents);
    assert_string_equal(spans.services[1], "a, \"b\"");
    assert_int_equal(spans.faults.orphans, 0);
    csv_bench_close(&bench);
}

static void status_is_read_as_words_codes_or_http(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int failed;
    } cases[] = {
        {"", 0},    {"ok", 0},   {"Unset", 0}, {"STATUS_CODE_ERROR", 1},
        {"2", 1},   {"1", 0},    {"200", 0},   {"404", 0},
        {"503", 1}, {"601", -1}, {"bad", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csv_bench bench;
        caus_spans spans;
        char text[200];
        snprintf(text, sizeof text,
                 "trace,span,parent,service,operation,start_us,duration_us,"
                 "status\n1,1,-1,a,b,0,1,%s\n",
                 cases[i].text);
        csv_bench_open(&bench, 0);
        caus_status status = spans_read(&bench, text, NULL, &spans);
        assert_int_equal(status,
                         cases[i].failed < 0 ? CAUS_ERR_INVALID_DATA : CAUS_OK);
        if (status == CAUS_OK) {
            assert_true(spans.has_status);
            assert_int_equal(spans.failed[0], cases[i].failed);
        }
        csv_bench_close(&bench);
    }
}

static void an_onset_parts_traces_that_tell_no_phase(void **state)
{
    (void)state;
    csv_bench bench;
    caus_spans spans;
    csv_bench_open(&bench, 0);
    caus_spans_options options = {.has_onset = true, .onset_ns = 50000};
    assert_int_equal(
        spans_read(&bench,
                   "trace,span,parent,service,operation,start_us,duration_us\n"
                   "x,2,1,a,b,60,1\nx,1,-1,a,b,40,90\ny,1,-1,a,b,50,1\n",
                   &options, &spans),
        CAUS_OK);
    assert_int_equal(spans.trace_phase[0], CAUS_PHASE_NORMAL);
    assert_string_equal(spans.trace_ids[0], "x");
    assert_int_equal(spans.trace_phase[1], CAUS_PHASE_INCIDENT);
    csv_bench_close(&bench);
}

static void packed_spans_read_like_plain_ones(void **state)
{
    (void)state;
    const char *text = HEADER "0,1,1,-1,a,b,0,1\n";
    char path[] = "/tmp/caus_spans_XXXXXX";
    int made = mkstemp(path);
    assert_true(made >= 0);
    gzFile packed = gzdopen(made, "wb");
    assert_non_null(packed);
    gzputs(packed, text);
    assert_int_equal(gzclose(packed), Z_OK);
    csv_bench bench;
    caus_spans spans;
    csv_bench_open(&bench, 0);
    assert_int_equal(caus_spans_read_csv(path, NULL, bench.run, bench.out,
                                         &spans, &bench.error),
                     CAUS_OK);
    assert_int_equal(spans.span_count, 1);
    unlink(path);
    csv_bench_close(&bench);
}

static void faults_name_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"a,b\n", "no column trace"},
        {HEADER, "has no spans"},
        {HEADER "0,1,1,-1,a,b,0\n", "line 2 has 7 cells, line 1 has 8"},
        {HEADER "0,1,1,-1,a,b,0,1\n0,1,2,1,,b,0,1\n", "line 3, column service"},
        {HEADER "0,1,1,-1,a,b,x,1\n", "line 2, column start_us: 'x'"},
        {HEADER "0,1,1,-1,a,b,0,1e9\n", "line 2, column duration_us: '1e9'"},
        {HEADER "0,1,1,-1,a,b,99999999999999999999,1\n", "column start_us"},
        {HEADER "0,1,1,-1,a,b,9223372036854775,9223372036854775\n", "2262"},
        {HEADER "2,1,1,-1,a,b,0,1\n", "column phase: '2' is no phase"},
        {HEADER "0,1,1,-1,a,\"b,0,1\n", "line 2: a quote"},
        {HEADER "0,,1,-1,a,b,0,1\n", "column trace"},
        {HEADER "0,1,1,-1,a\x01,b,0,1\n", "column service"},
        {HEADER "0,1,1,-1,a,\xff,0,1\n", "column operation"},
        {"trace,trace\n", "two columns trace"},
        {"\"trace\n", "line 1: a quote"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csv_bench bench;
        caus_spans spans = {.span_count = 77};
        csv_bench_open(&bench, 0);
        assert_int_equal(spans_read(&bench, cases[i].text, NULL, &spans),
                         CAUS_ERR_INVALID_DATA);
        if (!strstr(bench.error.message, cases[i].says))
            fail_msg("'%s' does not say '%s'", bench.error.message,
                     cases[i].says);
        assert_int_equal(spans.span_count, 77);
        assert_int_equal(caus_arena_used_bytes(bench.out), 0);
        csv_bench_close(&bench);
    }
}

static void the_memory_limit_is_kept(void **state)
{
    (void)state;
    enum { ROWS = 20000, ROW_BYTES = 32 };
    char *text = malloc(100 + ROWS * ROW_BYTES);
    assert_non_null(text);
    size_t length = (size_t)sprintf(text, HEADER);
    for (int i = 0; i < ROWS; i++)
        length +=
            (size_t)sprintf(text + length, "0,1,%d,%d,a,b,%d,1\n", i, i - 1, i);
    csv_bench bench;
    caus_spans spans;
    csv_bench_open(&bench, (size_t)1 << 20);
    assert_int_equal(spans_read(&bench, text, NULL, &spans), CAUS_ERR_LIMIT);
    assert_non_null(strstr(bench.error.message, "--memory-limit"));
    csv_bench_close(&bench);
    csv_bench_open(&bench, 0); /* a chain as deep as the trace is long */
    assert_int_equal(spans_read(&bench, text, NULL, &spans), CAUS_OK);
    assert_int_equal(spans.parent[ROWS - 1], ROWS - 2);
    csv_bench_close(&bench);
    free(text);
}

/* Who calls whom in the spans of a text, which it reads with the bench. */
static void read_calls(csv_bench *bench, const char *text,
                       caus_topology *topology, const caus_call_count **counts)
{
    caus_spans spans;
    spans_read_well(bench, text, &spans);
    assert_int_equal(caus_spans_topology(&spans, bench->out, topology, counts,
                                         &bench->error),
                     CAUS_OK);
}

static void topology_counts_calls_between_services(void **state)
{
    (void)state;
    csv_bench bench;
    caus_topology topology;
    const caus_call_count *counts;
    read_calls(&bench,
               HEADER "0,1,1,-1,web,page,0,90\n0,1,2,1,web,client,1,50\n"
                      "0,1,3,2,auth,check,2,40\n1,2,1,-1,web,page,0,90\n"
                      "1,2,2,1,auth,check,1,50\n1,2,3,1,auth,check,1,50\n"
                      "1,2,4,2,db,get,3,4\n",
               &topology, &counts);
    assert_int_equal(topology.service_count, 3);
    assert_int_equal(topology.call_count, 2);
    static const size_t calls[2][2] = {{0, 1}, {2, 0}};
    static const size_t expected[2][2] = {{0, 1}, {1, 2}};
    assert_memory_equal(topology.calls, calls, sizeof calls);
    assert_memory_equal(counts, expected, sizeof expected);
    csv_bench_close(&bench);
}

/* web calls api, which calls db, 400 times; the clock of db is ahead. */
static size_t write_chain(char *text, const char *parent_of_first)
{
    size_t length = (size_t)sprintf(text, HEADER);
    for (int i = 0; i < 400; i++)
        length += (size_t)sprintf(
            text + length,
            "0,%d,1,%s,web,page,100,90\n0,%d,2,1,api,check,100,50\n"
            "0,%d,3,2,db,get,20,10\n",
            i, i ? "-1" : parent_of_first, i, i);
    return length;
}

static void check_chain(const char *text)
{
    csv_bench bench;
    caus_topology topology;
    read_calls(&bench, text, &topology, NULL);
    static const size_t calls[2][2] = {{0, 1}, {2, 0}}; /* api, db, web */
    assert_int_equal(topology.call_count, 2);
    assert_memory_equal(topology.calls, calls, sizeof calls);
    csv_bench_close(&bench);
}

static void a_ring_among_many_traces_makes_no_call(void **state)
{
    (void)state;
    static char text[1 << 16];
    write_chain(text, "-1");
    check_chain(text);
    write_chain(text, "3");
    check_chain(text);
    size_t length = write_chain(text, "-1");
    sprintf(text + length, "0,x,1,-1,db,get,1,90\n0,x,2,1,web,page,2,10\n");
    check_chain(text);
}

static void a_way_back_that_is_seen_again_and_again_is_one(void **state)
{
    (void)state;
    static char text[1 << 16];
    size_t length = write_chain(text, "-1");
    for (int i = 0; i < 8; i++)
        length += (size_t)sprintf(
            text + length, "0,x%d,1,-1,db,get,1,90\n0,x%d,2,1,web,page,2,10\n",
            i, i);
    csv_bench bench;
    caus_topology topology;
    read_calls(&bench, text, &topology, NULL);
    assert_int_equal(topology.call_count, 3);
    csv_bench_close(&bench);
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    csv_file file = csv_file_of(HEADER "0,1,1,-1,a,b,0,9\n0,1,2,1,c,d,1,2\n");
    bool refused = true;
    csv_bench bench;
    for (long successes = 0; refused; successes++) {
        csv_bench_open(&bench, 0);
        caus_spans spans;
        caus_topology topology;
        fault_fail_after(successes);
        caus_status status = caus_spans_read_csv(file.path, NULL, bench.run,
                                                 bench.out, &spans, NULL);
        if (status == CAUS_OK)
            status =
                caus_spans_topology(&spans, bench.out, &topology, NULL, NULL);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        csv_bench_close(&bench);
    }
    close(file.descriptor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parents_come_before_children_and_children_by_start),
        cmocka_unit_test(the_order_of_rows_and_columns_does_not_matter),
        cmocka_unit_test(malformed_traces_are_mended_and_counted),
        cmocka_unit_test(ids_may_be_hexadecimal_or_any_text),
        cmocka_unit_test(status_is_read_as_words_codes_or_http),
        cmocka_unit_test(an_onset_parts_traces_that_tell_no_phase),
        cmocka_unit_test(packed_spans_read_like_plain_ones),
        cmocka_unit_test(faults_name_line_and_column),
        cmocka_unit_test(the_memory_limit_is_kept),
        cmocka_unit_test(topology_counts_calls_between_services),
        cmocka_unit_test(a_ring_among_many_traces_makes_no_call),
        cmocka_unit_test(a_way_back_that_is_seen_again_and_again_is_one),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
