/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that step near the onset are changes, and no clues. */
#include <math.h>
#include <string.h>

#include "made_case.h"
#include "test.h"

enum { OWN = 9 }; /* the variable that is a setting */

static const char memory[] = "root_redis_config_maxmemory";

/* Rows of a setting, as far as they are not as before. */
typedef struct held {
    size_t from; /* row */
    double value;
} held;

typedef struct made_setting {
    const char *name, *service;
    const char *query; /* NULL = none */
    double first;
    const held *later; /* [count] by row */
    size_t count;
} made_setting;

static const held lowered[] = {{MADE_ONSET - 1, 67108864}};

static const made_setting set_memory = {memory,    "root",  NULL,
                                        536870912, lowered, 1};

/* Measures of which one is a setting. */
static caus_series make_series(made_fixture *with, const made_measure *measures,
                               const made_setting *setting)
{
    caus_series series = made_series(with->arena, measures, NULL, 1);
    caus_segment *segment = caus_arena_array(with->arena, 1, sizeof *segment);
    caus_variable *variables =
        caus_arena_array(with->arena, MADE_VARIABLES, sizeof *variables);
    double *values = caus_arena_array(with->arena, MADE_ROWS * MADE_VARIABLES,
                                      sizeof *values);
    memcpy(values, series.segments[0].values,
           MADE_ROWS * MADE_VARIABLES * sizeof *values);
    memcpy(variables, series.variables, MADE_VARIABLES * sizeof *variables);
    variables[OWN].name = setting->name;
    variables[OWN].service = setting->service;
    if (setting->query)
        variables[OWN].query = setting->query;
    double value = setting->first;
    for (size_t r = 0, i = 0; r < MADE_ROWS; r++) {
        if (i < setting->count && setting->later[i].from == r)
            value = setting->later[i++].value;
        values[r * MADE_VARIABLES + OWN] = value;
    }
    *segment = series.segments[0];
    segment->values = values;
    series.segments = segment;
    series.variables = variables;
    return series;
}

static caus_explanation explain(made_fixture *with, const made_setting *setting)
{
    caus_series series = make_series(with, made_incident, setting);
    caus_explain_options options = made_options();
    return made_explain_series(with, &series, &options);
}

static const caus_clue *clue_of(const caus_explanation *told, size_t variable)
{
    for (size_t i = 0; i < told->clue_count; i++) {
        if (told->clues[i].variable == variable)
            return &told->clues[i];
    }
    fail();
    return NULL;
}

static void a_setting_that_steps_near_the_onset_is_a_change(void **state)
{
    caus_explanation told = explain(*state, &set_memory);
    assert_int_equal(told.change_count, 1);
    const caus_culprit_change *change = &told.changes[0];
    assert_string_equal(change->service, "root");
    assert_string_equal(change->kind, "config");
    assert_string_equal(change->ref,
                        "redis_config_maxmemory from 536870912 to 67108864");
    assert_string_equal(change->text,
                        "root_redis_config_maxmemory went from 536870912 to "
                        "67108864 at 2023-11-14T22:58:05Z");
    assert_string_equal(change->sentence,
                        "config of root (redis_config_maxmemory from 536870912 "
                        "to 67108864), 15 s before the onset");
    assert_int_equal(change->time_ns,
                     made_start_ns + (MADE_ONSET - 1) * made_step_ns);
    assert_true(change->confidence > .5);
    assert_true(told.suspects[0].terms[CAUS_TERM_CHANGE] > 0);
    /* Nobody gave a list, so that one is still missing. */
    assert_false(told.has_changes);
    assert_int_equal(told.known_changes->change_count, 1);
}

static void it_earns_a_chain_its_word(void **state)
{
    caus_explanation told = explain(*state, &set_memory);
    const caus_hop *hop = &told.suspects[0].chain[0];
    bool found = false;
    for (size_t i = 0; i < hop->check_count; i++) {
        found =
            found || (hop->checks[i].state == CAUS_STATE_PASSED &&
                      strcmp(hop->checks[i].text,
                             "a change of root shortly before the onset") == 0);
    }
    assert_true(found);
}

static void a_setting_is_no_clue(void **state)
{
    static const held raised[] = {{MADE_ONSET, 400}};
    made_setting pool = {
        "side_hikaricp_connections_max", "side", NULL, 100, raised, 0};
    caus_explanation quiet = explain(*state, &pool);
    assert_int_equal(quiet.change_count, 0);
    assert_null(quiet.known_changes);
    pool.count = 1;
    caus_explanation told = explain(*state, &pool);
    assert_int_equal(told.change_count, 1);
    assert_true(clue_of(&told, OWN)->score <= 0);
    const double *before = made_suspect_of(&quiet, "side")->terms;
    const double *now = made_suspect_of(&told, "side")->terms;
    for (size_t t = 0; t < CAUS_TERM_COUNT; t++) {
        if (t != CAUS_TERM_CHANGE)
            assert_true(fabs(now[t] - before[t]) < 1e-12);
    }
    /* Nor are its values missing. */
    for (size_t i = 0; i < told.warning_count; i++)
        assert_null(strstr(told.warnings[i], "values are missing"));
}

static void names_tell_settings(void **state)
{
    static const struct {
        const char *name;
        bool falls, rises; /* it is taken for a change if it does */
    } names[] = {
        {"root_redis_config_maxmemory", true, true},
        {"root_hikaricp_connections_max", true, true},
        {"root_jdbc_connections_max", true, true},
        {"root_db_pool_max", true, true},
        {"root_pg_settings_idle_in_transaction_timeout", true, true},
        {"root_mysql_global_variables_max_connections", true, true},
        {"root_go_gomaxprocs", true, true},
        {"root_GOMAXPROCS", true, true},
        {"root_container_spec_cpu_quota", true, true},
        {"root_kube_deployment_spec_replicas", true, true},
        {"root_kube_statefulset_replicas", true, true},
        {"root_container_memory_limit_bytes", true, true},
        {"root_tomcat_threads_config_max_threads", true, true},
        /* the most that there was, or that there may be */
        {"root_redis_config_timeout", true, true},
        {"root_pg_settings_log_min_error_statement", true, true},
        {"root_redis_sentinel_master_setting_ckquorum", true, true},
        {"root_process_max_fds", true, false},
        {"root_max_connections", true, false},
        /* what happens with them */
        {"root_kube_deployment_status_replicas", false, false},
        {"root_config_last_reload_successful", false, false},
        {"root_config_reload_failures_total", false, false},
        {"root_memory_limit_utilization", false, false},
        {"root_rate_limit_remaining", false, false},
        {"root_rate_limit_exceeded", false, false},
        {"root_haproxy_frontend_max_sessions", false, false},
        {"root_http_request_duration_max", false, false},
        {"root_request_timeout_limit", false, false},
        {"root_hikaricp_connections_acquire_seconds_max", false, false},
        {"root_max_memory_time", false, false},
        {"root_requests{app=\"config\"}", false, false},
        {"root_requests{app=\"x\",type=\"config\"}", false, false},
        {"root_redis_config_key_value{key=\"maxmemory\"}", true, true},
        {"root_memory_limit{type=\"used\"}", false, false},
        {"root_configserver_threads", false, false},
        {"root_hikaricp_connections_active", false, false},
        {"root_hikaricp_connections_acquire_seconds_max", false, false},
        {"root_pool_connection_creation_max", false, false},
        {"root_connection_pool_max_time", false, false},
        {"root_haproxy_server_max_connect_time_seconds", false, false},
        {"root_envoy_cluster_ratelimit_over_limit", false, false},
        {"root_quota_denied", false, false},
        {"root_sentinel_config_epoch", false, false},
        /* calls of what is called so */
        {"root_get_settings_errors", false, false},
        {"root_get_settings_p99", false, false},
        {"root_config_requests", false, false},
    };
    static const held down[] = {{MADE_ONSET, 3}}, up[] = {{MADE_ONSET, 30}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        made_setting setting = {names[i].name, "root", NULL, 10, down, 1};
        caus_explanation told = explain(*state, &setting);
        if ((told.change_count == 1) != names[i].falls)
            fail_msg("%s falls", names[i].name);
        setting.later = up;
        told = explain(*state, &setting);
        if ((told.change_count == 1) != names[i].rises)
            fail_msg("%s rises", names[i].name);
    }
}

/* How many changes there are if a setting does this. */
static size_t count_changes(made_fixture *with, const held *later, size_t count)
{
    made_setting setting = set_memory;
    setting.later = later;
    setting.count = count;
    caus_explanation told = explain(with, &setting);
    return told.known_changes ? told.known_changes->change_count : 0;
}

#define COUNT(with, later) \
    count_changes(with, later, sizeof(later) / sizeof *(later))

static void only_what_keeps_its_values_is_a_setting(void **state)
{
    made_fixture *with = *state;
    static const held taken_back[] = {{150, 3}, {190, 536870912}};
    static const held rolled_out[] = {{179, 5}, {180, 4}, {182, 3}};
    static const held too_often[] = {{100, 5}, {150, 4}, {180, 3}};
    static const held slowly[] = {
        {180, 7}, {181, 6}, {183, 5}, {184, 4}, {186, 3}};
    static const held lost[] = {{180, 3}, {182, 536870912}};
    static const held too_late[] = {{MADE_ROWS - 2, 3}};
    static const held unsettled[] = {{150, 3}, {MADE_ROWS - 2, 5}};
    static const held too_soon[] = {{CAUS_LEAST_HEALTHY - 1, 3}};
    static const held soon[] = {{CAUS_LEAST_HEALTHY, 3}};
    assert_int_equal(COUNT(with, taken_back), 2);
    assert_int_equal(COUNT(with, rolled_out), 1);
    assert_int_equal(COUNT(with, too_often), 0);
    assert_int_equal(COUNT(with, slowly), 0);
    assert_int_equal(COUNT(with, lost), 0);
    assert_int_equal(COUNT(with, too_late), 0);
    assert_int_equal(COUNT(with, unsettled), 0);
    assert_int_equal(COUNT(with, too_soon), 0);
    assert_int_equal(COUNT(with, soon), 1);
}

/* Whether a `max` that does this is taken for a setting. */
static bool is_taken(made_fixture *with, const held *later, size_t count)
{
    made_setting setting = {
        "root_max_connections", "root", NULL, 100, later, count};
    caus_explanation told = explain(with, &setting);
    return told.known_changes != NULL;
}

static void the_most_there_was_is_no_setting(void **state)
{
    made_fixture *with = *state;
    static const held lowered_to[] = {{150, 20}}, to_nothing[] = {{150, 0}};
    static const held back[] = {{150, 20}, {190, 100}};
    static const held over[] = {{50, 20}, {MADE_ONSET, 200}};
    static const held lately[] = {{MADE_ONSET, 200}, {210, 100}};
    assert_true(is_taken(with, lowered_to, 1));
    assert_true(is_taken(with, back, 2));
    assert_false(is_taken(with, to_nothing, 1));
    assert_false(is_taken(with, over, 2));
    assert_false(is_taken(with, lately, 2));
}

static void the_step_is_dated_by_the_last_old_value(void **state)
{
    static const held gap[] = {{170, (double)NAN}, {175, 3}};
    made_setting setting = set_memory;
    setting.later = gap;
    setting.count = 2;
    caus_explanation told = explain(*state, &setting);
    assert_int_equal(told.change_count, 1);
    assert_int_equal(told.changes[0].time_ns,
                     made_start_ns + 170 * made_step_ns);
}

static void sums_over_copies_step_where_one_goes(void **state)
{
    made_setting setting = {"root_container_memory_limit_bytes",
                            "root",
                            "sum by (service) (x{service=\"root\"})",
                            536870912,
                            lowered,
                            1};
    assert_int_equal(explain(*state, &setting).change_count, 0);
    setting.query = "avg by (service) (x{service=\"root\"})";
    assert_int_equal(explain(*state, &setting).change_count, 1);
    setting.name = "root_kube_deployment_spec_replicas";
    setting.query = "sum by (service) (x{service=\"root\"})";
    caus_explanation told = explain(*state, &setting);
    assert_int_equal(told.change_count, 1);
    assert_string_equal(told.changes[0].kind, "scale");
}

static void what_is_told_is_not_told_again(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    caus_change list[] = {
        made_change(options.onset_ns, -30, "root", CAUS_CHANGE_CONFIG, "c1")};
    caus_changes changes = {1, list};
    list[0].kind_name = "config";
    options.changes = &changes;
    caus_series series = make_series(with, made_incident, &set_memory);
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_int_equal(told.known_changes->change_count, 1);
    list[0].service = "side";
    told = made_explain_series(with, &series, &options);
    assert_int_equal(told.known_changes->change_count, 2);
    assert_int_equal(told.change_count, 2);
    assert_string_equal(told.changes[0].service, "root");
}

static void what_somebody_asks_about_is_a_symptom(void **state)
{
    made_fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = memory;
    caus_series series = make_series(with, made_incident, &set_memory);
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_int_equal(told.change_count, 0);
    bool measured = isfinite(clue_of(&told, OWN)->size);
    assert_true(measured);
}

static void settings_alone_are_no_incident(void **state)
{
    made_fixture *with = *state;
    made_measure quiet[MADE_VARIABLES];
    made_quiet(quiet);
    caus_series series = make_series(with, quiet, &set_memory);
    caus_explain_options options = made_options();
    caus_explanation told = made_explain_series(with, &series, &options);
    assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    assert_true(told.changes[0].confidence < .2);
}

static void a_change_long_before_fits_less(void **state)
{
    static const held early[] = {{60, 3}};
    made_setting setting = set_memory;
    setting.later = early;
    caus_explanation told = explain(*state, &setting);
    assert_int_equal(told.change_count, 1);
    assert_true(told.changes[0].confidence < .1);
    assert_true(told.suspects[0].terms[CAUS_TERM_CHANGE] < .1);
}

static void want_of_memory_is_told(void **state)
{
    made_fixture *with = *state;
    caus_series series = make_series(with, made_incident, &set_memory);
    caus_explain_options options = made_options();
    made_want_memory(with, &series, &options);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_setting_that_steps_near_the_onset_is_a_change),
        TEST(it_earns_a_chain_its_word),
        TEST(a_setting_is_no_clue),
        TEST(names_tell_settings),
        TEST(only_what_keeps_its_values_is_a_setting),
        TEST(the_most_there_was_is_no_setting),
        TEST(the_step_is_dated_by_the_last_old_value),
        TEST(sums_over_copies_step_where_one_goes),
        TEST(what_is_told_is_not_told_again),
        TEST(what_somebody_asks_about_is_a_symptom),
        TEST(settings_alone_are_no_incident),
        TEST(a_change_long_before_fits_less),
        TEST(want_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
