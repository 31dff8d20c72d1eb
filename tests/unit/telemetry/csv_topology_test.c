/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "csv_fixture.h"
#include "fault.h"

static caus_status read_text(const char *text, caus_arena *out,
                             caus_topology *result, caus_error *err)
{
    csv_file file = csv_file_of(text);
    caus_status status = caus_topology_read_csv(file.path, out, result, err);
    close(file.descriptor);
    return status;
}

static void calls_are_sorted_and_each_once(void **state)
{
    (void)state;
    caus_arena *out = caus_arena_new(0);
    caus_topology topology;
    assert_int_equal(read_text("\xef\xbb\xbfkind,src,dst\r\n"
                               "x,web,cart\r\n"
                               "x,\"web\",auth\r\n"
                               "\r\n"
                               "x, web , cart\r\n"
                               "x,cart,\"db, main\"\r\n"
                               "x,auth,auth",
                               out, &topology, NULL),
                     CAUS_OK);
    assert_int_equal(topology.service_count, 4);
    static const char *const services[] = {"auth", "cart", "db, main", "web"};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(topology.services[i], services[i]);
        assert_int_equal(caus_topology_find(&topology, services[i]), i);
    }
    static const size_t calls[3][2] = {{1, 2}, {3, 0}, {3, 1}};
    assert_int_equal(topology.call_count, 3);
    assert_memory_equal(topology.calls, calls, sizeof calls);
    caus_arena_free(out);
}

static void faults_name_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {{"a,b\nx,y\n", "src,dst"},
                 {"src\nx\n", "src,dst"},
                 {"src,dst\nx\n", "line 2 has 1 cells, line 1 has 2"},
                 {"src,dst\nx,y,z\n", "line 2 has 3 cells"},
                 {"src,dst\nx,y\nx,\n", "line 3: '' is no service"},
                 {"src,dst\nx,\xff\n", "line 2: '?' is no service"},
                 {"src,dst\nx,\"y\n", "line 2: a quote"},
                 {"src,dst\n", "no calls"},
                 {"\xff\xfes", "UTF-16 text: save it as UTF-8"},
                 {"src,\"dst\nx,y\n", "src,dst"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        caus_arena *out = caus_arena_new(0);
        caus_topology topology = {.service_count = 77};
        caus_error error;
        assert_int_equal(read_text(cases[i].text, out, &topology, &error),
                         CAUS_ERR_INVALID_DATA);
        if (!strstr(error.message, cases[i].says))
            fail_msg("'%s' does not say '%s'", error.message, cases[i].says);
        assert_int_equal(topology.service_count, 77);
        assert_int_equal(caus_arena_used_bytes(out), 0);
        caus_arena_free(out);
    }
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    csv_file file = csv_file_of("src,dst\nweb,cart\ncart,db\n");
    bool refused = true;
    for (long successes = 0; refused; successes++) {
        caus_arena *out = caus_arena_new(0);
        caus_topology topology;
        fault_fail_after(successes);
        caus_status status =
            caus_topology_read_csv(file.path, out, &topology, NULL);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(out);
    }
    close(file.descriptor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_sorted_and_each_once),
        cmocka_unit_test(faults_name_the_line),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
