/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings that stepped, in one query. A point comes back only where a setting
 * is another one step before or after: the last old value, then the first new
 * one. Five minutes are looked back over, because many are set by a restart,
 * with scrapes between that find nothing.
 */
#include <math.h>

#include "events/setting_step.h"
#include "telemetry/facts_internal.h"

enum { MOST_CHANGES = 1000 };

/* What is taken back sooner was a scrape that failed in part. */
static const int64_t least_held_ms = 120000;

/* An ending "_" = whatever begins so. Of the hundreds that a database has only
 * those that bound what it does: all would take a server seconds. None that a
 * system adapts by itself, as an autoscaler does: that is what an incident
 * does, not what began it. */
static const char *const settings[] = {
    "redis_config_maxmemory",
    "redis_config_maxclients",
    "redis_config_io_threads",
    "memcached_limit_bytes",
    "memcached_max_connections",
    "pg_settings_max_",
    "pg_settings_shared_buffers_",
    "pg_settings_work_mem_",
    "pg_settings_maintenance_work_mem_",
    "pg_settings_effective_cache_size_",
    "pg_settings_statement_timeout_",
    "pg_settings_lock_timeout_",
    "pg_settings_checkpoint_timeout_",
    "pg_settings_random_page_cost",
    "pg_settings_autovacuum",
    "pg_settings_jit",
    "mysql_global_variables_max_",
    "mysql_global_variables_innodb_buffer_pool_size",
    "mysql_global_variables_innodb_flush_log_at_trx_commit",
    "mysql_global_variables_innodb_io_capacity",
    "mysql_global_variables_innodb_lock_wait_timeout",
    "mysql_global_variables_innodb_thread_concurrency",
    "mysql_global_variables_sync_binlog",
    "mysql_global_variables_table_open_cache",
    "mysql_global_variables_thread_cache_size",
    "mysql_global_variables_wait_timeout",
    "rabbitmq_resident_memory_limit_bytes",
    "rabbitmq_disk_space_available_limit_bytes",
    "haproxy_process_max_connections",
    "hikaricp_connections_max",
    "hikaricp_connections_min",
    "jdbc_connections_max",
    "jdbc_connections_min",
    "r2dbc_pool_max_allocated_connections",
    "tomcat_threads_config_max_threads",
    "jetty_threads_config_max",
    "executor_pool_max_threads",
    "executor_pool_core_threads",
    "go_sql_max_open_connections",
    "go_gc_gogc_percent",
    "go_gc_gomemlimit_bytes",
    "go_sched_gomaxprocs_threads",
    "container_spec_",
};

const size_t caus_setting_count = sizeof settings / sizeof *settings;

static bool is_beginning(const char *setting)
{
    return setting[strlen(setting) - 1] == '_';
}

size_t caus_setting_find(const char *name)
{
    size_t found = 0;
    while (found < caus_setting_count &&
           strncmp(name, settings[found],
                   strlen(settings[found]) + !is_beginning(settings[found])) !=
               0)
        found++;
    return found;
}

void caus_setting_add_names(caus_text *text, const bool *is_there)
{
    const char *between = "";
    for (size_t i = 0; i < caus_setting_count; i++) {
        if (is_there && !is_there[i])
            continue;
        caus_text_format(text, "%s%s%s", between, settings[i],
                         is_beginning(settings[i]) ? ".+" : "");
        between = "|";
    }
}

/* ---- a series ---- */

static bool is_taken_back(const caus_setting_reader *at)
{
    return at->steps == 2 &&
           at->to[1].time_ms - at->to[0].time_ms <= least_held_ms &&
           !(fabs(at->from[0].value - at->to[1].value) > 0);
}

static caus_status add_change(caus_setting_reader *at, size_t step,
                              caus_error *err)
{
    caus_arena *out = at->prom->out;
    const caus_setting_step stepped = {.time_ns =
                                           at->from[step].time_ms * 1000000,
                                       .name = at->name,
                                       .whole = at->name,
                                       .from = at->from[step].value,
                                       .to = at->to[step].value};
    char duration[32];
    caus_promql_duration(at->step_ns, duration);
    caus_change made;
    CAUS_TRY(caus_setting_step_tell(&stepped, out, &made, err));
    made.service = at->service;
    made.source = "prometheus";
    made.query = caus_arena_format(out, "%s != %s offset %s", at->name,
                                   at->name, duration);
    if (!made.query)
        return caus_arena_fail(out, err);
    if (!caus_reserve(&at->changes, at->count, &at->capacity, sizeof made))
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the changes found");
    at->changes[at->count++] = made;
    return CAUS_OK;
}

caus_status caus_setting_close(caus_setting_reader *at, caus_error *err)
{
    size_t count = at->steps > CAUS_SETTING_STEPS || is_taken_back(at) ||
                           at->count + at->steps > MOST_CHANGES
                       ? 0
                       : at->steps;
    for (size_t i = 0; i < count; i++)
        CAUS_TRY(add_change(at, i, err));
    at->steps = 0;
    return CAUS_OK;
}

static caus_status take_series(void *data, const caus_label *labels,
                               size_t count, caus_error *err)
{
    caus_setting_reader *at = data;
    CAUS_TRY(caus_setting_close(at, err));
    caus_arena *out = at->prom->out;
    const char *name = caus_label_value(labels, count, caus_fact_label);
    at->last = (caus_level){0, (double)NAN};
    at->name = NULL;
    if (caus_setting_find(name) == caus_setting_count)
        return CAUS_OK;
    at->name = caus_arena_copy(out, name);
    at->service = caus_arena_copy(out, caus_fact_target(name, labels, count));
    return at->name && at->service ? CAUS_OK : caus_arena_fail(out, err);
}

static caus_status take_point(void *data, int64_t time_ms, double value,
                              caus_error *err)
{
    caus_setting_reader *at = data;
    caus_level now = {time_ms, value}, before = at->last;
    (void)err;
    at->last = now;
    if (!at->name || time_ms - before.time_ms != at->step_ns / 1000000 ||
        !(fabs(value - before.value) > 0))
        return CAUS_OK;
    if (at->steps < CAUS_SETTING_STEPS) {
        at->from[at->steps] = before;
        at->to[at->steps] = now;
    }
    at->steps++;
    return CAUS_OK;
}

void caus_setting_forget(void *reader)
{
    caus_setting_reader *at = reader;
    at->count = at->steps = 0;
    at->name = NULL;
}

caus_scan_events caus_setting_events(caus_setting_reader *at)
{
    return (caus_scan_events){
        .series = take_series, .point = take_point, .data = at};
}

/* ---- the query ---- */

/* The settings at a time, each with its name as a label: comparisons match by
 * labels alone. */
static void add_levels(caus_text *query, const bool *is_there,
                       const char *offset)
{
    caus_text_add(query, "label_replace(last_over_time({__name__=~\"");
    caus_setting_add_names(query, is_there);
    caus_text_format(query,
                     "\"}[5m]%s), \"%s\", \"$1\", \"__name__\", \"(.+)\")",
                     offset, caus_fact_label);
}

const char *caus_setting_query(const caus_setting_reader *at)
{
    caus_text query = {0};
    char step[32], before[48], after[48];
    caus_promql_duration(at->step_ns, step);
    snprintf(before, sizeof before, " offset %s", step);
    snprintf(after, sizeof after, " offset -%s", step);
    const char *others[] = {before, after};
    for (size_t i = 0; i < 2; i++) {
        caus_text_add(&query, i ? " or (" : "(");
        add_levels(&query, at->is_there, "");
        caus_text_add(&query, " != ");
        add_levels(&query, at->is_there, others[i]);
        caus_text_add(&query, ")");
    }
    const char *kept =
        query.failed ? NULL : caus_arena_copy(at->prom->scratch, query.bytes);
    caus_text_deinit(&query);
    return kept;
}
