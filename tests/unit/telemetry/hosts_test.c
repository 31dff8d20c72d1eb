/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts of one job: different things, or replicas of one. */
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "telemetry/survey_internal.h"
#include "test.h"

enum { MOST = 32 };

/* What a job has, and what its hosts are then; NULL = one service. */
typedef struct scraped {
    const char *job, *metric;
    const char *instances[4], *things[4];
} scraped;

typedef struct fixture {
    caus_arena *out;
    caus_host hosts[MOST];
    size_t host_count;
    caus_group groups[MOST];
    size_t group_count;
    caus_error err;
} fixture;

static int set_up(void **state)
{
    static fixture made;
    made = (fixture){.out = caus_arena_new(0)};
    *state = &made;
    return made.out ? 0 : -1;
}

static int tear_down(void **state)
{
    caus_arena_free(((fixture *)*state)->out);
    return 0;
}

static void add_host(fixture *at, const char *job, const char *server,
                     const char *instance)
{
    at->hosts[at->host_count++] = (caus_host){
        .label = "job", .value = job, .names = {server, "", instance}};
}

static void add_group(fixture *at, const char *label, const char *value,
                      const char *metric)
{
    at->groups[at->group_count++] = (caus_group){.metric = metric,
                                                 .label = label,
                                                 .value = value,
                                                 .service = value,
                                                 .matcher = ""};
}

static void add_job(fixture *at, const scraped *job)
{
    add_group(at, "job", job->job, job->metric);
    for (size_t i = 0; i < 4 && job->instances[i]; i++)
        add_host(at, job->job, "", job->instances[i]);
}

static void tell_apart(fixture *at)
{
    assert_int_equal(caus_hosts_tell_apart(at->hosts, at->host_count,
                                           at->groups, at->group_count, at->out,
                                           &at->err),
                     CAUS_OK);
}

static const caus_host *find(const fixture *at, const char *instance)
{
    for (size_t h = 0; h < at->host_count; h++) {
        if (strcmp(at->hosts[h].names[CAUS_HOST_INSTANCE], instance) == 0)
            return &at->hosts[h];
    }
    fail_msg("no host %s", instance);
    return NULL;
}

static void expect(fixture *at, const scraped *job)
{
    at->host_count = at->group_count = 0;
    add_job(at, job);
    tell_apart(at);
    for (size_t i = 0; i < 4 && job->instances[i]; i++) {
        const char *thing = find(at, job->instances[i])->thing;
        const char *wanted = job->things[i];
        if (!thing != !wanted || (thing && strcmp(thing, wanted) != 0))
            fail_msg("%s of %s is %s", job->instances[i], job->job,
                     thing ? thing : "a replica");
    }
}

static void different_names_are_different_things(void **state)
{
    static const scraped jobs[] = {
        {"pg",
         "pg_up",
         {"db-orders:5432", "db-users:5432"},
         {"db-orders", "db-users"}},
        {"pg",
         "http_requests_total",
         {"db-orders:5432", "db-users:5432"},
         {"db-orders", "db-users"}},
        {"pg",
         "pg_up",
         {"orders-pg:5432", "users-pg:5432"},
         {"orders-pg", "users-pg"}},
        {"pg",
         "pg_up",
         {"db-orders-0:1", "db-orders-1:1", "db-users-0:1"},
         {"db-orders", "db-orders", "db-users"}},
        {"pg",
         "pg_up",
         {"orders-primary:1", "orders-replica:1", "users:1"},
         {"orders", "orders", "users"}},
        {"pg",
         "pg_up",
         {"orders-a:1", "orders-b:1", "users-a:1"},
         {"orders", "orders", "users"}},
        {"redis",
         "redis_up",
         {"redis:1", "redis-sessions:1"},
         {"redis", "redis-sessions"}},
        {"redis",
         "redis_up",
         {"carts1:1", "carts2:1", "sessions1:1"},
         {"carts", "carts", "sessions"}},
        {"spring boot",
         "http_requests_total",
         {"orders-service:1", "users-service:1"},
         {"orders-service", "users-service"}},
        {"shop apps",
         "http_requests_total",
         {"orders:1", "users:1"},
         {"orders", "users"}},
        {"redis",
         "redis_up",
         {"redis-orders:1", "redis-carts:1"},
         {"redis-orders", "redis-carts"}},
        {"services",
         "http_requests_total",
         {"http://orders.shop.svc:8080/metrics", "https://me:x@users.shop/x"},
         {"orders", "users"}},
        {"q",
         "rabbitmq_up",
         {"mq-orders-7d9f8b6c5-x2x4z:1", "mq-orders-7d9f8b6c5-kqzvt:1",
          "mq-mails-5b8d7c9f4-bbxkq:1", "mq-orders-7d9f8b6c5-bcd42:1"},
         {"mq-orders", "mq-orders", "mq-mails", "mq-orders"}},
    };
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++)
        expect(*state, &jobs[i]);
}

static void replicas_are_one_service(void **state)
{
    static const scraped jobs[] = {
        {"pg", "pg_up", {"pg-0:5432", "pg-1:5432"}, {0}},
        {"pg", "pg_up", {"db01:5432", "db02:5432"}, {0}},
        {"pg", "pg_up", {"orders-a:1", "orders-b:1"}, {0}},
        {"pg", "pg_up", {"pg-primary:1", "pg-replica:1"}, {0}},
        {"pg", "pg_up", {"pg-0.east.shop:1", "pg-0.west.shop:1"}, {0}},
        {"pg", "pg_up", {"pg-orders-fra1:1", "pg-orders-ams2:1"}, {0}},
        {"pg", "pg_up", {"pg-orders-fra:1", "pg-orders-ams:1"}, {0}},
        {"pg", "pg_up", {"shop-east:1", "shop-west:1"}, {0}},
        {"pg", "pg_up", {"10.0.0.1:80", "10.0.0.2:80"}, {0}},
        {"pg", "pg_up", {"[fe80::1]:80", "[fe80::2]:80"}, {0}},
        {"pg", "pg_up", {"fe80::aa", "fe80::bb"}, {0}},
        {"pg", "pg_up", {"ip-10-0-0-1.ec2:1", "ip-10-0-7-2.ec2:1"}, {0}},
        {"pg", "pg_up", {"i-0ab12cd34:1", "i-0ff2277aa:1"}, {0}},
        {"pg", "pg_up", {"node-orders-0:1", "10.0.0.1:1", "users:1"}, {0}},
        {"pg", "pg_up", {"localhost:1", "db-users:1"}, {0}},
        {"pg", "pg_up", {"ip-10-0-0-1:1", "users:1"}, {0}},
        {"pg", "pg_up", {"db-users:1"}, {0}},
        {"cart",
         "http_requests_total",
         {"cart-7d9f8b6c5-x2x4z:1", "cart-7d9f8b6c5-kqzvt:1"},
         {0}},
        /* hosts that are called as their job are its copies, wherever */
        {"shop-api",
         "http_requests_total",
         {"api-frankfurt:1", "api-dublin:1"},
         {0}},
        /* hashes without a digit, or with one at their end */
        {"pods",
         "redis_up",
         {"cart-7d9f8b6c5-x2x4z:1", "cart-7d9f8b6c5-kqzv4:1",
          "cart-bcdfghjkl-kqzvt:1"},
         {0}},
        {"proxy",
         "http_requests_total",
         {"gke-pool-3f5c2a1b-bxqz:1", "gke-pool-3f5c2a1b-x2k4:1"},
         {0}},
        {"redis",
         "redis_up",
         {"redis-master-0:1", "redis-replicas-0:1", "redis-replicas-1:1"},
         {0}},
        /* names that share nothing may be those of machines */
        {"api", "http_requests_total", {"titan:8080", "hydra:8080"}, {0}},
        {"node", "node_load1", {"db-orders:9100", "db-users:9100"}, {0}},
        {"probes", "probe_success", {"https://shop.x", "https://blog.x"}, {0}},
    };
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++)
        expect(*state, &jobs[i]);
}

static void machines_are_no_things(void **state)
{
    fixture *at = *state;
    static const scraped redis = {
        "redis", "redis_up", {"titan:6379", "hydra:6379"}, {0}};
    static const scraped node = {
        "node", "node_load1", {"titan.rack:9100"}, {0}};
    add_job(at, &redis);
    tell_apart(at);
    assert_string_equal(find(at, "titan:6379")->thing, "titan");
    at->host_count = at->group_count = 0;
    add_job(at, &redis);
    add_job(at, &node);
    tell_apart(at);
    assert_null(find(at, "titan:6379")->thing);
}

static void what_is_probed_is_no_thing(void **state)
{
    fixture *at = *state;
    add_group(at, "job", "probes", "probe_success");
    add_host(at, "probes", "shop-cart", "blackbox:9115");
    add_host(at, "probes", "shop-users", "blackbox:9115");
    tell_apart(at);
    assert_null(at->hosts[0].thing);
    assert_null(at->hosts[1].thing);
}

static void many_things_are_machines(void **state)
{
    fixture *at = *state;
    char names[21][16];
    for (size_t count = 20; count <= 21; count++) {
        at->host_count = at->group_count = 0;
        add_group(at, "job", "pg", "pg_up");
        for (size_t i = 0; i < count; i++) {
            snprintf(names[i], sizeof names[0], "db-shop%c:1", (char)('a' + i));
            add_host(at, "pg", "", names[i]);
        }
        tell_apart(at);
        assert_int_equal(at->hosts[0].thing != NULL, count == 20);
    }
}

static void matchers_name_all_hosts_of_a_thing(void **state)
{
    fixture *at = *state;
    static const scraped job = {
        "pg",
        "pg_up",
        {"db-orders-1.x:1", "db-users:1", "db-orders-0.x:1"},
        {0}};
    add_job(at, &job);
    tell_apart(at);
    assert_string_equal(
        find(at, "db-orders-0.x:1")->matcher,
        "instance=~\"db-orders-0\\\\.x:1|db-orders-1\\\\.x:1\"");
    assert_string_equal(find(at, "db-users:1")->matcher,
                        "instance=\"db-users:1\"");
}

/* An exporter of several servers has them in a label of their own. */
static void servers_come_before_the_instance(void **state)
{
    fixture *at = *state;
    add_group(at, "job", "pg", "pg_up");
    add_host(at, "pg", "db-orders:5432", "exporter-a:9187");
    add_host(at, "pg", "db-users:5432", "exporter-b:9187");
    add_host(at, "pg", "db-users:5432", "exporter-d:9187");
    add_host(at, "pg", "", "exporter-c:9187"); /* what it tells of itself */
    tell_apart(at);
    assert_string_equal(find(at, "exporter-a:9187")->thing, "db-orders");
    assert_string_equal(find(at, "exporter-b:9187")->matcher,
                        "server=\"db-users:5432\"");
    assert_null(find(at, "exporter-c:9187")->thing);
}

static void a_store_is_not_its_service(void **state)
{
    fixture *at = *state;
    static const scraped job = {
        "redis", "redis_up", {"orders:6379", "users:6379"}, {0}};
    add_job(at, &job);
    add_group(at, "app", "orders", "http_requests_total");
    tell_apart(at);
    assert_string_equal(find(at, "orders:6379")->thing, "redis-orders");
    assert_string_equal(find(at, "users:6379")->thing, "users");
    /* What several services are scraped as is each of them. */
    at->groups[0].metric = "http_requests_total";
    at->groups[0].value = "services";
    for (size_t h = 0; h < at->host_count; h++)
        at->hosts[h].value = "services";
    tell_apart(at);
    assert_string_equal(find(at, "orders:6379")->thing, "orders");
}

static void want_of_memory_is_told(void **state)
{
    fixture *at = *state;
    static const scraped job = {
        "pg", "pg_up", {"db-orders-1:1", "db-users:1", "db-orders-0:1"}, {0}};
    bool refused = true;
    for (long n = 0; refused; n++) {
        caus_arena *out = caus_arena_new(0);
        at->host_count = at->group_count = 0;
        add_job(at, &job);
        fault_fail_after(n);
        caus_status status =
            caus_hosts_tell_apart(at->hosts, at->host_count, at->groups,
                                  at->group_count, out, &at->err);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(out);
        assert_true(n < 1000);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(different_names_are_different_things),
        TEST(replicas_are_one_service),
        TEST(machines_are_no_things),
        TEST(what_is_probed_is_no_thing),
        TEST(many_things_are_machines),
        TEST(matchers_name_all_hosts_of_a_thing),
        TEST(servers_come_before_the_instance),
        TEST(a_store_is_not_its_service),
        TEST(want_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
