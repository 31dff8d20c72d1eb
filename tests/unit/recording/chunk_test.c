/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "recording/recording_internal.h"
#include "test.h"

enum { MOST = CAUS_CHUNK_SAMPLES };

typedef struct arrays {
    int64_t time_ns[MOST];
    double value[MOST];
    double support[MOST];
} arrays;

static bool same_double(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static void assert_round_trip(const arrays *in, size_t count, bool support)
{
    caus_chunk_codec *codec = caus_chunk_codec_new();
    arrays *out = malloc(sizeof *out);
    assert_true(codec && out);
    caus_chunk chunk = {count, in->time_ns, in->value,
                        support ? in->support : NULL};
    const uint8_t *bytes;
    size_t length;
    caus_error err;
    assert_int_equal(caus_chunk_encode(codec, &chunk, 3, &bytes, &length, &err),
                     CAUS_OK);
    uint8_t *kept = malloc(length);
    assert_non_null(kept);
    memcpy(kept, bytes, length);
    caus_chunk_head head;
    assert_int_equal(caus_chunk_read_head(kept, length, &head, &err), CAUS_OK);
    assert_int_equal(head.count, count);
    assert_int_equal(head.has_support, support);
    assert_int_equal(caus_chunk_decode(codec, kept, length, 3, out->time_ns,
                                       out->value, out->support, &err),
                     CAUS_OK);
    assert_memory_equal(out->time_ns, in->time_ns, count * sizeof(int64_t));
    for (size_t i = 0; i < count; i++) {
        assert_true(same_double(in->value[i], out->value[i]));
        if (support)
            assert_true(same_double(in->support[i], out->support[i]));
    }
    free(kept);
    free(out);
    caus_chunk_codec_free(codec);
}

static arrays *random_arrays(uint64_t seed)
{
    arrays *in = malloc(sizeof *in);
    assert_non_null(in);
    caus_random random;
    caus_random_init(&random, seed, 0);
    for (size_t i = 0; i < MOST; i++) {
        uint64_t bits[3];
        for (size_t k = 0; k < 3; k++)
            bits[k] = caus_random_bits(&random);
        memcpy(&in->time_ns[i], &bits[0], 8);
        memcpy(&in->value[i], &bits[1], 8);
        memcpy(&in->support[i], &bits[2], 8);
    }
    return in;
}

static void any_bits_come_back(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 3, 63, 1000, MOST};
    for (size_t i = 0; i < 6; i++) {
        arrays *in = random_arrays(i);
        assert_round_trip(in, counts[i], i % 2);
        free(in);
    }
}

static void the_ends_of_time_and_of_doubles_come_back(void **state)
{
    (void)state;
    static const arrays in = {
        .time_ns = {INT64_MIN, INT64_MAX, INT64_MIN, 0, -1, INT64_MAX, 1, 1},
        .value = {0.0, -0.0, (double)INFINITY, -(double)INFINITY, 5e-324,
                  1.7976931348623157e308, 1.0, 1.0},
        .support = {-0.0, 1, (double)NAN, 0, 0, 0, 0, 0}};
    assert_round_trip(&in, 8, true);
    assert_round_trip(&in, 8, false);
}

static void every_nan_becomes_the_same_nan(void **state)
{
    (void)state;
    uint64_t odd[] = {0xfff8000000000123u, 0x7ff0000000000001u};
    double values[2];
    memcpy(values, odd, sizeof values);
    int64_t times[] = {1, 2};
    caus_chunk_codec *codec = caus_chunk_codec_new();
    assert_non_null(codec);
    caus_chunk chunk = {2, times, values, NULL};
    const uint8_t *bytes;
    size_t length;
    assert_int_equal(caus_chunk_encode(codec, &chunk, 0, &bytes, &length, NULL),
                     CAUS_OK);
    uint8_t kept[256];
    assert_true(length < sizeof kept);
    memcpy(kept, bytes, length);
    double back[2];
    assert_int_equal(
        caus_chunk_decode(codec, kept, length, 0, times, back, NULL, NULL),
        CAUS_OK);
    uint64_t bits[2];
    memcpy(bits, back, sizeof bits);
    assert_int_equal(bits[0], 0x7ff8000000000000u);
    assert_int_equal(bits[1], 0x7ff8000000000000u);
    caus_chunk_codec_free(codec);
}

/* A chunk of 20 samples, to be damaged. */
static size_t small_chunk(caus_chunk_codec *codec, uint8_t kept[2048],
                          bool support)
{
    arrays *in = random_arrays(5);
    caus_chunk chunk = {20, in->time_ns, in->value,
                        support ? in->support : NULL};
    const uint8_t *bytes;
    size_t length;
    assert_int_equal(caus_chunk_encode(codec, &chunk, 9, &bytes, &length, NULL),
                     CAUS_OK);
    assert_true(length <= 2048);
    memcpy(kept, bytes, length);
    free(in);
    return length;
}

static caus_status decode(caus_chunk_codec *codec, const uint8_t *bytes,
                          size_t length, uint64_t key)
{
    arrays *out = malloc(sizeof *out);
    assert_non_null(out);
    caus_error err;
    caus_status status =
        caus_chunk_decode(codec, bytes, length, key, out->time_ns, out->value,
                          out->support, &err);
    free(out);
    return status;
}

static void every_flipped_bit_and_every_cut_is_noticed(void **state)
{
    (void)state;
    caus_chunk_codec *codec = caus_chunk_codec_new();
    assert_non_null(codec);
    uint8_t kept[2048];
    size_t length = small_chunk(codec, kept, true);
    assert_int_equal(decode(codec, kept, length, 9), CAUS_OK);
    size_t unnoticed = 0;
    arrays *out = malloc(sizeof *out), *in = random_arrays(5);
    assert_non_null(out);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        kept[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (caus_chunk_decode(codec, kept, length, 9, out->time_ns, out->value,
                              out->support, NULL) == CAUS_OK) {
            /* A bit that zstd does not look at: the data must be right. */
            assert_memory_equal(in->time_ns, out->time_ns, 20 * 8);
            unnoticed++;
        }
        kept[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(unnoticed <= 8);
    free(in);
    free(out);
    for (size_t cut = 0; cut < length; cut++)
        assert_int_equal(decode(codec, kept, cut, 9), CAUS_ERR_INVALID_DATA);
    caus_chunk_codec_free(codec);
}

static void a_chunk_in_another_place_is_noticed(void **state)
{
    (void)state;
    caus_chunk_codec *codec = caus_chunk_codec_new();
    assert_non_null(codec);
    uint8_t kept[2048];
    size_t length = small_chunk(codec, kept, false);
    assert_int_equal(decode(codec, kept, length, 8), CAUS_ERR_INVALID_DATA);
    assert_int_equal(decode(codec, kept, length, 9 + ((uint64_t)1 << 32)),
                     CAUS_ERR_INVALID_DATA);
    caus_chunk_codec_free(codec);
}

static void more_samples_than_a_chunk_may_hold_are_refused(void **state)
{
    (void)state;
    caus_chunk_codec *codec = caus_chunk_codec_new();
    assert_non_null(codec);
    uint8_t kept[2048];
    size_t length = small_chunk(codec, kept, false);
    caus_chunk_head head;
    static const size_t counts[] = {0, MOST + 1, 65535};
    for (size_t i = 0; i < 3; i++) {
        kept[2] = (uint8_t)counts[i];
        kept[3] = (uint8_t)(counts[i] >> 8);
        assert_int_equal(caus_chunk_read_head(kept, length, &head, NULL),
                         CAUS_ERR_INVALID_DATA);
    }
    caus_chunk_codec_free(codec);
}

static void no_memory_for_a_codec_is_no_codec(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        fault_fail_after(n);
        caus_chunk_codec *codec = caus_chunk_codec_new();
        bool refused = fault_stop();
        assert_int_equal(codec == NULL, refused);
        caus_chunk_codec_free(codec);
        if (!refused)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bits_come_back),
        cmocka_unit_test(the_ends_of_time_and_of_doubles_come_back),
        cmocka_unit_test(every_nan_becomes_the_same_nan),
        cmocka_unit_test(every_flipped_bit_and_every_cut_is_noticed),
        cmocka_unit_test(a_chunk_in_another_place_is_noticed),
        cmocka_unit_test(more_samples_than_a_chunk_may_hold_are_refused),
        cmocka_unit_test(no_memory_for_a_codec_is_no_codec)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
