/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"
#include "fault.h"
#include "test.h"

/* A file in memory; close() gives it back. */
static int file_of(const char *text, size_t length, char path[64])
{
    int file = memfd_create("config", MFD_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, length), length);
    snprintf(path, 64, "/proc/self/fd/%d", file);
    return file;
}

static caus_status read_yaml(const char *text, caus_arena *out,
                             caus_config_file *made, caus_error *err)
{
    char path[64];
    int file = file_of(text, strlen(text), path);
    caus_status status = caus_config_read(path, out, made, err);
    close(file);
    if (status == CAUS_OK)
        made->path = "vars.yml"; /* the view of `path` ends here */
    return status;
}

static void a_file_becomes_a_tree_with_line_numbers(void **state)
{
    (void)state;
    caus_arena *out = caus_arena_new(0);
    caus_config_file made;
    assert_int_equal(read_yaml("a: 1\n"
                               "b:\n"
                               "  - x\n"
                               "  - {c: 'd'}\n"
                               "e: ~\n"
                               "f: \"~\"\n",
                               out, &made, NULL),
                     CAUS_OK);
    const caus_config_node *root = made.root;
    assert_int_equal(root->type, CAUS_CONFIG_MAP);
    assert_int_equal(root->count, 4);
    assert_string_equal(caus_config_get(root, "a")->text, "1");
    const caus_config_node *list = caus_config_get(root, "b");
    assert_int_equal(list->type, CAUS_CONFIG_LIST);
    assert_int_equal(list->line, 2);
    assert_int_equal(list->count, 2);
    assert_string_equal(list->first->text, "x");
    assert_int_equal(list->first->next->line, 4);
    assert_string_equal(caus_config_get(list->first->next, "c")->text, "d");
    assert_string_equal(caus_config_get(root, "e")->text, "");
    assert_string_equal(caus_config_get(root, "f")->text, "~");
    assert_null(caus_config_get(root, "z"));
    caus_arena_free(out);
}

static void expect_fault(const char *text, caus_status expected,
                         const char *says)
{
    caus_arena *out = caus_arena_new(0);
    caus_config_file made = {NULL, NULL};
    caus_error error;
    caus_status status = read_yaml(text, out, &made, &error);
    if (status != expected)
        fail_msg("status %d for '%s'", (int)status, text);
    if (!strstr(error.message, says))
        fail_msg("'%s' does not say '%s'", error.message, says);
    assert_null(made.root);
    assert_int_equal(caus_arena_used_bytes(out), 0);
    caus_arena_free(out);
}

static void faults_in_yaml_name_the_line(void **state)
{
    (void)state;
    expect_fault("a: 1\nb: [1, 2\n", CAUS_ERR_INVALID_DATA, "line 3");
    expect_fault("a: 1\n\tb: 2\n", CAUS_ERR_INVALID_DATA, "line 2");
    expect_fault("", CAUS_ERR_INVALID_DATA, "no settings");
    expect_fault("# only a comment\n", CAUS_ERR_INVALID_DATA, "no settings");
    expect_fault("a: 1\nb: 2\na: 3\n", CAUS_ERR_INVALID_DATA,
                 "line 3: the key 'a' stands already on line 1");
    expect_fault("a: 1\n---\nb: 2\n", CAUS_ERR_INVALID_DATA, "second document");
    expect_fault("? [a]\n: b\n", CAUS_ERR_INVALID_DATA, "a key is a list");
    expect_fault("a: !ruby/object x\n", CAUS_ERR_INVALID_DATA,
                 "tag '!ruby/object'");
    expect_fault("a: \"x\\0y\"\n", CAUS_ERR_INVALID_DATA, "NUL");
    expect_fault("a: \xff\n", CAUS_ERR_INVALID_DATA, "UTF-8");
    expect_fault("a: 1\n---\n- [\n", CAUS_ERR_INVALID_DATA, "line 4");
}

static void aliases_are_refused_before_they_multiply(void **state)
{
    (void)state;
    expect_fault("a: &x [1]\nb: *x\n", CAUS_ERR_INVALID_DATA,
                 "alias (*name) repeats line 1");
    expect_fault("a: &x\n  b: *x\n", CAUS_ERR_INVALID_DATA, "alias");
    expect_fault("&x a: *x\n", CAUS_ERR_INVALID_DATA, "alias");
    char bomb[2000] = "a0: &a0 [x, x]\n";
    for (int i = 1; i < 30; i++)
        snprintf(bomb + strlen(bomb), sizeof bomb - strlen(bomb),
                 "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1);
    expect_fault(bomb, CAUS_ERR_INVALID_DATA, "alias");
}

static void depth_size_and_keys_are_limited(void **state)
{
    (void)state;
    char deep[64] = "";
    memset(deep, '[', 16);
    memset(deep + 16, ']', 16);
    caus_arena *out = caus_arena_new(0);
    caus_config_file made;
    assert_int_equal(read_yaml(deep, out, &made, NULL), CAUS_OK);
    caus_arena_free(out);
    memset(deep, '[', 17);
    memset(deep + 17, ']', 17);
    expect_fault(deep, CAUS_ERR_LIMIT, "over 16 deep");

    enum { TOO_LONG = (1 << 20) + 1 };
    char *text = malloc(TOO_LONG + 1);
    assert_non_null(text);
    memset(text, '#', TOO_LONG);
    text[TOO_LONG] = '\0';
    expect_fault(text, CAUS_ERR_LIMIT, "over 1024 KiB");
    size_t length = 0;
    for (int i = 0; i < 257; i++)
        length += (size_t)sprintf(text + length, "k%d: 1\n", i);
    expect_fault(text, CAUS_ERR_LIMIT, "over 256 keys");
    free(text);
}

static void unknown_keys_are_named_with_the_nearest(void **state)
{
    (void)state;
    static const char *const keys[] = {"window", "service", NULL};
    caus_arena *out = caus_arena_new(0);
    caus_config_file made;
    caus_error error;
    assert_int_equal(read_yaml("service: a\nwindo: b\n", out, &made, NULL),
                     CAUS_OK);
    assert_int_equal(caus_config_check_keys(&made, made.root, keys, &error),
                     CAUS_ERR_INVALID_DATA);
    assert_non_null(strstr(error.message, "line 2"));
    assert_non_null(strstr(error.message, "nearest is 'window'"));
    assert_int_equal(
        caus_config_check_keys(&made, made.root->first, keys, &error),
        CAUS_ERR_INVALID_DATA);
    caus_arena_free(out);
}

static void a_secret_comes_from_a_variable_or_a_file(void **state)
{
    (void)state;
    caus_arena *out = caus_arena_new(0);
    const char *secret = "untouched";
    unsetenv("CAUS_TEST_KEY");
    unsetenv("CAUS_TEST_KEY_FILE");
    assert_int_equal(caus_secret_read("CAUS_TEST_KEY", "CAUS_TEST_KEY_FILE",
                                      out, &secret, NULL),
                     CAUS_OK);
    assert_null(secret);
    setenv("CAUS_TEST_KEY", "pa ss", 1);
    assert_int_equal(
        caus_secret_read("CAUS_TEST_KEY", NULL, out, &secret, NULL), CAUS_OK);
    assert_string_equal(secret, "pa ss");
    setenv("CAUS_TEST_KEY", "", 1);
    static const char *const contents[] = {"pa ss", "pa ss\n", "pa ss\r\n"};
    for (size_t i = 0; i < 3; i++) {
        char path[64];
        int file = file_of(contents[i], strlen(contents[i]), path);
        setenv("CAUS_TEST_KEY_FILE", path, 1);
        assert_int_equal(caus_secret_read("CAUS_TEST_KEY", "CAUS_TEST_KEY_FILE",
                                          out, &secret, NULL),
                         CAUS_OK);
        assert_string_equal(secret, "pa ss");
        close(file);
    }
    caus_arena_free(out);
}

static void a_bad_secret_is_refused_without_showing_it(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        size_t length;
        caus_status status;
    } cases[] = {{"", 0, CAUS_ERR_INVALID_DATA},
                 {"\n", 1, CAUS_ERR_INVALID_DATA},
                 {"hid\nden\n", 8, CAUS_ERR_INVALID_DATA},
                 {"hid\n\n", 5, CAUS_ERR_INVALID_DATA},
                 {"hid\0den", 7, CAUS_ERR_INVALID_DATA}};
    unsetenv("CAUS_TEST_KEY");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[64];
        int file = file_of(cases[i].content, cases[i].length, path);
        setenv("CAUS_TEST_KEY_FILE", path, 1);
        caus_arena *out = caus_arena_new(0);
        const char *secret = "untouched";
        caus_error error;
        assert_int_equal(caus_secret_read("CAUS_TEST_KEY", "CAUS_TEST_KEY_FILE",
                                          out, &secret, &error),
                         cases[i].status);
        assert_string_equal(secret, "untouched");
        assert_null(strstr(error.message, "hid"));
        assert_non_null(strstr(error.message, path));
        assert_int_equal(caus_arena_used_bytes(out), 0);
        caus_arena_free(out);
        close(file);
    }
}

static void secret_files_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    caus_arena *out = caus_arena_new(0);
    const char *secret;
    caus_error error;
    setenv("CAUS_TEST_KEY_FILE", "/no/such/file", 1);
    assert_int_equal(caus_secret_read("CAUS_TEST_KEY", "CAUS_TEST_KEY_FILE",
                                      out, &secret, &error),
                     CAUS_ERR_NOT_FOUND);
    assert_non_null(strstr(error.message, "CAUS_TEST_KEY_FILE"));
    setenv("CAUS_TEST_KEY_FILE", "/tmp", 1);
    assert_int_equal(caus_secret_read("CAUS_TEST_KEY", "CAUS_TEST_KEY_FILE",
                                      out, &secret, &error),
                     CAUS_ERR_INVALID_ARGUMENT);
    setenv("CAUS_TEST_KEY_FILE", "/dev/zero", 1);
    assert_int_equal(caus_secret_read("CAUS_TEST_KEY", "CAUS_TEST_KEY_FILE",
                                      out, &secret, &error),
                     CAUS_ERR_LIMIT);
    setenv("CAUS_TEST_KEY", "x", 1);
    assert_int_equal(caus_secret_read("CAUS_TEST_KEY", "CAUS_TEST_KEY_FILE",
                                      out, &secret, &error),
                     CAUS_ERR_INVALID_ARGUMENT);
    caus_arena_free(out);
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    char path[64];
    int file = file_of("a: [b, {c: d}]\n", 15, path);
    unsetenv("CAUS_TEST_KEY");
    setenv("CAUS_TEST_KEY_FILE", path, 1);
    for (int which = 0; which < 2; which++) {
        bool refused = true;
        for (long successes = 0; refused; successes++) {
            caus_arena *out = caus_arena_new(0);
            caus_config_file made;
            const char *secret;
            fault_fail_after(successes);
            caus_status status =
                which ? caus_config_read(path, out, &made, NULL)
                      : caus_secret_read("CAUS_TEST_KEY", "CAUS_TEST_KEY_FILE",
                                         out, &secret, NULL);
            refused = fault_stop();
            if (refused)
                assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
            caus_arena_free(out);
        }
        lseek(file, 0, SEEK_SET);
    }
    close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_becomes_a_tree_with_line_numbers),
        cmocka_unit_test(faults_in_yaml_name_the_line),
        cmocka_unit_test(aliases_are_refused_before_they_multiply),
        cmocka_unit_test(depth_size_and_keys_are_limited),
        cmocka_unit_test(unknown_keys_are_named_with_the_nearest),
        cmocka_unit_test(a_secret_comes_from_a_variable_or_a_file),
        cmocka_unit_test(a_bad_secret_is_refused_without_showing_it),
        cmocka_unit_test(secret_files_that_cannot_be_read_are_named),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
