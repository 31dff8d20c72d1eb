/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/prometheus_scan.h"

#include <math.h>
#include <string.h>

#include "fault.h"
#include "test.h"

/* Everything a scan hands on, as one text. */
typedef struct heard {
    caus_text text;
    size_t points;
} heard;

static caus_status hear_series(void *data, const caus_label *labels,
                               size_t count, caus_error *err)
{
    heard *to = data;
    (void)err;
    caus_text_add(&to->text, "<");
    for (size_t i = 0; i < count; i++)
        caus_text_format(&to->text, "%s=%s;", labels[i].name, labels[i].value);
    caus_text_add(&to->text, ">");
    return CAUS_OK;
}

static caus_status hear_point(void *data, int64_t time_ms, double value,
                              caus_error *err)
{
    heard *to = data;
    (void)err;
    to->points++;
    caus_text_format(&to->text, "%lld:", (long long)time_ms);
    if (isnan(value))
        caus_text_add(&to->text, "-");
    else
        caus_text_add_double(&to->text, value);
    caus_text_add(&to->text, " ");
    return CAUS_OK;
}

static caus_status hear_histogram(void *data, caus_error *err)
{
    heard *to = data;
    (void)err;
    caus_text_add(&to->text, "histogram ");
    return CAUS_OK;
}

static caus_status hear_note(void *data, const char *text, caus_error *err)
{
    heard *to = data;
    (void)err;
    caus_text_format(&to->text, "note(%s) ", text);
    return CAUS_OK;
}

static caus_status hear_word(void *data, const char *text, caus_error *err)
{
    heard *to = data;
    (void)err;
    caus_text_format(&to->text, "word(%s) ", text);
    return CAUS_OK;
}

static caus_status hear_metadata(void *data, const char *name, const char *type,
                                 const char *unit, caus_error *err)
{
    heard *to = data;
    (void)err;
    caus_text_format(&to->text, "%s is %s in %s ", name, type, unit);
    return CAUS_OK;
}

static caus_status scan(const char *reply, size_t length, size_t piece,
                        bool is_metadata, heard *to, caus_error *err)
{
    caus_scan_events events = {.series = hear_series,
                               .point = hear_point,
                               .histogram = hear_histogram,
                               .note = hear_note,
                               .word = hear_word,
                               .metadata = hear_metadata,
                               .data = to,
                               .note_data = to};
    caus_scanner scanner;
    caus_status status = CAUS_OK;
    *to = (heard){0};
    caus_text_add(&to->text, "");
    caus_scan_init(&scanner, &events, is_metadata);
    for (size_t at = 0; status == CAUS_OK && at < length; at += piece) {
        size_t count = length - at < piece ? length - at : piece;
        status = caus_scan_push(&scanner, reply + at, count, err);
    }
    if (status == CAUS_OK)
        status = caus_scan_finish(&scanner, err);
    caus_scan_deinit(&scanner);
    return status;
}

/* The same in pieces of every size. */
static void assert_scans(const char *reply, bool is_metadata,
                         const char *expected)
{
    size_t length = strlen(reply);
    for (size_t piece = 1; piece <= length; piece++) {
        heard to;
        caus_error err = {0};
        caus_status status = scan(reply, length, piece, is_metadata, &to, &err);
        if (status != CAUS_OK)
            fail_msg("pieces of %zu: %s", piece, err.message);
        assert_string_equal(to.text.bytes, expected);
        caus_text_deinit(&to.text);
    }
}

static void assert_fails(const char *reply, caus_status status,
                         const char *words)
{
    size_t length = strlen(reply);
    for (size_t piece = 1; piece <= length; piece++) {
        heard to;
        caus_error err = {0};
        assert_int_equal(scan(reply, length, piece, false, &to, &err), status);
        if (!strstr(err.message, words))
            fail_msg("'%s' lacks '%s'", err.message, words);
        caus_text_deinit(&to.text);
    }
}

#define MATRIX(elements)                                                      \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":" \
    "[" elements "]}}"

static void a_matrix_arrives_whole_in_pieces_of_any_size(void **state)
{
    (void)state;
    assert_scans(
        MATRIX("{\"metric\":{\"__name__\":\"up\",\"job\":\"a\"},\"values\":"
               "[[1795227147,\"59.06\"],[1795227162.5,\"0\"],"
               "[1795227177.123,\"1e-3\"]]},"
               "{\"metric\":{},\"values\":[[1,\"-2\"]]}"),
        false,
        "<__name__=up;job=a;>1795227147000:59.06 1795227162500:0 "
        "1795227177123:0.001 <>1000:-2 ");
    assert_scans(" { \"status\" : \"success\" , \"data\" : { \"result\" : [ { "
                 "\"metric\" : { \"a\" : \"b\" } , \"values\" : [ [ 1 , \"2\" "
                 "] , [ 3 , \"4\" ] ] } ] } }\n",
                 false, "<a=b;>1000:2 3000:4 ");
}

static void values_that_are_no_numbers_are_missing(void **state)
{
    (void)state;
    assert_scans(MATRIX("{\"metric\":{},\"values\":[[1,\"NaN\"],[2,\"+Inf\"],"
                        "[3,\"-Inf\"],[4,\"5\"]]}"),
                 false, "<>1000:- 2000:- 3000:- 4000:5 ");
}

static void doubles_are_exact(void **state)
{
    (void)state;
    assert_scans(MATRIX("{\"metric\":{},\"values\":"
                        "[[1,\"0.1\"],[2,\"1.7976931348623157e+308\"],"
                        "[3,\"5e-324\"],[4,\"9007199254740993\"]]}"),
                 false,
                 "<>1000:0.1 2000:1.7976931348623157e+308 "
                 "3000:4.94065645841247e-324 4000:9007199254740992 ");
}

static void labels_are_unescaped(void **state)
{
    (void)state;
    assert_scans(MATRIX("{\"metric\":{\"a\":\"q\\\"b\\\\n\\n\\/\\u00fc\","
                        "\"e\":\"\\ud83d\\ude00\",\"z\":\"\\u0000\\ud800\"},"
                        "\"values\":[]}"),
                 false,
                 "<a=q\"b\\n\n/ü;e=\xf0\x9f\x98\x80;z=\xef\xbf\xbd"
                 "\xef\xbf\xbd;>");
}

static void vectors_series_words_and_notes_are_read(void **state)
{
    (void)state;
    assert_scans(MATRIX("{\"metric\":{\"a\":\"b\"},\"value\":[7,\"8\"]}"),
                 false, "<a=b;>7000:8 ");
    assert_scans("{\"status\":\"success\",\"data\":[{\"__name__\":\"x\"},"
                 "{\"__name__\":\"y\",\"job\":\"z\"}]}",
                 false, "<__name__=x;><__name__=y;job=z;>");
    assert_scans("{\"status\":\"success\",\"data\":[\"up\",\"x\"],"
                 "\"warnings\":[\"slow\"],\"infos\":[\"no counter\"]}",
                 false, "word(up) word(x) note(slow) note(no counter) ");
}

static void metadata_is_read(void **state)
{
    (void)state;
    assert_scans("{\"status\":\"success\",\"data\":{\"result\":[{\"type\":"
                 "\"gauge\",\"help\":\"x [y] {z}\",\"unit\":\"s\"}],\"c\":[{"
                 "\"type\":\"counter\",\"unit\":\"\"},{\"type\":\"gauge\"}]}}",
                 true, "result is gauge in s c is counter in  c is gauge in  ");
}

static void native_histograms_are_noticed(void **state)
{
    (void)state;
    assert_scans(MATRIX("{\"metric\":{\"a\":\"b\"},\"histograms\":[[1,{"
                        "\"count\":\"9\",\"buckets\":[[0,\"1\",\"2\",\"3\"]]}]]"
                        "}"),
                 false, "<a=b;>histogram ");
    assert_scans(MATRIX("{\"metric\":{\"a\":\"b\"},\"histogram\":[1,{"
                        "\"count\":\"9\"}]}"),
                 false, "<a=b;>histogram ");
}

static void unknown_parts_are_passed_by(void **state)
{
    (void)state;
    assert_scans("{\"stats\":{\"a\":[1,{\"b\":[]}],\"c\":null},\"isPartial\":"
                 "false,\"status\":\"success\",\"data\":{\"resultType\":"
                 "\"matrix\",\"result\":[{\"metric\":{},\"group\":[1,[2]],"
                 "\"values\":[[1,\"2\"]]}],\"analysis\":{\"values\":[[1]]}}}",
                 false, "<>1000:2 ");
}

static void an_error_is_given_in_the_servers_words(void **state)
{
    (void)state;
    assert_fails("{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":"
                 "\"1:3: parse error\"}",
                 CAUS_ERR_SERVER, "the server said: 1:3: parse error");
}

static void html_is_told_from_json(void **state)
{
    (void)state;
    assert_fails("<!DOCTYPE html><html></html>", CAUS_ERR_SERVER, "HTML page");
    assert_fails("Service is starting", CAUS_ERR_SERVER, "not JSON");
}

static void replies_that_stop_short_are_noticed(void **state)
{
    (void)state;
    const char *reply = MATRIX("{\"metric\":{\"a\":\"b\"},\"values\":[[1,"
                               "\"2\"]]}");
    for (size_t length = 0; length < strlen(reply); length++) {
        heard to;
        caus_error err = {0};
        assert_int_equal(scan(reply, length, 7, false, &to, &err),
                         CAUS_ERR_SERVER);
        assert_non_null(strstr(err.message, "cut it off"));
        caus_text_deinit(&to.text);
    }
}

static void malformed_replies_are_refused(void **state)
{
    (void)state;
    static const char *const replies[] = {
        "[1]",
        "{\"data\":[]}",
        "{\"status\":\"success\"}}",
        "{\"status\" \"success\"}",
        "{\"status\":\"success\",}",
        "{\"status\":\"succ\ness\"}",
        "{\"status\":nul}",
        "{\"status\":01x}",
        "{,}",
        "{\"status\":\"\\x\"}",
        "{\"status\":\"\\u12\"}",
        "{\"status\":\"\xff\"}",
        MATRIX("{\"values\":[[1,\"2\"]]}"),
        MATRIX("{\"metric\":{\"a\":1},\"values\":[]}"),
        MATRIX("{\"metric\":{},\"values\":[[1,\"x\"]]}"),
        MATRIX("{\"metric\":{},\"values\":[[1,\"2x\"]]}"),
        MATRIX("{\"metric\":{},\"values\":[[\"2\"]]}"),
        MATRIX("{\"metric\":{},\"values\":[[1,2]]}"),
        MATRIX("{\"metric\":{},\"values\":[[true,\"2\"]]}"),
        MATRIX("{\"metric\":{},\"values\":[[1e99,\"2\"]]}"),
        MATRIX("{\"metric\":{},\"values\":[[1,\"2\"]}"),
        MATRIX("{\"metric\":{},\"values\":[[1,\"2\"],]}"),
    };
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        assert_fails(replies[i], CAUS_ERR_SERVER, "no well-formed reply");
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char reply[3000] = "{\"x\":";
    memset(reply + 5, '[', 2000);
    assert_fails(reply, CAUS_ERR_SERVER, "nested too deeply");
}

static void endless_texts_are_refused(void **state)
{
    (void)state;
    caus_text reply = {0};
    caus_text_add(&reply, "{\"status\":\"");
    for (int i = 0; i < CAUS_SCAN_MAX_TEXT / 16 + 2; i++)
        caus_text_add(&reply, "0123456789abcdef");
    heard to;
    caus_error err = {0};
    assert_int_equal(scan(reply.bytes, reply.length, 4096, false, &to, &err),
                     CAUS_ERR_LIMIT);
    caus_text_deinit(&to.text);
    caus_text_deinit(&reply);
}

static void memory_running_out_is_survived(void **state)
{
    (void)state;
    const char *reply = MATRIX("{\"metric\":{\"a\":\"b\"},\"values\":[[1,"
                               "\"2\"]]}");
    bool was_refused = true;
    for (long n = 0; was_refused; n++) {
        caus_scan_events events = {0};
        caus_scanner scanner;
        caus_error err = {0};
        caus_scan_init(&scanner, &events, false);
        fault_fail_after(n);
        caus_status status =
            caus_scan_push(&scanner, reply, strlen(reply), &err);
        was_refused = fault_stop();
        assert_int_equal(status,
                         was_refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_scan_deinit(&scanner);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_matrix_arrives_whole_in_pieces_of_any_size),
        cmocka_unit_test(values_that_are_no_numbers_are_missing),
        cmocka_unit_test(doubles_are_exact),
        cmocka_unit_test(labels_are_unescaped),
        cmocka_unit_test(vectors_series_words_and_notes_are_read),
        cmocka_unit_test(metadata_is_read),
        cmocka_unit_test(native_histograms_are_noticed),
        cmocka_unit_test(unknown_parts_are_passed_by),
        cmocka_unit_test(an_error_is_given_in_the_servers_words),
        cmocka_unit_test(html_is_told_from_json),
        cmocka_unit_test(replies_that_stop_short_are_noticed),
        cmocka_unit_test(malformed_replies_are_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(endless_texts_are_refused),
        cmocka_unit_test(memory_running_out_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
