/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected bits: the published algorithms (Blackman & Vigna's xoshiro256** and
 * SplitMix64) written again in Python 3.11 integers.
 */
#include <math.h>

#include "base/base.h"
#include "test.h"

static void bits_are_those_of_xoshiro256(void **state)
{
    (void)state;
    caus_random random = {{1, 2, 3, 4}};
    static const uint64_t expected[] = {11520u,
                                        0u,
                                        1509978240u,
                                        1215971899390074240u,
                                        1216172134540287360u,
                                        607988272756665600u};
    for (size_t i = 0; i < 6; i++)
        assert_true(caus_random_bits(&random) == expected[i]);
}

static void streams_are_seeded_by_split_mix(void **state)
{
    (void)state;
    caus_random random;
    caus_random_init(&random, 42, 7);
    static const uint64_t seeded[] = {0x16062d6c1339e500u, 0x9aa2311424083235u,
                                      0x17ae01fbbc52e2ddu, 0xf63544c682b3179eu};
    for (size_t i = 0; i < 4; i++)
        assert_true(random.state[i] == seeded[i]);
    assert_true(caus_random_bits(&random) == 4706337660387043474u);
    assert_true(caus_random_bits(&random) == 7176503324466537499u);
}

static void streams_of_a_seed_are_unrelated(void **state)
{
    (void)state;
    enum { STREAMS = 8, DRAWS = 4000 };
    static double draws[STREAMS][DRAWS];
    for (size_t s = 0; s < STREAMS; s++) {
        caus_random random;
        caus_random_init(&random, 1, s);
        for (size_t i = 0; i < DRAWS; i++)
            draws[s][i] = caus_random_normal(&random);
    }
    for (size_t a = 0; a < STREAMS; a++) {
        for (size_t b = a + 1; b < STREAMS; b++) {
            double product = 0;
            for (size_t i = 0; i < DRAWS; i++)
                product += draws[a][i] * draws[b][i];
            /* Five standard errors. */
            assert_true(fabs(product) < 5 * sqrt(DRAWS));
        }
    }
}

static void uniform_fills_the_half_open_interval(void **state)
{
    (void)state;
    caus_random random;
    caus_random_init(&random, 3, 0);
    double sum = 0, least = 1, most = 0;
    for (int i = 0; i < 100000; i++) {
        double value = caus_random_uniform(&random);
        assert_true(value >= 0 && value < 1);
        sum += value;
        least = fmin(least, value);
        most = fmax(most, value);
    }
    assert_true(fabs(sum / 100000 - .5) < .005);
    assert_true(least < 1e-3 && most > 1 - 1e-3);
}

static void normal_has_its_moments(void **state)
{
    (void)state;
    caus_random random;
    caus_random_init(&random, 4, 0);
    double sum = 0, squares = 0, fourth = 0;
    enum { DRAWS = 200000 };
    for (int i = 0; i < DRAWS; i++) {
        double value = caus_random_normal(&random);
        assert_true(isfinite(value));
        sum += value;
        squares += value * value;
        fourth += value * value * value * value;
    }
    assert_true(fabs(sum / DRAWS) < .01);
    assert_true(fabs(squares / DRAWS - 1) < .02);
    assert_true(fabs(fourth / DRAWS - 3) < .15);
}

static void below_is_even_and_bounded(void **state)
{
    (void)state;
    caus_random random;
    caus_random_init(&random, 5, 0);
    size_t seen[7] = {0};
    for (int i = 0; i < 70000; i++)
        seen[caus_random_below(&random, 7)]++;
    for (size_t i = 0; i < 7; i++)
        assert_true(seen[i] > 9500 && seen[i] < 10500);
    for (int i = 0; i < 100; i++) {
        assert_true(caus_random_below(&random, 1) == 0);
        assert_true(caus_random_below(&random, UINT64_MAX) < UINT64_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_those_of_xoshiro256),
        cmocka_unit_test(streams_are_seeded_by_split_mix),
        cmocka_unit_test(streams_of_a_seed_are_unrelated),
        cmocka_unit_test(uniform_fills_the_half_open_interval),
        cmocka_unit_test(normal_has_its_moments),
        cmocka_unit_test(below_is_even_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
