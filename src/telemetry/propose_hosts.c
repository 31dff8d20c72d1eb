/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts of one job that are different things: two databases that one job
 * scrapes are two services, the replicas of one are not. Names tell, with every
 * doubt for replicas.
 */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/survey_internal.h"

enum {
    MOST_THINGS = 20, /* more are machines */
    MOST_WORDS = 8,   /* of a host's name */
    LEAST_WORD = 3,   /* letters of a host's name that tells what it is */
    LEAST_OTHER = 4 /* likewise beside words that all share: less is a place */
};

const char *const caus_host_labels[CAUS_HOST_LABELS] = {"server", "target",
                                                        "instance"};

/* A part of a text. */
typedef struct word {
    const char *at;
    size_t length;
} word;

/* The name of a host without what tells its replicas apart. */
typedef struct host_name {
    word words[MOST_WORDS];
    size_t count; /* 0 = an address, or nothing that tells what it is */
} host_name;

/* ---- names ---- */

/* The first label of the host: of "http://db-users.shop:5432/x" "db-users". */
static word first_label(const char *value)
{
    const char *scheme = strstr(value, "://");
    const char *at = scheme ? scheme + 3 : value;
    size_t user = strcspn(at, "@/");
    at += at[user] == '@' ? user + 1 : 0;
    return (word){at, strcspn(at, ".:/?")};
}

static bool is_any(word told, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i]) == told.length &&
            strncasecmp(told.at, words[i], told.length) == 0)
            return true;
    }
    return false;
}

static bool has_vowel(word told)
{
    size_t i = 0;
    while (i < told.length && !strchr("aeiouyAEIOUY", told.at[i]))
        i++;
    return i < told.length;
}

/* Words of which copy it is, or where, and the numbers of addresses. */
static bool is_of_replica(word told)
{
    static const char *const words[] = {
        "primary", "replica",   "master",    "slave",       "standby",
        "leader",  "reader",    "follower",  "writer",      "secondary",
        "read",    "main",      "backup",    "arbiter",     "hot",
        "green",   "blue",      "canary",    "spare",       "replicas",
        "slaves",  "readers",   "followers", "secondaries", "sync",
        "async",   "stable",    "active",    "passive",     "east",
        "west",    "north",     "south",     "central",     "left",
        "right",   "localhost", "host",      "node",        "server",
        "worker",  "machine",   "local",     "ip"};
    size_t letters = 0;
    for (size_t i = 0; i < told.length; i++)
        letters += isalpha((unsigned char)told.at[i]) != 0;
    /* A hash has digits, or no vowel as those of pods. */
    return told.length < 2 || letters < told.length ||
           (told.length == 5 && !has_vowel(told)) ||
           is_any(told, words, sizeof words / sizeof *words);
}

/* "db02" is "db". */
static word without_number(word told)
{
    size_t length = told.length;
    while (length && isdigit((unsigned char)told.at[length - 1]))
        length--;
    return (word){told.at, length >= LEAST_WORD ? length : told.length};
}

static host_name read_words(word text)
{
    host_name made = {.count = 0};
    for (size_t at = 0; at < text.length && made.count < MOST_WORDS;) {
        size_t length = strcspn(text.at + at, "-_.:/? ");
        if (length)
            made.words[made.count++] = (word){text.at + at, length};
        at += length + 1;
    }
    return made;
}

/* Whether a word behind others is what tells copies of them apart: of a pod, or
 * of a pool of machines, it may have no digit, or one at its end. */
static bool is_copy(word told)
{
    return (told.length >= LEAST_OTHER && !has_vowel(told)) ||
           is_of_replica(without_number(told));
}

static host_name read_host(const char *value)
{
    host_name made = read_words(first_label(value));
    while (made.count > 1 && is_copy(made.words[made.count - 1]))
        made.count--;
    if (!made.count)
        return made;
    word *last = &made.words[made.count - 1];
    *last = without_number(*last);
    made.count -= is_of_replica(*last);
    return made;
}

static word whole(const host_name *name)
{
    const word *last = &name->words[name->count - 1];
    const char *at = name->words[0].at;
    return (word){at, (size_t)(last->at - at) + last->length};
}

static bool are_same(word a, word b)
{
    return a.length == b.length && strncasecmp(a.at, b.at, a.length) == 0;
}

static bool has_word(const host_name *name, word wanted)
{
    for (size_t i = 0; i < name->count; i++) {
        if (are_same(name->words[i], wanted))
            return true;
    }
    return false;
}

static bool is_shared(word told, const host_name *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!has_word(&names[i], told))
            return false;
    }
    return true;
}

/* Whether all hosts have a word of a name. */
static bool share_a_word(const host_name *of, const host_name *names,
                         size_t count)
{
    for (size_t i = 0; i < of->count; i++) {
        if (is_shared(of->words[i], names, count))
            return true;
    }
    return false;
}

/* Whether a host has a word of its own, of so many letters, that tells what it
 * is. */
static bool is_told_apart(const host_name *name, const host_name *names,
                          size_t count, size_t letters)
{
    for (size_t i = 0; i < name->count; i++) {
        word own = name->words[i];
        if (own.length >= letters && !is_of_replica(own) &&
            !is_shared(own, names, count))
            return true;
    }
    return false;
}

/* ---- jobs ---- */

/* What machines, containers and pods of others are measured by, and what looks
 * at services from outside. */
static bool is_of_machines(const char *metric)
{
    static const char *const starts[] = {
        "node_",    "windows_", "machine_",  "kubelet_", "container_",
        "cadvisor", "probe_",   "snmp_",     "kube_",    "wmi_",
        "ipmi_",    "smartctl", "namedproc", "libvirt_", "netdata_"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (caus_starts_with(metric, starts[i]))
            return true;
    }
    return false;
}

/* What exporters of stores and queues tell of them: they are called by what
 * they hold. */
static bool is_of_stores(const char *metric)
{
    static const char *const starts[] = {
        "pg_",       "redis_", "mysql_",     "mongodb_",
        "rabbitmq_", "kafka_", "memcached_", "elasticsearch_",
        "haproxy_",  "nginx_", "cassandra_"};
    bool is_one = caus_metric_tells_exporter(metric);
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        is_one = is_one || caus_starts_with(metric, starts[i]);
    return is_one;
}

static bool is_of(const caus_host *host, const caus_group *group)
{
    return strcmp(host->label, group->label) == 0 &&
           strcmp(host->value, group->value) == 0;
}

/* Whether a job has a metric of a kind. */
static bool has_metric(const caus_host *host, const caus_group *groups,
                       size_t count, bool (*is_of_kind)(const char *metric))
{
    for (size_t g = 0; g < count; g++) {
        if (is_of(host, &groups[g]) && is_of_kind(groups[g].metric))
            return true;
    }
    return false;
}

/* Whether a job is called by no thing of its own. */
static bool is_of_many(const host_name *job)
{
    static const char *const words[] = {"services",     "apps",
                                        "applications", "microservices",
                                        "backends",     "targets"};
    for (size_t i = 0; i < job->count; i++) {
        if (is_any(job->words[i], words, sizeof words / sizeof *words))
            return true;
    }
    return false;
}

static bool is_one_job(const caus_host *a, const caus_host *b)
{
    return strcmp(a->label, b->label) == 0 && strcmp(a->value, b->value) == 0;
}

/* Whether a job of machines has the host, too: then it is one. */
static bool is_machine(const char *name, const caus_host *hosts, size_t count)
{
    word label = first_label(name);
    for (size_t h = 0; h < count; h++) {
        if (hosts[h].is_of_machines &&
            are_same(first_label(hosts[h].names[CAUS_HOST_INSTANCE]), label))
            return true;
    }
    return false;
}

/* The different names that the hosts [from, to) of a job have by a label; 0 =
 * they may be replicas. */
static size_t name_things(const caus_host *hosts, size_t count, size_t from,
                          size_t to, size_t label, host_name *things)
{
    size_t found = 0;
    for (size_t h = from; h < to; h++) {
        const char *value = hosts[h].names[label];
        if (!*value)
            continue; /* what the exporter tells of itself */
        host_name name = read_host(value);
        if (!name.count || is_machine(value, hosts, count))
            return 0;
        size_t t = 0;
        while (t < found && !are_same(whole(&things[t]), whole(&name)))
            t++;
        if (t == MOST_THINGS)
            return 0;
        if (t == found)
            things[found++] = name;
    }
    return found;
}

/* Whether the names of a job's hosts are of different things: of one at most
 * it is no more than what all share. Names that share nothing may be those of
 * machines, and those that share the job's of its copies. */
static bool are_things(const host_name *things, size_t count,
                       const caus_host *job, const caus_group *groups,
                       size_t group_count)
{
    size_t plain = 0;
    if (count < 2)
        return false;
    host_name name = read_words((word){job->value, strlen(job->value)});
    bool is_store = has_metric(job, groups, group_count, is_of_stores);
    bool is_family = share_a_word(things, things, count);
    for (size_t t = 0; t < count; t++)
        plain += !is_told_apart(&things[t], things, count,
                                is_family ? LEAST_OTHER : LEAST_WORD);
    return plain < 2 && (is_store || is_of_many(&name) ||
                         (is_family && !share_a_word(&name, things, count)));
}

/* The name of a thing; with its job's where a store is called as the service
 * that it belongs to. */
static const char *name_thing(const caus_host *host, word told,
                              const caus_group *groups, size_t count,
                              caus_arena *out)
{
    const char *name = caus_arena_copy_text(out, told.at, told.length);
    bool is_taken = false;
    for (size_t g = 0; name && g < count; g++)
        is_taken = is_taken || (!is_of(host, &groups[g]) &&
                                strcmp(groups[g].service, name) == 0);
    return is_taken && has_metric(host, groups, count, is_of_stores)
               ? caus_arena_format(out, "%s-%s", host->value, name)
               : name;
}

/* `instance=~"db-users-0:5432|db-users-1:5432"`: the hosts [from, to) that are
 * one thing with the host `of`. */
static const char *match_thing(const caus_host *hosts, size_t from, size_t to,
                               size_t of, caus_arena *out)
{
    size_t label = hosts[of].told_by, count = 0;
    const char *last = "";
    caus_text values = {0}, text = {0};
    assert(hosts[of].thing);
    for (size_t h = from; h < to; h++) {
        const char *value = hosts[h].names[label];
        if (!hosts[h].thing || strcmp(hosts[h].thing, hosts[of].thing) != 0 ||
            strcmp(value, last) == 0)
            continue;
        if (count++)
            caus_text_add(&values, "|");
        caus_promql_escape_regex(&values, value);
        last = value;
    }
    caus_text_format(&text, "%s=%s", caus_host_labels[label],
                     count > 1 ? "~" : "");
    caus_promql_quote(&text, count > 1 && !values.failed
                                 ? values.bytes
                                 : hosts[of].names[label]);
    const char *kept =
        values.failed || text.failed ? NULL : caus_arena_copy(out, text.bytes);
    caus_text_deinit(&values);
    caus_text_deinit(&text);
    return kept;
}

/* The first host from `from` on that is a thing, of which there is one. */
static size_t first_of_thing(const caus_host *hosts, size_t from,
                             const char *thing)
{
    while (!hosts[from].thing || strcmp(hosts[from].thing, thing) != 0)
        from++;
    return from;
}

static caus_status name_hosts(caus_host *hosts, size_t from, size_t to,
                              size_t label, const caus_group *groups,
                              size_t count, caus_arena *out, caus_error *err)
{
    for (size_t h = from; h < to; h++) {
        const char *value = hosts[h].names[label];
        if (!*value)
            continue;
        host_name name = read_host(value);
        hosts[h].told_by = label;
        hosts[h].thing =
            name_thing(&hosts[h], whole(&name), groups, count, out);
        if (!hosts[h].thing)
            return caus_arena_fail(out, err);
    }
    for (size_t h = from; h < to; h++) {
        const char *thing = hosts[h].thing;
        if (!thing)
            continue;
        size_t first = first_of_thing(hosts, from, thing);
        hosts[h].matcher = first < h ? hosts[first].matcher
                                     : match_thing(hosts, from, to, h, out);
        if (!hosts[h].matcher)
            return caus_arena_fail(out, err);
    }
    return CAUS_OK;
}

static int by_job(const void *a, const void *b)
{
    const caus_host *x = a, *y = b;
    int order = strcmp(x->label, y->label);
    if (order == 0)
        order = strcmp(x->value, y->value);
    for (size_t i = 0; order == 0 && i < CAUS_HOST_LABELS; i++)
        order = strcmp(x->names[i], y->names[i]);
    return order;
}

/* Beyond the last host of the job of hosts[from]. */
static size_t end_of_job(const caus_host *hosts, size_t count, size_t from)
{
    size_t to = from + 1;
    while (to < count && is_one_job(&hosts[to], &hosts[from]))
        to++;
    return to;
}

static void mark_machines(caus_host *hosts, size_t count,
                          const caus_group *groups, size_t group_count)
{
    for (size_t from = 0, to; from < count; from = to) {
        bool is_so =
            has_metric(&hosts[from], groups, group_count, is_of_machines);
        to = end_of_job(hosts, count, from);
        for (size_t h = from; h < to; h++)
            hosts[h].is_of_machines = is_so;
    }
}

caus_status caus_hosts_tell_apart(caus_host *hosts, size_t count,
                                  const caus_group *groups, size_t group_count,
                                  caus_arena *out, caus_error *err)
{
    host_name things[MOST_THINGS];
    if (count)
        qsort(hosts, count, sizeof *hosts, by_job);
    mark_machines(hosts, count, groups, group_count);
    for (size_t from = 0, to; from < count; from = to) {
        to = end_of_job(hosts, count, from);
        if (hosts[from].is_of_machines)
            continue;
        for (size_t label = 0; label < CAUS_HOST_LABELS; label++) {
            size_t found = name_things(hosts, count, from, to, label, things);
            if (!are_things(things, found, &hosts[from], groups, group_count))
                continue;
            CAUS_TRY(name_hosts(hosts, from, to, label, groups, group_count,
                                out, err));
            break;
        }
    }
    return CAUS_OK;
}
