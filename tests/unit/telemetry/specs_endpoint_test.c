/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "csv_fixture.h"
#include "fault.h"

static const char *const endings[] = {
    "URL",    "TOKEN",   "TOKEN_FILE", "USER",     "PASSWORD", "PASSWORD_FILE",
    "TENANT", "CA_FILE", "CERT_FILE",  "KEY_FILE", "TIMEOUT",  "RETRIES"};

static void set(const char *ending, const char *value)
{
    char name[64];
    snprintf(name, sizeof name, "CAUS_TEST_%s", ending);
    assert_int_equal(setenv(name, value, 1), 0);
}

static int clear_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "CAUS_TEST_%s", endings[i]);
        unsetenv(name);
    }
    return 0;
}

static void defaults_are_those_of_the_header(void **state)
{
    (void)state;
    caus_endpoint endpoint = caus_endpoint_default();
    assert_null(endpoint.url);
    assert_null(endpoint.bearer_token);
    assert_true(endpoint.timeout_s == 30);
    assert_int_equal(endpoint.retries, 3);
    assert_int_equal(endpoint.parallel, 4);
}

static void variables_that_are_set_replace_fields(void **state)
{
    (void)state;
    csv_file token = csv_file_of("s3cret\n");
    caus_arena *out = caus_arena_new(0);
    caus_endpoint endpoint = caus_endpoint_default();
    endpoint.tenant = "kept";
    set("URL", "https://mimir.example/prometheus");
    set("TOKEN_FILE", token.path);
    set("CA_FILE", "/etc/ca.pem");
    set("TIMEOUT", "1m30s");
    set("RETRIES", "0");
    set("TENANT", "");
    assert_int_equal(
        caus_endpoint_from_environment("CAUS_TEST_", out, &endpoint, NULL),
        CAUS_OK);
    assert_string_equal(endpoint.url, "https://mimir.example/prometheus");
    assert_string_equal(endpoint.bearer_token, "s3cret");
    assert_string_equal(endpoint.ca_file, "/etc/ca.pem");
    assert_string_equal(endpoint.tenant, "kept");
    assert_null(endpoint.user);
    assert_true(endpoint.timeout_s == 90);
    assert_int_equal(endpoint.retries, 0);
    assert_int_equal(endpoint.parallel, 4);
    caus_arena_free(out);
    close(token.descriptor);
}

static void a_user_has_a_password(void **state)
{
    (void)state;
    caus_arena *out = caus_arena_new(0);
    caus_endpoint endpoint = caus_endpoint_default();
    set("USER", "reader");
    set("PASSWORD", "pass word");
    set("TIMEOUT", "2.5");
    assert_int_equal(
        caus_endpoint_from_environment("CAUS_TEST_", out, &endpoint, NULL),
        CAUS_OK);
    assert_string_equal(endpoint.user, "reader");
    assert_string_equal(endpoint.password, "pass word");
    assert_true(endpoint.timeout_s == 2.5);
    caus_arena_free(out);
}

static void wrong_variables_are_named_and_secrets_are_not_shown(void **state)
{
    (void)state;
    static const struct {
        const char *set[4]; /* ending, value, ending, value */
        const char *says;
    } cases[] = {
        {{"URL", "localhost:9090"}, "CAUS_TEST_URL"},
        {{"TIMEOUT", "soon"}, "CAUS_TEST_TIMEOUT is 'soon'"},
        {{"TIMEOUT", "0"}, "CAUS_TEST_TIMEOUT"},
        {{"TIMEOUT", "nan"}, "CAUS_TEST_TIMEOUT"},
        {{"TIMEOUT", "-3"}, "CAUS_TEST_TIMEOUT"},
        {{"RETRIES", "-1"}, "CAUS_TEST_RETRIES is '-1'"},
        {{"RETRIES", "101"}, "0 to 100"},
        {{"RETRIES", "3x"}, "0 to 100"},
        {{"TOKEN", "hidden", "PASSWORD", "hidden"}, "CAUS_TEST_TOKEN"},
        {{"TOKEN", "hidden", "TOKEN_FILE", "/x"}, "unset one"},
        {{"TOKEN", "hid\nden"}, "CAUS_TEST_TOKEN"},
        {{"PASSWORD_FILE", "/no/such/file"}, "/no/such/file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        clear_environment(NULL);
        for (int j = 0; j < 4 && cases[i].set[j]; j += 2)
            set(cases[i].set[j], cases[i].set[j + 1]);
        caus_arena *out = caus_arena_new(0);
        caus_endpoint endpoint = caus_endpoint_default();
        endpoint.url = "kept";
        caus_error error;
        assert_int_not_equal(caus_endpoint_from_environment("CAUS_TEST_", out,
                                                            &endpoint, &error),
                             CAUS_OK);
        if (!strstr(error.message, cases[i].says))
            fail_msg("'%s' does not say '%s'", error.message, cases[i].says);
        assert_null(strstr(error.message, "hid"));
        assert_string_equal(endpoint.url, "kept");
        assert_int_equal(caus_arena_used_bytes(out), 0);
        caus_arena_free(out);
    }
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    csv_file token = csv_file_of("s3cret\n");
    set("URL", "http://x");
    set("TOKEN_FILE", token.path);
    bool refused = true;
    for (long successes = 0; refused; successes++) {
        caus_arena *out = caus_arena_new(0);
        caus_endpoint endpoint = caus_endpoint_default();
        fault_fail_after(successes);
        caus_status status =
            caus_endpoint_from_environment("CAUS_TEST_", out, &endpoint, NULL);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(out);
    }
    close(token.descriptor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_header),
        cmocka_unit_test_setup(variables_that_are_set_replace_fields,
                               clear_environment),
        cmocka_unit_test_setup(a_user_has_a_password, clear_environment),
        cmocka_unit_test_setup(
            wrong_variables_are_named_and_secrets_are_not_shown,
            clear_environment),
        cmocka_unit_test_setup(running_out_of_memory_anywhere_is_reported,
                               clear_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
