/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "caus/caus.h"
#include "fault.h"
#include "test.h"

enum { COUNT = 5, ROWS = 8 };

static const char *const names[COUNT] = {"load", "auth_cpu", "auth_latency",
                                         "pay_latency", "mail_latency"};
static const char *const services[COUNT] = {"", "auth", "auth", "pay", "mail"};

/* Reads a knowledge file from memory. */
static caus_status read_text(const char *text, caus_arena *out,
                             caus_knowledge *made, caus_error *err)
{
    char path[64];
    int file = memfd_create("knowledge", MFD_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    caus_status status = caus_knowledge_read(path, out, made, err);
    close(file);
    return status;
}

static caus_series series_of(caus_arena *arena)
{
    static double values[ROWS * COUNT];
    for (size_t i = 0; i < ROWS * COUNT; i++)
        values[i] = (double)(i * 7 % 11);
    caus_series series;
    assert_int_equal(caus_series_from_values(names, COUNT, values, ROWS,
                                             1000000000, arena, &series, NULL),
                     CAUS_OK);
    static caus_variable variables[COUNT];
    memcpy(variables, series.variables, sizeof variables);
    for (size_t i = 0; i < COUNT; i++)
        variables[i].service = services[i];
    series.variables = variables;
    return series;
}

static const char *const called[] = {"auth", "mail", "pay"};
static const size_t calls[][2] = {{2, 0}}; /* pay calls auth */
static const caus_topology topology = {3, called, 1, calls};

typedef struct question {
    caus_arena *arena;
    caus_series series;
    const unsigned char *cells;
    size_t lags;
} question;

static caus_status ask(question *q, const char *text, size_t max_lag,
                       caus_error *err)
{
    q->arena = caus_arena_new(0);
    q->series = series_of(q->arena);
    q->lags = max_lag + 1;
    caus_knowledge knowledge;
    CAUS_TRY(read_text(text, q->arena, &knowledge, err));
    return caus_knowledge_apply(&knowledge, &q->series, &topology, NULL,
                                max_lag, q->arena, &q->cells, err);
}

static int said(const question *q, const char *source, const char *target,
                size_t lag)
{
    size_t i = caus_series_find(&q->series, source);
    size_t j = caus_series_find(&q->series, target);
    return q->cells[(i * COUNT + j) * q->lags + lag];
}

static void rules_become_assumptions(void **state)
{
    (void)state;
    question q;
    assert_int_equal(ask(&q,
                         "required:\n"
                         "  - auth_latency -> pay_latency lag 1\n"
                         "  - load -> auth_cpu lag 0\n"
                         "forbidden:\n"
                         "  - pay_latency -> auth_cpu\n"
                         "  - load - mail_latency\n"
                         "  - mail_latency -> auth_cpu lag 2\n"
                         "lags:\n"
                         "  - auth_cpu -> auth_latency lags 1-2\n",
                         3, NULL),
                     CAUS_OK);
    assert_int_equal(said(&q, "auth_latency", "pay_latency", 1),
                     CAUS_ASSUME_LINK);
    assert_int_equal(said(&q, "auth_latency", "pay_latency", 2),
                     CAUS_ASSUME_UNKNOWN);
    assert_int_equal(said(&q, "load", "auth_cpu", 0), CAUS_ASSUME_LINK);
    assert_int_equal(said(&q, "auth_cpu", "load", 0), CAUS_ASSUME_LINK_BACK);
    for (size_t lag = 1; lag <= 3; lag++) {
        assert_int_equal(said(&q, "pay_latency", "auth_cpu", lag),
                         CAUS_ASSUME_ONLY_BACK);
        assert_int_equal(said(&q, "auth_cpu", "pay_latency", lag),
                         CAUS_ASSUME_UNKNOWN);
        assert_int_equal(said(&q, "load", "mail_latency", lag),
                         CAUS_ASSUME_ABSENT);
        assert_int_equal(said(&q, "mail_latency", "load", lag),
                         CAUS_ASSUME_ABSENT);
        assert_int_equal(said(&q, "auth_cpu", "auth_latency", lag),
                         lag < 3 ? CAUS_ASSUME_UNKNOWN : CAUS_ASSUME_ABSENT);
    }
    assert_int_equal(said(&q, "pay_latency", "auth_cpu", 0),
                     CAUS_ASSUME_ONLY_BACK);
    assert_int_equal(said(&q, "auth_cpu", "pay_latency", 0),
                     CAUS_ASSUME_NOT_BACK);
    assert_int_equal(said(&q, "load", "mail_latency", 0), CAUS_ASSUME_ABSENT);
    /* at other lags it may be a cause, so this says nothing of hidden ones */
    assert_int_equal(said(&q, "mail_latency", "auth_cpu", 2),
                     CAUS_ASSUME_ABSENT);
    assert_int_equal(said(&q, "mail_latency", "auth_cpu", 1),
                     CAUS_ASSUME_UNKNOWN);
    assert_int_equal(said(&q, "auth_cpu", "auth_latency", 0),
                     CAUS_ASSUME_ONLY_BACK);
    assert_int_equal(said(&q, "load", "load", 0), CAUS_ASSUME_ABSENT);
    assert_int_equal(said(&q, "load", "load", 1), CAUS_ASSUME_UNKNOWN);
    caus_arena_free(q.arena);
}

static void tiers_forbid_the_way_back(void **state)
{
    (void)state;
    question q;
    assert_int_equal(ask(&q,
                         "tiers:\n"
                         "  - [load]\n"
                         "  - ['*_cpu']\n"
                         "  - [service:auth*, pay_latency]\n",
                         1, NULL),
                     CAUS_ERR_INVALID_DATA); /* auth_cpu is in two tiers */
    caus_arena_free(q.arena);
    assert_int_equal(ask(&q,
                         "tiers:\n"
                         "  - [load]\n"
                         "  - ['*_cpu']\n"
                         "  - [auth_latency, service:p?y]\n",
                         1, NULL),
                     CAUS_OK);
    assert_int_equal(said(&q, "pay_latency", "load", 1), CAUS_ASSUME_ONLY_BACK);
    assert_int_equal(said(&q, "pay_latency", "load", 0), CAUS_ASSUME_ONLY_BACK);
    assert_int_equal(said(&q, "load", "pay_latency", 1), CAUS_ASSUME_UNKNOWN);
    assert_int_equal(said(&q, "auth_latency", "pay_latency", 0),
                     CAUS_ASSUME_UNKNOWN);
    assert_int_equal(said(&q, "mail_latency", "load", 1), CAUS_ASSUME_UNKNOWN);
    caus_arena_free(q.arena);
}

static void links_follow_calls_when_told(void **state)
{
    (void)state;
    question q;
    assert_int_equal(ask(&q, "only_calls: true\n", 1, NULL), CAUS_OK);
    assert_int_equal(said(&q, "auth_cpu", "auth_latency", 1),
                     CAUS_ASSUME_UNKNOWN);
    assert_int_equal(said(&q, "auth_cpu", "pay_latency", 1),
                     CAUS_ASSUME_UNKNOWN);
    assert_int_equal(said(&q, "pay_latency", "auth_cpu", 0),
                     CAUS_ASSUME_UNKNOWN);
    assert_int_equal(said(&q, "mail_latency", "pay_latency", 1),
                     CAUS_ASSUME_ABSENT);
    assert_int_equal(said(&q, "load", "mail_latency", 0), CAUS_ASSUME_UNKNOWN);
    caus_arena_free(q.arena);
}

static void contradictions_name_their_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"required:\n  - load -> auth_cpu lag 1\n"
         "forbidden:\n  - load -> *\n",
         "line 2 requires load -> auth_cpu at lag 1, line 4 forbids it"},
        {"required: [load -> auth_cpu lag 0]\n"
         "tiers:\n  - [auth_cpu]\n  - [load]\n",
         "line 1 requires load -> auth_cpu at lag 0, line 4 forbids it"},
        {"required: [load -> auth_cpu lag 0, auth_cpu -> load lag 0]\n",
         "the reverse"},
        {"required:\n  - load -> auth_cpu lag 0\n"
         "  - auth_cpu -> pay_latency lag 0\n"
         "  - pay_latency -> load lag 0\n",
         "form a cycle"},
        {"lags: [load -> auth_cpu lags 0-1, '* -> auth_cpu lag 2']\n",
         "line 1 leaves load -> auth_cpu the lags 0-1 only, line 1 the lags "
         "2-2"},
        {"forbidden: [load -> load]\n", "speaks of load alone"},
        {"forbidden: ['service:nix -> load']\n", "no variable is of service"},
        {"required: [load -> auth_cpu]\n", "not at which lag"},
        {"required: [load -> auth_cpu lag 7]\n", "raise --max-lag"},
        {"lags: [load -> auth_cpu lags 7-9]\n", "lags 7-9 only"},
        {"forbidden: [laod -> auth_cpu]\n", "the nearest is load"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        question q;
        caus_error err;
        if (ask(&q, cases[i].text, 2, &err) == CAUS_OK)
            fail_msg("accepted: %s", cases[i].text);
        if (!strstr(err.message, cases[i].words))
            fail_msg("%s: %s", cases[i].text, err.message);
        caus_arena_free(q.arena);
    }
}

static void torn_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"required: [a b]\n", "is no rule"},
        {"required: [a - b lag 1]\n", "has no direction"},
        {"required: [a -> b lag 1x]\n", "is no rule"},
        {"required: [a -> b lags 3-1]\n", "lags 3-1 run backwards"},
        {"required: [a -> b lag 99999999999999999999]\n", "is no rule"},
        {"required: [' -> b']\n", "is no rule"},
        {"required: a -> b\n", "is no list"},
        {"lags: [a -> b]\n", "names no lag"},
        {"tiers: [a]\n", "is no list"},
        {"tiers: [[{a: b}]]\n", "a tier lists names"},
        {"only_calls: perhaps\n", "write true or false"},
        {"requires: [a -> b]\n", "required"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caus_arena *arena = caus_arena_new(0);
        caus_knowledge made;
        caus_error err;
        assert_int_equal(read_text(cases[i].text, arena, &made, &err),
                         CAUS_ERR_INVALID_DATA);
        if (!strstr(err.message, cases[i].words))
            fail_msg("%s: %s", cases[i].text, err.message);
        caus_arena_free(arena);
    }
}

static void names_may_hold_the_words_of_rules(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_knowledge made;
    assert_int_equal(
        read_text("forbidden: [ jet lag time -> b - c ]\n", arena, &made, NULL),
        CAUS_OK);
    assert_string_equal(made.rules[0].source, "jet lag time");
    assert_string_equal(made.rules[0].target, "b - c");
    assert_int_equal(made.rules[0].kind, CAUS_RULE_FORBIDDEN);
    caus_arena_free(arena);
}

static void only_calls_needs_a_topology(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = series_of(arena);
    caus_knowledge knowledge;
    const unsigned char *cells;
    caus_error err;
    assert_int_equal(read_text("only_calls: true\n", arena, &knowledge, NULL),
                     CAUS_OK);
    assert_int_equal(caus_knowledge_apply(&knowledge, &series, NULL, NULL, 1,
                                          arena, &cells, &err),
                     CAUS_ERR_INVALID_DATA);
    assert_non_null(strstr(err.message, "--topology"));
    caus_arena_free(arena);
}

static void more_required_causes_than_allowed_name_their_lines(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = series_of(arena);
    caus_knowledge knowledge;
    const unsigned char *cells;
    caus_error err;
    assert_int_equal(read_text("required:\n"
                               "  - load -> auth_cpu lags 0-1\n"
                               "  - load -> pay_latency lag 0\n"
                               "  - pay_latency -> auth_cpu lag 1\n",
                               arena, &knowledge, NULL),
                     CAUS_OK);
    for (knowledge.max_parents = 0; knowledge.max_parents < 5;
         knowledge.max_parents++) {
        bool fits = knowledge.max_parents == 0 || knowledge.max_parents > 2;
        assert_int_equal(caus_knowledge_apply(&knowledge, &series, NULL, NULL,
                                              1, arena, &cells, &err),
                         fits ? CAUS_OK : CAUS_ERR_INVALID_DATA);
        if (!fits)
            assert_non_null(
                strstr(err.message,
                       "3 causes of auth_cpu are required (line 2, line 4)"));
    }
    caus_arena_free(arena);
}

static void rules_without_effect_are_found(void **state)
{
    (void)state;
    static const char *const other[] = {"shop"};
    const caus_topology strange = {.service_count = 1, .services = other};
    caus_arena *arena = caus_arena_new(0);
    caus_series series = series_of(arena);
    caus_knowledge knowledge;
    const char *const *idle;
    size_t count;
    assert_int_equal(read_text("forbidden:\n"
                               "  - x* -> *_cpu\n"
                               "tiers:\n"
                               "  - [load, \"*_gauge\"]\n"
                               "only_calls: true\n",
                               arena, &knowledge, NULL),
                     CAUS_OK);
    assert_int_equal(caus_knowledge_find_idle(&knowledge, &series, &topology,
                                              arena, &idle, &count, NULL),
                     CAUS_OK);
    assert_int_equal(count, 2);
    assert_non_null(strstr(idle[0], "line 2: no variable matches x*"));
    assert_non_null(strstr(idle[1], "line 4: no variable matches *_gauge"));
    assert_int_equal(caus_knowledge_find_idle(&knowledge, &series, &strange,
                                              arena, &idle, &count, NULL),
                     CAUS_OK);
    assert_int_equal(count, 3);
    assert_non_null(strstr(idle[2], "line 5: only_calls says nothing"));
    caus_arena_free(arena);
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    bool refused = true;
    for (long n = 0; refused; n++) {
        question q;
        caus_arena *keep = caus_arena_new(0);
        caus_knowledge knowledge;
        const unsigned char *cells = NULL;
        q.series = series_of(keep);
        fault_fail_after(n);
        caus_arena *arena = caus_arena_new(0);
        caus_status status = CAUS_ERR_OUT_OF_MEMORY;
        if (arena)
            status = read_text("required: [load -> auth_cpu lag 1]\n"
                               "tiers: [[load], [auth_cpu], [x*]]\n",
                               arena, &knowledge, NULL);
        if (status == CAUS_OK)
            status = caus_knowledge_apply(&knowledge, &q.series, &topology,
                                          NULL, 1, arena, &cells, NULL);
        const char *const *idle;
        size_t count;
        if (status == CAUS_OK)
            status = caus_knowledge_find_idle(&knowledge, &q.series, &topology,
                                              arena, &idle, &count, NULL);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (arena)
            caus_arena_free(arena);
        caus_arena_free(keep);
    }
}

/* Knowledge is honoured by the searches: what is forbidden is never linked,
 * what is required always. */
static void searches_honour_it(void **state)
{
    (void)state;
    enum { N = 3, T = 300 };
    static const char *const abc[] = {"a", "b", "c"};
    static double values[T * N];
    uint32_t noise = 1;
    for (size_t t = 0; t < T; t++) {
        for (size_t i = 0; i < N; i++) {
            noise = noise * 1664525 + 1013904223;
            values[t * N + i] = (double)noise / 0x1p32 - .5;
        }
        if (t)
            values[t * N + 1] += .8 * values[(t - 1) * N];
    }
    caus_arena *arena = caus_arena_new(0);
    caus_run *run;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    caus_series series;
    caus_knowledge knowledge;
    caus_pcmci_options options = caus_pcmci_options_default();
    options.max_lag = 2;
    assert_int_equal(caus_series_from_values(abc, N, values, T, 1000000000,
                                             arena, &series, NULL),
                     CAUS_OK);
    assert_int_equal(read_text("forbidden: [a -> b]\n"
                               "required: [c -> b lag 2]\n",
                               arena, &knowledge, NULL),
                     CAUS_OK);
    assert_int_equal(caus_knowledge_apply(&knowledge, &series, NULL, NULL, 2,
                                          arena, &options.assumptions, NULL),
                     CAUS_OK);
    static const caus_method methods[] = {CAUS_METHOD_PCMCI,
                                          CAUS_METHOD_PCMCIPLUS};
    for (size_t m = 0; m < 2; m++) {
        caus_discovery found;
        options.method = methods[m];
        assert_int_equal(
            caus_discover_pcmci(&series, &options, run, arena, &found, NULL),
            CAUS_OK);
        for (size_t lag = 1; lag <= 2; lag++)
            assert_int_equal(caus_graph_get(&found.graph, 0, 1, lag).target,
                             CAUS_MARK_NONE);
        assert_int_equal(caus_graph_get(&found.graph, 2, 1, 2).target,
                         CAUS_MARK_ARROW);
    }
    caus_run_free(run);
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_become_assumptions),
        cmocka_unit_test(tiers_forbid_the_way_back),
        cmocka_unit_test(links_follow_calls_when_told),
        cmocka_unit_test(contradictions_name_their_lines),
        cmocka_unit_test(torn_files_are_refused),
        cmocka_unit_test(names_may_hold_the_words_of_rules),
        cmocka_unit_test(only_calls_needs_a_topology),
        cmocka_unit_test(more_required_causes_than_allowed_name_their_lines),
        cmocka_unit_test(rules_without_effect_are_found),
        cmocka_unit_test(every_failed_allocation_is_told),
        cmocka_unit_test(searches_honour_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
