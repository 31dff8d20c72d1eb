/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are damaged, foreign or made to harm. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "telemetry_made.h"

static caus_fetch write_small(struct made *made)
{
    caus_fetch fetch = made_random(made, 21, 5, 400);
    caus_recording_options options = made_options();
    assert_int_equal(caus_recording_write(made->path, &fetch, &options,
                                          made->run, &made->err),
                     CAUS_OK);
    assert_int_equal(
        caus_recording_add_result(made->path, "x", "{\"a\":1}", &made->err),
        CAUS_OK);
    return fetch;
}

static caus_status read_info(struct made *made)
{
    caus_recording_info info;
    return caus_recording_read_info(made->path, made->arena, &info, &made->err);
}

/* Whatever is read without an error has to be right. */
static caus_status read_checked(struct made *made, const caus_fetch *fetch)
{
    caus_arena *arena = caus_arena_new(0);
    assert_non_null(arena);
    caus_recording_info info;
    caus_samples samples;
    caus_recording_options options = made_options();
    caus_status status =
        caus_recording_read_info(made->path, arena, &info, &made->err);
    if (status == CAUS_OK) {
        assert_string_equal(info.hint, options.hint);
        assert_memory_equal(&info.window, &options.window, sizeof info.window);
        assert_string_equal(info.queries[1].text, fetch->queries[1].text);
        assert_string_equal(info.results[0].json, "{\"a\":1}");
        status = caus_recording_read_samples(made->path, made->run, arena,
                                             &samples, &made->err);
    }
    if (status == CAUS_OK)
        assert_same_samples(&fetch->samples, &samples);
    caus_arena_free(arena);
    return status;
}

static void flipped_bits_are_noticed_or_do_no_harm(void **state)
{
    enum { FLIPS = 400 };
    struct made *made = *state;
    caus_fetch fetch = write_small(made);
    unsigned char *bytes;
    size_t length = read_whole(made->path, &bytes);
    caus_random random;
    caus_random_init(&random, 1, 0);
    size_t noticed = 0;
    for (size_t i = 0; i < FLIPS; i++) {
        /* Every second one in the header or the schema. */
        size_t at = caus_random_below(&random, i % 2 ? length : 4096);
        unsigned char bit =
            (unsigned char)(1u << caus_random_below(&random, 8));
        bytes[at] ^= bit;
        write_whole(made->path, bytes, length);
        caus_status status = read_checked(made, &fetch);
        bool version = at >= 60 && at < 64;
        if (status != CAUS_OK && !(version && status == CAUS_ERR_UNSUPPORTED))
            assert_int_equal(status, CAUS_ERR_INVALID_DATA);
        noticed += status != CAUS_OK;
        bytes[at] ^= bit;
    }
    assert_true(noticed > FLIPS / 4);
    free(bytes);
}

static void overwritten_stretches_are_noticed_or_do_no_harm(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = write_small(made);
    unsigned char *bytes;
    size_t length = read_whole(made->path, &bytes);
    unsigned char *hurt = malloc(length);
    assert_non_null(hurt);
    caus_random random;
    caus_random_init(&random, 2, 0);
    for (int i = 0; i < 200; i++) {
        memcpy(hurt, bytes, length);
        size_t count = 1 + caus_random_below(&random, 64);
        size_t from = caus_random_below(&random, length - count);
        size_t to = 100 + caus_random_below(&random, length - count - 100);
        for (size_t k = 0; k < count; k++)
            hurt[to + k] = i % 2 ? bytes[from + k]
                                 : (unsigned char)caus_random_bits(&random);
        write_whole(made->path, hurt, length);
        caus_status status = read_checked(made, &fetch);
        if (status != CAUS_OK)
            assert_int_equal(status, CAUS_ERR_INVALID_DATA);
    }
    free(hurt);
    free(bytes);
}

static void a_file_cut_short_is_noticed(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = write_small(made);
    unsigned char *bytes;
    size_t length = read_whole(made->path, &bytes);
    for (size_t cut = 0; cut < length; cut += cut < 200 ? 7 : 1013) {
        write_whole(made->path, bytes, cut);
        assert_int_equal(read_checked(made, &fetch), CAUS_ERR_INVALID_DATA);
    }
    free(bytes);
}

static void a_text_file_is_no_incident_file(void **state)
{
    struct made *made = *state;
    static const unsigned char csv[] = "time,a\n1,2\n";
    write_whole(made->path, csv, sizeof csv - 1);
    assert_int_equal(read_info(made), CAUS_ERR_INVALID_DATA);
    assert_non_null(strstr(made->err.message, "is not an incident file"));
    assert_non_null(strstr(made->err.message, "--csv"));
}

static void a_folder_is_no_incident_file(void **state)
{
    struct made *made = *state;
    caus_recording_info info;
    assert_int_equal(
        caus_recording_read_info(made->folder, made->arena, &info, &made->err),
        CAUS_ERR_INVALID_DATA);
}

static void a_missing_file_is_not_found(void **state)
{
    struct made *made = *state;
    assert_int_equal(read_info(made), CAUS_ERR_NOT_FOUND);
    assert_non_null(strstr(made->err.message, "No such file"));
    assert_int_equal(
        caus_recording_add_result(made->path, "x", "{}", &made->err),
        CAUS_ERR_NOT_FOUND);
    assert_int_equal(count_files(made->folder), 0);
}

/* Runs SQL on the file, as anybody can. */
static void change(struct made *made, const char *sql)
{
    sqlite3 *handle;
    assert_int_equal(sqlite3_open(made->path, &handle), SQLITE_OK);
    char *message = NULL;
    if (sqlite3_exec(handle, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    sqlite3_close(handle);
}

static void another_programs_database_is_named_as_such(void **state)
{
    struct made *made = *state;
    change(made, "CREATE TABLE t(a); PRAGMA application_id = 7");
    assert_int_equal(read_info(made), CAUS_ERR_INVALID_DATA);
    assert_non_null(strstr(made->err.message, "of another program"));
}

static void a_newer_layout_is_refused_with_the_way_out(void **state)
{
    struct made *made = *state;
    write_small(made);
    change(made, "PRAGMA user_version = 2");
    assert_int_equal(read_info(made), CAUS_ERR_UNSUPPORTED);
    assert_non_null(strstr(made->err.message, "layout 2"));
    assert_non_null(strstr(made->err.message, "newer one"));
}

static void what_is_not_ours_is_not_believed(void **state)
{
    struct made *made = *state;
    static const char *const changes[] = {
        "CREATE TABLE extra(a)",
        "CREATE VIEW v AS SELECT * FROM meta",
        "CREATE TRIGGER t AFTER INSERT ON result BEGIN DELETE FROM chunk; END",
        "CREATE INDEX i ON chunk(count)",
        "DROP TABLE warning; CREATE VIEW warning AS SELECT 1 AS id",
        "UPDATE variable SET name = 'other' WHERE id = 1",
        "UPDATE meta SET value = 'other' WHERE key = 'hint'",
        "DELETE FROM meta WHERE key = 'digest'",
        "DELETE FROM chunk WHERE id = 1",
        "UPDATE chunk SET variable_id = 0",
        "DELETE FROM warning",
        "PRAGMA journal_mode = WAL"};
    write_small(made);
    unsigned char *bytes;
    size_t length = read_whole(made->path, &bytes);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        write_whole(made->path, bytes, length);
        change(made, changes[i]);
        assert_int_equal(read_info(made), CAUS_ERR_INVALID_DATA);
        assert_int_equal(
            caus_recording_add_result(made->path, "x", "{}", &made->err),
            CAUS_ERR_INVALID_DATA);
    }
    free(bytes);
}

static void a_harmless_visit_by_sqlite_leaves_the_file_readable(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = write_small(made);
    change(made, "SELECT count(*) FROM variable; VACUUM");
    assert_int_equal(read_checked(made, &fetch), CAUS_OK);
}

static void swapped_chunks_are_noticed(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = write_small(made);
    change(made, "UPDATE chunk SET bytes = (SELECT bytes FROM chunk AS other "
                 "WHERE other.id = 1) WHERE id = 0");
    assert_int_equal(read_info(made), CAUS_OK);
    assert_int_equal(read_checked(made, &fetch), CAUS_ERR_INVALID_DATA);
}

static void a_stale_journal_beside_the_file_is_not_played_back(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = write_small(made);
    char journal[128];
    snprintf(journal, sizeof journal, "%s-journal", made->path);
    static const unsigned char bytes[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1,
                                          0x63, 0xd7, 0,    0,    0,    1};
    write_whole(journal, bytes, sizeof bytes);
    assert_int_equal(read_checked(made, &fetch), CAUS_OK);
    assert_int_equal(access(journal, F_OK), 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, made_setup, made_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(flipped_bits_are_noticed_or_do_no_harm),
        TEST(overwritten_stretches_are_noticed_or_do_no_harm),
        TEST(a_file_cut_short_is_noticed),
        TEST(a_text_file_is_no_incident_file),
        TEST(a_folder_is_no_incident_file),
        TEST(a_missing_file_is_not_found),
        TEST(another_programs_database_is_named_as_such),
        TEST(a_newer_layout_is_refused_with_the_way_out),
        TEST(what_is_not_ours_is_not_believed),
        TEST(a_harmless_visit_by_sqlite_leaves_the_file_readable),
        TEST(swapped_chunks_are_noticed),
        TEST(a_stale_journal_beside_the_file_is_not_played_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
