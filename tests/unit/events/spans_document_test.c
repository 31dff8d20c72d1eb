/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "caus/span_source.h"
#include "spans_fixture.h"

#define HEADER \
    "phase,trace,span,parent,service,operation,start_us,duration_us,status\n"

static const char told[] = HEADER
    "0,4bf92f3577b34da6a3ce929d0e0e4736,1,-1,web,page,100,100.5,ok\n"
    "0,4bf92f3577b34da6a3ce929d0e0e4736,2,1,cart,\"a \"\"b\"\"\",110,20,error\n"
    "0,4bf92f3577b34da6a3ce929d0e0e4736,3,2,db,query,112,-1,ok\n"
    "1,t 2,1,-1,web,page,900,5,ok\n"
    "1,t 2,2,1,cart,get,50,3,ok\n"
    "1,00000000000000000000000000000001,9,-1,web,page,901,5,ok\n";

static void assert_same(const caus_spans *a, const caus_spans *b)
{
    size_t n = a->span_count;
    assert_int_equal(n, b->span_count);
    assert_memory_equal(a->start_ns, b->start_ns, n * sizeof *a->start_ns);
    assert_memory_equal(a->duration_ns, b->duration_ns,
                        n * sizeof *a->duration_ns);
    assert_memory_equal(a->parent, b->parent, n * sizeof *a->parent);
    assert_memory_equal(a->operation, b->operation, n * sizeof *a->operation);
    assert_memory_equal(a->trace, b->trace, n * sizeof *a->trace);
    assert_memory_equal(a->failed, b->failed, n);
    assert_int_equal(a->has_status, b->has_status);
    assert_int_equal(a->trace_count, b->trace_count);
    assert_memory_equal(a->trace_phase, b->trace_phase, a->trace_count);
    for (size_t i = 0; i < a->trace_count; i++)
        assert_string_equal(a->trace_ids[i], b->trace_ids[i]);
    assert_int_equal(a->service_count, b->service_count);
    for (size_t i = 0; i < a->service_count; i++)
        assert_string_equal(a->services[i], b->services[i]);
    assert_int_equal(a->operation_count, b->operation_count);
    for (size_t i = 0; i < a->operation_count; i++) {
        assert_string_equal(a->operations[i].name, b->operations[i].name);
        assert_int_equal(a->operations[i].service, b->operations[i].service);
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    csv_bench bench;
    caus_spans spans, again;
    const char *json;
    spans_read_well(&bench, told, &spans);
    assert_null(spans.statement);
    spans.statement = "SELECT 1 WHERE id = ?";
    assert_int_equal(caus_spans_write(&spans, bench.out, &json, &bench.error),
                     CAUS_OK);
    assert_null(strstr(json, "4bf92f35")); /* two numbers, no token */
    assert_int_equal(caus_spans_read_text("it", json, strlen(json), bench.run,
                                          bench.out, &again, &bench.error),
                     CAUS_OK);
    assert_same(&spans, &again);
    assert_string_equal(again.statement, spans.statement);
    csv_bench_close(&bench);
}

static void many_spans_are_read_back(void **state)
{
    (void)state;
    csv_bench bench;
    caus_spans spans, again;
    caus_text text = {0};
    caus_random random;
    const char *json;
    caus_random_init(&random, 3, 0);
    caus_text_add(&text, HEADER);
    for (int i = 0; i < 3000; i++)
        caus_text_format(&text, "%d,%x,%d,%d,s%d,o%d,%d,%d,%s\n", i % 700 > 500,
                         i % 700, i / 700, i / 700 - 1 - (i % 5 == 0), i % 7,
                         i % 11, (int)(caus_random_uniform(&random) * 1e9),
                         i % 13 - 1, i % 17 ? "ok" : "error");
    spans_read_well(&bench, text.bytes, &spans);
    assert_int_equal(caus_spans_write(&spans, bench.out, &json, &bench.error),
                     CAUS_OK);
    if (caus_spans_read_text("it", json, strlen(json), bench.run, bench.out,
                             &again, &bench.error) != CAUS_OK)
        fail_msg("%s", bench.error.message);
    assert_same(&spans, &again);
    caus_text_deinit(&text);
    csv_bench_close(&bench);
}

static void expect_refusal(const char *json, const char *words)
{
    csv_bench bench;
    caus_spans spans = {.span_count = 77};
    csv_bench_open(&bench, 0);
    assert_int_equal(caus_spans_read_text("it", json, strlen(json), bench.run,
                                          bench.out, &spans, &bench.error),
                     CAUS_ERR_INVALID_DATA);
    if (!strstr(bench.error.message, words))
        fail_msg("%s\nlacks %s", bench.error.message, words);
    assert_int_equal(spans.span_count, 77);
    csv_bench_close(&bench);
}

static void what_was_not_written_so_is_refused(void **state)
{
    (void)state;
    expect_refusal("{", "no JSON");
#define NAMES "{\"services\":[\"a\"],\"operations\":[[0,\"o\"],[1,\"p\"]],"
    expect_refusal(NAMES "\"traces\":[[1,null,0,1]]}", "the id of trace 0");
    expect_refusal(NAMES "\"traces\":[[\"t\",null,2,1]]}", "trace 0");
    expect_refusal(NAMES "\"traces\":[[\"t\",null,0,0]]}", "trace 0");
    expect_refusal(NAMES "\"traces\":[[\"t\",null,0,1]],\"spans\":[0,-1,5]}",
                   "span 0");
    expect_refusal(NAMES "\"traces\":[[\"t\",null,0,1]],\"spans\":[0,1,5,5,0]}",
                   "span 0"); /* a parent outside the trace */
    expect_refusal(NAMES
                   "\"traces\":[[\"t\",null,0,1]],\"spans\":[1,-1,5,5,0]}",
                   "span 0"); /* an operation of no service */
    expect_refusal(NAMES
                   "\"traces\":[[\"t\",null,0,1]],\"spans\":[0,-1,5,5,0,0]}",
                   "the list after span 1");
    expect_refusal(NAMES "\"traces\":[[\"t\",null,0,2]],\"spans\":"
                         "[0,-1,9223372036854775807,5,0,0,0,9,5,0]}",
                   "span 1"); /* a time past the last one */
}

static void both_survive_each_failed_allocation(void **state)
{
    (void)state;
    csv_bench bench;
    caus_spans spans;
    const char *json = NULL;
    spans_read_well(&bench, told, &spans);
    spans.statement = "SELECT 1 WHERE id = ?";
    assert_int_equal(caus_spans_write(&spans, bench.out, &json, &bench.error),
                     CAUS_OK);
    for (int write = 0; write < 2; write++) {
        for (long n = 0;; n++) {
            caus_arena *out = caus_arena_new(0);
            const char *again;
            caus_spans read;
            fault_fail_after(n);
            caus_status status =
                write
                    ? caus_spans_write(&spans, out, &again, &bench.error)
                    : caus_spans_read_text("it", json, strlen(json), bench.run,
                                           out, &read, &bench.error);
            bool refused = fault_stop();
            caus_arena_free(out);
            assert_int_equal(status,
                             refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            if (!refused)
                break;
        }
    }
    csv_bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(many_spans_are_read_back),
        cmocka_unit_test(what_was_not_written_so_is_refused),
        cmocka_unit_test(both_survive_each_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
