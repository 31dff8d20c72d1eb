/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "discovery/incident_hinge.h"
#include "test.h"

enum { ROWS = 300, MEMBERS = 3, END = 220 };

typedef struct hinge_bench {
    caus_arena *arena;
    caus_random random;
    double values[MEMBERS * ROWS];
    double room[2 * ROWS];
    caus_stretch members[MEMBERS];
} hinge_bench;

static int set_up(void **state)
{
    static hinge_bench made;
    made = (hinge_bench){.arena = caus_arena_new(0)};
    caus_random_init(&made.random, 11, 0);
    *state = &made;
    return !made.arena;
}

static int tear_down(void **state)
{
    hinge_bench *made = *state;
    caus_arena_free(made->arena);
    return 0;
}

static void add_noise(hinge_bench *made)
{
    for (size_t i = 0; i < MEMBERS * ROWS; i++)
        made->values[i] += caus_random_normal(&made->random);
}

/* A line that reaches `level` in its `length`th row and stays there. */
static void add_line(hinge_bench *made, size_t member, size_t start,
                     size_t length, double level)
{
    double *values = made->values + member * ROWS;
    for (size_t r = start; r < END; r++)
        values[r] += level * fmin(1, (double)(r - start + 1) / (double)length);
    made->members[member] = (caus_stretch){member, start, END, 0, level};
}

static caus_hinge find(hinge_bench *made, size_t start)
{
    caus_deviations view = {.row_count = ROWS,
                            .column_count = MEMBERS,
                            .values = made->values,
                            .room = made->room};
    caus_hinge_group group = {made->members, MEMBERS, start, END};
    caus_hinge found;
    assert_true(caus_hinge_find(&view, &group, made->arena, &found));
    assert_true(found.first <= found.start && found.start <= found.last);
    return found;
}

static void an_exact_line_begins_where_it_does(void **state)
{
    hinge_bench *made = *state;
    const size_t lengths[] = {1, 6, 12, 22};
    for (size_t start = 135; start <= 150; start += 5)
        for (size_t i = 0; i < 4; i++) {
            double sign = i % 2 ? -1 : 1;
            memset(made->values, 0, sizeof made->values);
            for (size_t m = 0; m < MEMBERS; m++)
                add_line(made, m, start, lengths[i], sign * (double)(m + 2));
            caus_hinge found = find(made, 155);
            assert_int_equal(found.start, start);
            assert_true(lengths[i] > 1 || !found.found);
            assert_true(lengths[i] < 22 || found.found);
        }
}

static void a_line_in_noise_is_followed_to_its_beginning(void **state)
{
    hinge_bench *made = *state;
    int near = 0, held = 0;
    for (int i = 0; i < 100; i++) {
        memset(made->values, 0, sizeof made->values);
        add_noise(made);
        for (size_t m = 0; m < MEMBERS; m++)
            add_line(made, m, 140, 40, 4);
        caus_hinge found = find(made, 158);
        assert_true(found.found && found.possible);
        near += found.start >= 135 && found.start <= 145;
        held += found.first <= 140 && found.last >= 140;
    }
    assert_in_range(near, 80, 100);
    assert_in_range(held, 85, 100);
}

static void a_step_stays_where_it_is(void **state)
{
    hinge_bench *made = *state;
    int moved = 0;
    for (int i = 0; i < 100; i++) {
        memset(made->values, 0, sizeof made->values);
        add_noise(made);
        for (size_t m = 0; m < MEMBERS; m++)
            add_line(made, m, 150, 1, 4);
        caus_hinge found = find(made, 150);
        moved += found.found && found.start != 150;
    }
    assert_in_range(moved, 0, 5);
}

/* Three variables that move one after the other are no line. */
static void steps_in_rows_of_their_own_are_no_line(void **state)
{
    hinge_bench *made = *state;
    add_noise(made);
    for (size_t m = 0; m < MEMBERS; m++)
        add_line(made, m, 150 + 12 * m, 1, 4);
    caus_hinge found = find(made, 150);
    assert_false(found.found);
    assert_false(found.possible);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_exact_line_begins_where_it_does),
        TEST(a_line_in_noise_is_followed_to_its_beginning),
        TEST(a_step_stays_where_it_is),
        TEST(steps_in_rows_of_their_own_are_no_line),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
