/* SPDX-License-Identifier: Apache-2.0 */
#include "caus/telemetry.h"
#include "fault.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A folder with caus.yml and a secret, removed by the tear-down. */
typedef struct fixture {
    char folder[64];
    char settings[96];
    char secret[96];
    caus_arena *arena;
} fixture;

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    static fixture made;
    snprintf(made.folder, sizeof made.folder, "/tmp/caus-settings-XXXXXX");
    if (!mkdtemp(made.folder))
        return -1;
    snprintf(made.settings, sizeof made.settings, "%s/caus.yml", made.folder);
    snprintf(made.secret, sizeof made.secret, "%s/token", made.folder);
    made.arena = caus_arena_new(0);
    *state = &made;
    return 0;
}

static int tear_down(void **state)
{
    fixture *made = *state;
    caus_arena_free(made->arena);
    unlink(made->settings);
    unlink(made->secret);
    return rmdir(made->folder);
}

static const char whole[] = "prometheus:\n"
                            "  url: https://metrics.test/prom\n"
                            "  tenant: shop\n"
                            "  token_file: token\n"
                            "  timeout: 5s\n"
                            "  retries: 0\n"
                            "clickhouse:\n"
                            "  url: http://127.0.0.1:8123\n"
                            "grafana:\n"
                            "  url: https://grafana.test\n"
                            "  logs: loki-2\n"
                            "  clickhouse: spans-3\n"
                            "vars: vars.yml\n";

static void servers_and_paths_come_back(void **state)
{
    fixture *f = *state;
    write_file(f->settings, whole);
    write_file(f->secret, "s3cret\n");
    caus_settings settings;
    caus_error err;
    assert_int_equal(caus_settings_read(f->settings, f->arena, &settings, &err),
                     CAUS_OK);
    assert_string_equal(settings.prometheus.url, "https://metrics.test/prom");
    assert_string_equal(settings.prometheus.tenant, "shop");
    assert_string_equal(settings.prometheus.bearer_token, "s3cret");
    assert_true(settings.prometheus.timeout_s == 5);
    assert_int_equal(settings.prometheus.retries, 0);
    assert_int_equal(settings.clickhouse.retries, 3);
    char vars[128];
    snprintf(vars, sizeof vars, "%s/vars.yml", f->folder);
    assert_string_equal(settings.vars, vars);
    assert_string_equal(settings.grafana.url, "https://grafana.test");
    assert_string_equal(settings.grafana.logs, "loki-2");
    assert_string_equal(settings.grafana.clickhouse, "spans-3");
    assert_null(settings.grafana.metrics);
    assert_null(settings.topology);
}

static void expect(fixture *f, const char *text, caus_status status,
                   const char *part)
{
    caus_settings settings = {.vars = "untouched"};
    caus_error err;
    write_file(f->settings, text);
    assert_int_equal(caus_settings_read(f->settings, f->arena, &settings, &err),
                     status);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" lacks \"%s\"", err.message, part);
    assert_string_equal(settings.vars, "untouched");
}

static void mistakes_are_named(void **state)
{
    fixture *f = *state;
    expect(f, "prometheus:\n  urll: x\n", CAUS_ERR_INVALID_DATA, "url");
    expect(f, "prometheus:\n  token: x\n", CAUS_ERR_INVALID_DATA, "token");
    expect(f, "kibana:\n  url: x\n", CAUS_ERR_INVALID_DATA, "kibana");
    expect(f, "grafana:\n  urls: x\n", CAUS_ERR_INVALID_DATA, "url");
    expect(f, "clickhouse:\n  retries: many\n", CAUS_ERR_INVALID_DATA,
           "retries");
    expect(f, "prometheus:\n  token_file: nowhere\n", CAUS_ERR_NOT_FOUND,
           "nowhere");
    write_file(f->secret, "one\ttwo\n");
    expect(f, "clickhouse:\n  password_file: token\n", CAUS_ERR_INVALID_DATA,
           "control");
    write_file(f->secret, "one\ntwo\n");
    expect(f, "prometheus:\n  token_file: token\n", CAUS_ERR_INVALID_DATA,
           "one line");
}

static void every_lost_allocation_is_an_error(void **state)
{
    fixture *f = *state;
    write_file(f->settings, whole);
    write_file(f->secret, "s3cret\n");
    for (long n = 0;; n++) {
        caus_settings settings = {.vars = "untouched"};
        caus_error err;
        caus_arena *arena = caus_arena_new(0);
        assert_non_null(arena);
        fault_fail_after(n);
        caus_status status =
            caus_settings_read(f->settings, arena, &settings, &err);
        bool refused = fault_stop();
        caus_arena_free(arena);
        if (!refused) {
            assert_int_equal(status, CAUS_OK);
            break;
        }
        assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
        assert_string_equal(settings.vars, "untouched");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(servers_and_paths_come_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(mistakes_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_lost_allocation_is_an_error,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
