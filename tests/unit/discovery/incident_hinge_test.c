/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "discovery/incident_hinge.h"
#include "test.h"

enum { ROWS = 300, MEMBERS = 3, END = 220, PRICE = 8 };

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
    made->members[member] =
        (caus_stretch){member, start, END, 100 * PRICE, level};
}

static caus_hinge find_after(hinge_bench *made, size_t start, size_t count,
                             size_t first_start)
{
    caus_deviations view = {.row_count = ROWS,
                            .column_count = MEMBERS,
                            .values = made->values,
                            .room = made->room};
    caus_hinge_group group = {made->members, count,       start,
                              END,           first_start, PRICE};
    caus_hinge found;
    assert_true(caus_hinge_find(&view, &group, made->arena, &found));
    assert_true(found.first <= found.start && found.start <= found.last);
    return found;
}

static caus_hinge find(hinge_bench *made, size_t start)
{
    return find_after(made, start, MEMBERS, 0);
}

/* The row in which a line has risen by what can be seen. */
static size_t row_shown(size_t start, size_t length, double level)
{
    return start + (size_t)ceil(.7 / level * (double)length) - 1;
}

static void an_exact_line_is_told_where_it_shows(void **state)
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
            size_t shown = row_shown(start, lengths[i], MEMBERS + 1);
            assert_in_range(found.start, shown - 1, shown + 2);
            assert_true(found.first <= start && shown <= found.last);
        }
}

/* How often of 100 the row from which it shows is found within some rows, and
 * held together with the beginning. */
typedef struct tally {
    unsigned near, held;
} tally;

static tally count_found(hinge_bench *made, const size_t starts[MEMBERS],
                         size_t length, size_t level_start, size_t near)
{
    tally found = {0};
    for (int i = 0; i < 100; i++) {
        memset(made->values, 0, sizeof made->values);
        add_noise(made);
        for (size_t m = 0; m < MEMBERS; m++)
            add_line(made, m, starts[m], length, 4);
        caus_hinge one = find(made, level_start);
        size_t shown = row_shown(starts[0], length, 4);
        found.near += one.start + near >= shown && one.start <= shown + near;
        found.held += one.first <= starts[0] && shown <= one.last;
    }
    return found;
}

static void a_line_in_noise_is_told_where_it_shows(void **state)
{
    const size_t starts[MEMBERS] = {140, 140, 140};
    tally found = count_found(*state, starts, 40, 158, 6);
    assert_in_range(found.near, 75, 100);
    assert_in_range(found.held, 85, 100);
}

static void a_step_stays_where_it_is(void **state)
{
    const size_t starts[MEMBERS] = {150, 150, 150};
    tally found = count_found(*state, starts, 1, 150, 1);
    assert_in_range(found.near, 98, 100);
    assert_in_range(found.held, 98, 100);
}

/* Who follows late moves the beginning no more than who follows at once. */
static void the_first_to_move_tells_the_beginning(void **state)
{
    const size_t starts[MEMBERS] = {150, 155, 162};
    tally found = count_found(*state, starts, 1, 152, 1);
    assert_in_range(found.near, 90, 100);
    assert_in_range(found.held, 90, 100);
}

/* A swing that ran before, by far less than the incident moved the others. */
static void a_swing_does_not_pull_the_beginning_forward(void **state)
{
    hinge_bench *made = *state;
    add_noise(made);
    for (size_t m = 0; m < 2; m++)
        add_line(made, m, 150, 1, 4);
    add_line(made, 2, 125, 1, 1.2);
    made->members[2].gain = 2 * PRICE;
    caus_hinge found = find(made, 148);
    assert_in_range(found.start, 149, 151);
}

/* The same trouble told by three copies is as sure as told by one. */
static void copies_of_a_variable_count_once(void **state)
{
    hinge_bench *made = *state;
    add_noise(made);
    add_line(made, 0, 145, 30, 3);
    caus_hinge alone = find_after(made, 152, 1, 0);
    for (size_t m = 1; m < MEMBERS; m++) {
        memcpy(made->values + m * ROWS, made->values, ROWS * sizeof(double));
        made->members[m] = made->members[0];
        made->members[m].variable = m;
    }
    caus_hinge together = find(made, 152);
    assert_true(alone.last - alone.first > 2);
    assert_in_range(together.last - together.first,
                    (alone.last - alone.first) / 2,
                    2 * (alone.last - alone.first) + 2);
}

static void no_beginning_is_before_the_first_row_allowed(void **state)
{
    hinge_bench *made = *state;
    add_noise(made);
    for (size_t m = 0; m < MEMBERS; m++)
        add_line(made, m, 140, 1, 4);
    caus_hinge found = find_after(made, 160, MEMBERS, 155);
    assert_true(found.first >= 155);
    found = find_after(made, 160, 1, 155);
    assert_true(found.first >= 155);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_exact_line_is_told_where_it_shows),
        TEST(a_line_in_noise_is_told_where_it_shows),
        TEST(a_step_stays_where_it_is),
        TEST(the_first_to_move_tells_the_beginning),
        TEST(a_swing_does_not_pull_the_beginning_forward),
        TEST(copies_of_a_variable_count_once),
        TEST(no_beginning_is_before_the_first_row_allowed),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
