// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "telemetry/clickhouse_rows.h"

static const caus_row_type types[] = {CAUS_ROW_U8, CAUS_ROW_U32, CAUS_ROW_U64,
                                      CAUS_ROW_F64, CAUS_ROW_TEXT};
enum { TYPES = sizeof types / sizeof *types };

/* Three rows as ClickHouse 18.16 writes them: the text of the second is 200
 * bytes long, its length takes two bytes. */
static size_t make_body(char *body)
{
    size_t length = 0;
    for (unsigned row = 0; row < 3; row++) {
        double real = row == 1 ? (double)NAN : 0.5 + row;
        uint32_t middle = 1761706800u + row;
        uint64_t big = UINT64_MAX - row;
        body[length++] = (char)(250 + row);
        memcpy(body + length, &middle, 4);
        memcpy(body + length + 4, &big, 8);
        memcpy(body + length + 12, &real, 8);
        length += 20;
        size_t text = row == 1 ? 200 : row;
        if (text >= 128)
            body[length++] = (char)(text | 128);
        body[length++] = (char)(text >= 128 ? text >> 7 : text);
        memset(body + length, 'a' + (int)row, text);
        length += text;
    }
    return length;
}

typedef struct seen {
    unsigned rows;
    unsigned forgotten;
    unsigned refuse_at; /* 0 = never */
} seen;

static caus_status check_row(void *data, const caus_row_value *values,
                             caus_error *err)
{
    (void)err;
    seen *at = data;
    unsigned row = at->rows++;
    assert_int_equal(values[0].number, 250 + row);
    assert_int_equal(values[1].number, 1761706800u + row);
    assert_true(values[2].number == UINT64_MAX - row);
    if (row == 1)
        assert_true(isnan(values[3].real));
    else
        assert_true(values[3].real == 0.5 + row);
    assert_int_equal(values[4].length, row == 1 ? 200 : row);
    for (size_t i = 0; i < values[4].length; i++)
        assert_int_equal(values[4].text[i], 'a' + (int)row);
    return at->rows == at->refuse_at ? CAUS_ERR_INVALID_DATA : CAUS_OK;
}

static void forget(void *data)
{
    seen *at = data;
    at->rows = 0;
    at->forgotten++;
}

static caus_row_reader reader_for(seen *at)
{
    return (caus_row_reader){.types = types,
                             .type_count = TYPES,
                             .row = check_row,
                             .forget = forget,
                             .data = at};
}

static caus_status finish(const caus_row_reader *reader, caus_error *err)
{
    return caus_row_reader_finish(reader, "h:8123", "the query", err);
}

static void rows_come_whole_however_the_body_is_cut(void **state)
{
    (void)state;
    char body[512];
    size_t length = make_body(body);
    for (size_t first = 0; first <= length; first++) {
        for (size_t second = first; second <= length; second += 7) {
            seen at = {0};
            caus_row_reader reader = reader_for(&at);
            assert_int_equal(caus_row_reader_feed(&reader, body, first, NULL),
                             CAUS_OK);
            assert_int_equal(caus_row_reader_feed(&reader, body + first,
                                                  second - first, NULL),
                             CAUS_OK);
            assert_int_equal(caus_row_reader_feed(&reader, body + second,
                                                  length - second, NULL),
                             CAUS_OK);
            assert_int_equal(finish(&reader, NULL), CAUS_OK);
            assert_int_equal(at.rows, 3);
            caus_row_reader_deinit(&reader);
        }
    }
}

static void a_body_that_stops_in_a_row_is_refused(void **state)
{
    (void)state;
    char body[512];
    size_t length = make_body(body);
    size_t whole = 0;
    for (size_t cut = 0; cut <= length; cut++) {
        seen at = {0};
        caus_error err;
        caus_row_reader reader = reader_for(&at);
        caus_row_reader_feed(&reader, body, cut, NULL);
        caus_status status = finish(&reader, &err);
        whole += status == CAUS_OK;
        if (status != CAUS_OK) {
            assert_int_equal(status, CAUS_ERR_SERVER);
            assert_non_null(strstr(err.message, "in the middle of a row"));
        }
        caus_row_reader_deinit(&reader);
    }
    assert_int_equal(whole, 4); /* after 0, 1, 2 and 3 rows */
}

static void an_error_behind_rows_is_told_in_the_servers_words(void **state)
{
    (void)state;
    static const struct {
        const char *tail;
        caus_status status;
        const char *words;
    } cases[] = {
        {"Code: 241, e.displayText() = DB::Exception: Memory limit (for query) "
         "exceeded, e.what() = DB::Exception\n",
         CAUS_ERR_LIMIT,
         "(Code: 241, e.displayText() = DB::Exception: Memory limit (for "
         "query) exceeded): ask for less"},
        {"\r\n__exception__\r\nabcdefgh\r\nCode: 395. DB::Exception: thrown. "
         "(FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)\n86 abcdefgh\r\n"
         "__exception__\r\n",
         CAUS_ERR_SERVER,
         "(Code: 395. DB::Exception: thrown. "
         "(FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)): look"},
    };
    char body[1024];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = make_body(body);
        size_t added = strlen(cases[i].tail);
        memcpy(body + length, cases[i].tail, added);
        for (size_t chunk = 1; chunk < 90; chunk += 11) {
            seen at = {.refuse_at = 3};
            caus_error err;
            caus_row_reader reader = reader_for(&at);
            for (size_t from = 0; from < length + added; from += chunk) {
                size_t left = length + added - from;
                assert_int_equal(
                    caus_row_reader_feed(&reader, body + from,
                                         left < chunk ? left : chunk, NULL),
                    CAUS_OK);
            }
            assert_int_equal(finish(&reader, &err), cases[i].status);
            assert_non_null(strstr(err.message, cases[i].words));
            assert_non_null(strstr(err.message, "in the middle of its reply"));
            caus_row_reader_deinit(&reader);
        }
    }
}

static void the_tail_of_a_long_body_is_kept(void **state)
{
    (void)state;
    static const caus_row_type byte = CAUS_ROW_U8;
    static const char words[] = "Code: 159. DB::Exception: Timeout exceeded";
    for (size_t chunk = 1; chunk < 20000; chunk = chunk * 3 + 1) {
        seen at = {0};
        caus_row_reader reader = reader_for(&at);
        reader.types = &byte;
        reader.type_count = 1;
        reader.damaged = true; /* rows do not matter here */
        char *body = calloc(1, 30000 + sizeof words);
        memcpy(body + 30000, words, sizeof words);
        for (size_t from = 0; from < 30000 + sizeof words; from += chunk) {
            size_t left = 30000 + sizeof words - from;
            caus_row_reader_feed(&reader, body + from,
                                 left < chunk ? left : chunk, NULL);
        }
        caus_error err;
        assert_int_equal(finish(&reader, &err), CAUS_ERR_LIMIT);
        assert_non_null(strstr(err.message, "Timeout exceeded"));
        caus_row_reader_deinit(&reader);
        free(body);
    }
}

static caus_status take_any(void *data, const caus_row_value *values,
                            caus_error *err)
{
    (void)data, (void)values, (void)err;
    return CAUS_OK;
}

static void what_is_no_clickhouse_is_shown_by_its_first_bytes(void **state)
{
    (void)state;
    static const caus_row_type text = CAUS_ROW_TEXT;
    static const char page[] = "\x85\xFF\xFF\xFF\xFF<!DOCTYPE html>";
    caus_row_reader reader = {.types = &text, .type_count = 1, .row = take_any};
    caus_error err;
    assert_int_equal(caus_row_reader_feed(&reader, page, sizeof page - 1, NULL),
                     CAUS_OK);
    assert_int_equal(finish(&reader, &err), CAUS_ERR_SERVER);
    assert_non_null(
        strstr(err.message, "(it begins \".....<!DOCTYPE html>\")"));
    assert_non_null(strstr(err.message, "usually 8123"));
    caus_row_reader_deinit(&reader);
}

static void a_reset_forgets_everything(void **state)
{
    (void)state;
    char body[512];
    size_t length = make_body(body);
    seen at = {0};
    caus_row_reader reader = reader_for(&at);
    caus_row_reader_feed(&reader, body, length - 1, NULL);
    caus_row_reader_reset(&reader);
    assert_int_equal(at.forgotten, 1);
    caus_row_reader_feed(&reader, body, length, NULL);
    assert_int_equal(finish(&reader, NULL), CAUS_OK);
    assert_int_equal(at.rows, 3);
    caus_row_reader_deinit(&reader);
}

static void decoding_survives_each_failed_allocation(void **state)
{
    (void)state;
    char body[512];
    size_t length = make_body(body);
    for (long n = 0;; n++) {
        seen at = {0};
        caus_error err;
        caus_row_reader reader = reader_for(&at);
        fault_fail_after(n);
        caus_status status = CAUS_OK;
        for (size_t i = 0; i < length && status == CAUS_OK; i++)
            status = caus_row_reader_feed(&reader, body + i, 1, &err);
        bool refused = fault_stop();
        caus_row_reader_deinit(&reader);
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (!refused)
            break;
    }
}

static void codes_of_clickhouse_become_statuses_with_a_way_out(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        caus_status status;
        const char *sentence;
    } cases[] = {
        {"Code: 60, e.displayText() = DB::Exception: Table a.b doesn't "
         "exist., e.what() = DB::Exception",
         CAUS_ERR_NOT_FOUND,
         "ClickHouse at h:8123 answered the query with HTTP 404 (Code: 60, "
         "e.displayText() = DB::Exception: Table a.b doesn't exist.): name "
         "the right one by ?database=\xE2\x80\xA6&table=\xE2\x80\xA6 in the "
         "url"},
        {"Code: 497. DB::Exception: reader: Not enough privileges.",
         CAUS_ERR_DENIED, "grant this user SELECT"},
        {"Code: 516. DB::Exception: Authentication failed", CAUS_ERR_DENIED,
         "CAUS_CLICKHOUSE_PASSWORD"},
        {"Code: 999999999999999999999. x", CAUS_ERR_SERVER, "--show-queries"},
        {"Code: ", CAUS_ERR_SERVER, "(Code: )"},
        {"<html>\n<h1>Bad gateway", CAUS_ERR_SERVER,
         "HTTP 404 and an HTML page: check the url"},
        {"", CAUS_ERR_SERVER, "HTTP 404 ()"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caus_error err;
        assert_int_equal(caus_clickhouse_fail("h:8123", "the query", 404,
                                              cases[i].words,
                                              strlen(cases[i].words), &err),
                         cases[i].status);
        if (!strstr(err.message, cases[i].sentence))
            fail_msg("%s\nlacks %s", err.message, cases[i].sentence);
    }
    char *endless = malloc(2000);
    for (size_t i = 0; i < 2000; i += 2)
        memcpy(endless + i, "\xC3\xA9", 2);
    caus_error err;
    caus_clickhouse_fail("h", "q", 500, endless + 1, 1999, &err);
    assert_true(strlen(err.message) < 600);
    free(endless);
}

/* ---- lists of texts ---- */

static caus_text_list list_of(caus_arena *arena, const char *const *texts,
                              size_t count)
{
    caus_text_list list = {.scratch = arena, .width = 1};
    for (size_t i = 0; i < count; i++) {
        caus_row_value row[2] = {{.text = texts[i], .length = strlen(texts[i])},
                                 {.number = i}};
        assert_int_equal(caus_text_list_take(&list, row, NULL), CAUS_OK);
    }
    return list;
}

static void the_three_nearest_names_come_nearest_first(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    const char *const names[] = {"payments", "cart",      "checkuot",
                                 "auth",     "check-out", "checkout-worker"};
    caus_text_list list = list_of(arena, names, 6);
    caus_text text = {0};
    caus_text_list_add_nearest(&list, "checkout", &text);
    assert_string_equal(text.bytes, "check-out, checkuot, cart");
    text.length = 0;
    list.count = 1;
    caus_text_list_add_nearest(&list, "checkout", &text);
    assert_string_equal(text.bytes, "payments");
    caus_text_deinit(&text);
    caus_arena_free(arena);
}

static void long_lists_of_names_are_cut(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    const char *names[300];
    for (size_t i = 0; i < 300; i++)
        names[i] = "db";
    caus_text_list list = list_of(arena, names, 300);
    caus_text text = {0};
    caus_text_list_add_names(&list, &text);
    assert_string_equal(text.bytes, "db, db, db, db, db, db, db, db and 292 "
                                    "more");
    text.length = 0;
    caus_text_list_forget(&list);
    caus_text_list_add_names(&list, &text);
    assert_string_equal(text.bytes, "none");
    caus_row_value row[2] = {{.text = "a\0b", .length = 3}, {0}};
    assert_int_equal(caus_text_list_take(&list, row, NULL),
                     CAUS_ERR_INVALID_DATA);
    caus_text_deinit(&text);
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_whole_however_the_body_is_cut),
        cmocka_unit_test(a_body_that_stops_in_a_row_is_refused),
        cmocka_unit_test(an_error_behind_rows_is_told_in_the_servers_words),
        cmocka_unit_test(the_tail_of_a_long_body_is_kept),
        cmocka_unit_test(what_is_no_clickhouse_is_shown_by_its_first_bytes),
        cmocka_unit_test(a_reset_forgets_everything),
        cmocka_unit_test(decoding_survives_each_failed_allocation),
        cmocka_unit_test(codes_of_clickhouse_become_statuses_with_a_way_out),
        cmocka_unit_test(the_three_nearest_names_come_nearest_first),
        cmocka_unit_test(long_lists_of_names_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
