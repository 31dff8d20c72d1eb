/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "fault.h"
#include "test.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    unsigned char *pieces[200];
    for (size_t i = 0; i < 200; i++) {
        size_t bytes = 1 + i * i;
        pieces[i] = caus_arena_array(arena, bytes, 1);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 64, 0);
        for (size_t k = 0; k < bytes; k++)
            assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], (int)i, bytes);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t k = 0; k < 1 + i * i; k++)
            assert_int_equal(pieces[i][k], i);
    caus_arena_free(arena);
}

static void rewinding_gives_memory_back_zeroed(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_arena_mark empty = caus_arena_get_mark(arena);
    char *kept = caus_arena_copy_text(arena, "kept", 4);
    caus_arena_mark mark = caus_arena_get_mark(arena);
    size_t used = caus_arena_used_bytes(arena);
    for (int round = 0; round < 5; round++) {
        unsigned char *small = caus_arena_array(arena, 100, 1);
        for (size_t i = 0; i < 100; i++)
            assert_int_equal(small[i], 0);
        memset(small, 255, 100);
        size_t many = (size_t)1 << (20 - round % 3); /* its block comes back */
        unsigned char *large = caus_arena_array(arena, many, 1);
        for (size_t i = 0; i < many; i++)
            assert_int_equal(large[i], 0);
        memset(large, 255, many);
        caus_arena_rewind(arena, mark);
        assert_int_equal(caus_arena_used_bytes(arena), used);
    }
    assert_string_equal(kept, "kept");
    caus_arena_rewind(arena, empty);
    assert_int_equal(caus_arena_used_bytes(arena), 0);
    assert_non_null(caus_arena_array(arena, 10, 10));
    caus_arena_free(arena);
}

static void scratch_of_a_larger_step_is_that_of_the_one_before(void **state)
{
    (void)state;
    static const size_t budgets[] = {0, (size_t)64 << 20, (size_t)6 << 20};
    for (size_t b = 0; b < 3; b++) {
        caus_arena *arena = caus_arena_new_scratch(budgets[b]);
        assert_non_null(caus_arena_array(arena, 100, 1));
        caus_arena_mark mark = caus_arena_get_mark(arena);
        unsigned char *first = caus_arena_array(arena, (size_t)1 << 20, 1);
        memset(first, 255, (size_t)1 << 20);
        caus_arena_rewind(arena, mark);
        unsigned char *second = caus_arena_array(arena, (size_t)5 << 20, 1);
        assert_ptr_equal(first, second);
        for (size_t i = 0; i < (size_t)5 << 20; i += 4096)
            assert_int_equal(second[i], 0);
        assert_non_null(caus_arena_array(arena, (size_t)1 << 19, 1));
        void *too_much = caus_arena_array(arena, (size_t)60 << 20, 1);
        assert_true(!too_much == (budgets[b] != 0));
        caus_arena_free(arena);
    }
}

static void nothing_asked_is_still_a_place(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    void *first = caus_arena_array(arena, 0, 8);
    void *second = caus_arena_array(arena, 8, 0);
    assert_non_null(first);
    assert_non_null(second);
    assert_ptr_not_equal(first, second);
    caus_arena_free(arena);
    caus_arena_free(NULL);
}

static void budget_is_kept_and_named(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new((size_t)3 << 20);
    assert_non_null(caus_arena_array(arena, (size_t)2 << 20, 1));
    assert_null(caus_arena_array(arena, (size_t)2 << 20, 1));
    caus_error err;
    assert_int_equal(caus_arena_fail(arena, &err), CAUS_ERR_LIMIT);
    assert_non_null(strstr(err.message, "3 MiB"));
    assert_non_null(strstr(err.message, "--memory-limit"));
    /* What still fits is given. */
    assert_non_null(caus_arena_array(arena, (size_t)1 << 20, 1));
    assert_null(caus_arena_array(arena, 1, 1));
    caus_arena_free(arena);
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    assert_null(caus_arena_array(arena, SIZE_MAX, 1));
    assert_null(caus_arena_array(arena, SIZE_MAX / 2, 4));
    assert_null(caus_arena_array(arena, SIZE_MAX - 128, 1));
    assert_null(caus_arena_copy_text(arena, "", SIZE_MAX));
    assert_int_equal(caus_arena_used_bytes(arena), 0);
    assert_int_equal(caus_arena_fail(arena, NULL), CAUS_ERR_OUT_OF_MEMORY);
    caus_arena_free(arena);
}

static void texts_are_copied_and_formatted(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    assert_string_equal(caus_arena_copy(arena, "auth"), "auth");
    assert_string_equal(caus_arena_copy_text(arena, "auth_cpu", 4), "auth");
    assert_string_equal(caus_arena_copy_text(arena, NULL, 0), "");
    assert_string_equal(caus_arena_format(arena, "%s-%d", "pod", 7), "pod-7");
    for (int length = 250; length < 260; length++) {
        const char *text = caus_arena_format(arena, "%*d", length, 7);
        assert_int_equal(strlen(text), length);
        assert_string_equal(text + length - 2, " 7");
    }
    caus_arena_free(arena);
}

static void every_failed_allocation_gives_null(void **state)
{
    (void)state;
    fault_fail_after(0);
    assert_null(caus_arena_new(0));
    caus_arena *arena = caus_arena_new(0);
    fault_fail_after(0);
    assert_null(caus_arena_array(arena, 1, 1));
    fault_fail_after(0);
    assert_null(caus_arena_format(arena, "%d", 1));
    assert_int_equal(caus_arena_fail(arena, NULL), CAUS_ERR_OUT_OF_MEMORY);
    fault_stop();
    assert_non_null(caus_arena_array(arena, 1, 1));
    caus_arena_free(arena);
}

static void a_reserved_array_keeps_its_items_and_fails_whole(void **state)
{
    (void)state;
    int64_t *items = NULL;
    size_t capacity = 0;
    for (size_t i = 0; i < 1000; i++) {
        assert_true(caus_reserve(&items, i, &capacity, sizeof *items));
        assert_true(capacity > i);
        items[i] = (int64_t)i;
    }
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    int64_t *before = items;
    size_t full = capacity;
    assert_false(caus_reserve(&items, full, &capacity, SIZE_MAX / 2));
    fault_fail_after(0);
    assert_false(caus_reserve(&items, full, &capacity, sizeof *items));
    assert_true(fault_stop());
    assert_ptr_equal(items, before);
    assert_int_equal(capacity, full);
    free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(rewinding_gives_memory_back_zeroed),
        cmocka_unit_test(scratch_of_a_larger_step_is_that_of_the_one_before),
        cmocka_unit_test(nothing_asked_is_still_a_place),
        cmocka_unit_test(budget_is_kept_and_named),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(texts_are_copied_and_formatted),
        cmocka_unit_test(every_failed_allocation_gives_null),
        cmocka_unit_test(a_reserved_array_keeps_its_items_and_fails_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
