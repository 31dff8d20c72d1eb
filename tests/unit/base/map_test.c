/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "fault.h"
#include "test.h"

enum { KEYS = 5000 };

static void what_was_added_is_found(void **state)
{
    (void)state;
    static char keys[KEYS][16];
    caus_map *map = caus_map_new();
    for (size_t i = 0; i < KEYS; i++) {
        int length = snprintf(keys[i], sizeof keys[i], "key%zu", i);
        size_t found = 0;
        assert_int_equal(
            caus_map_insert(map, keys[i], (size_t)length, 3 * i, &found), 1);
        assert_int_equal(found, 3 * i);
    }
    for (size_t i = 0; i < KEYS; i++) {
        size_t found = 0;
        assert_true(caus_map_find(map, keys[i], strlen(keys[i]), &found));
        assert_int_equal(found, 3 * i);
        assert_true(caus_map_find(map, keys[i], strlen(keys[i]), NULL));
    }
    assert_false(caus_map_find(map, "key", 3, NULL));
    assert_false(caus_map_find(map, "key5000", 7, NULL));
    caus_map_free(map);
    caus_map_free(NULL);
}

static void first_value_of_a_key_stays(void **state)
{
    (void)state;
    caus_map *map = caus_map_new();
    size_t found = 0;
    assert_int_equal(caus_map_insert(map, "auth", 4, 1, NULL), 1);
    assert_int_equal(caus_map_insert(map, "auth_db", 4, 2, &found), 0);
    assert_int_equal(found, 1);
    assert_int_equal(caus_map_insert(map, "", 0, 9, NULL), 1);
    assert_int_equal(caus_map_insert(map, "", 0, 10, &found), 0);
    assert_int_equal(found, 9);
    caus_map_free(map);
}

static void keys_may_hold_any_byte(void **state)
{
    (void)state;
    caus_map *map = caus_map_new();
    assert_int_equal(caus_map_insert(map, "a\0b", 3, 1, NULL), 1);
    assert_int_equal(caus_map_insert(map, "a\0c", 3, 2, NULL), 1);
    assert_int_equal(caus_map_insert(map, "a", 1, 3, NULL), 1);
    size_t found = 0;
    assert_true(caus_map_find(map, "a\0c", 3, &found));
    assert_int_equal(found, 2);
    caus_map_free(map);
}

static void failed_allocation_keeps_the_map(void **state)
{
    (void)state;
    for (long n = 0; n < 2; n++) {
        fault_fail_after(n);
        assert_null(caus_map_new());
    }
    fault_stop();
    static char keys[40][8];
    caus_map *map = caus_map_new();
    bool refused = false;
    for (size_t i = 0; i < 40; i++) {
        snprintf(keys[i], sizeof keys[i], "%zu", i);
        fault_fail_after(0);
        int added = caus_map_insert(map, keys[i], strlen(keys[i]), i, NULL);
        bool failed = fault_stop();
        assert_int_equal(added, failed ? -1 : 1);
        if (failed)
            assert_int_equal(
                caus_map_insert(map, keys[i], strlen(keys[i]), i, NULL), 1);
        refused |= failed;
    }
    assert_true(refused);
    for (size_t i = 0; i < 40; i++)
        assert_true(caus_map_find(map, keys[i], strlen(keys[i]), NULL));
    caus_map_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_found),
        cmocka_unit_test(first_value_of_a_key_stays),
        cmocka_unit_test(keys_may_hold_any_byte),
        cmocka_unit_test(failed_allocation_keeps_the_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
