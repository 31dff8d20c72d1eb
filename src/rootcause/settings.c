/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that stepped: somebody changed them, and nothing broke in them. */
#include <math.h>
#include <string.h>

#include "events/setting_step.h"
#include "rootcause/measure_words.h"
#include "rootcause/measures.h"
#include "rootcause/rootcause_internal.h"

enum {
    MOST_STEPS = 2,                 /* a change, and that it was taken back */
    LEAST_HELD = CAUS_LEAST_AFTER,  /* values of a level that is kept */
    MOST_BETWEEN = CAUS_LEAST_AFTER /* values on the way from one to the next,
                                       as copies take it one by one */
};

/* Between a service and what is measured of it. */
static const char separators[] = "_.:/- ";

/* From one level of a setting to the next. */
typedef struct step {
    size_t last_old; /* row */
    double from, to;
} step;

/* ---- names ---- */

enum { MOST_NAME = 256 };

/* What is measured, without labels: their values may be names of services. */
static void read_own_name(const caus_variable *variable, char own[MOST_NAME])
{
    const char *name = caus_measure_name(variable);
    snprintf(own, MOST_NAME, "%.*s", (int)caus_unlabelled_length(name), name);
}

/* Whether it is of a table that holds settings alone. A page of settings is
 * none. */
static bool is_of_settings(const char *name)
{
    static const char *const settings[] = {"settings"};
    static const char *const servers[] = {"pg"};
    static const char *const variables[] = {"variables"};
    static const char *const global[] = {"global"};
    return CAUS_HAS_BEHIND(name, settings, servers) ||
           CAUS_HAS_BEHIND(name, variables, global);
}

/* Whether it tells what happens with a setting, rather than what that is. */
static bool is_measured(const char *name)
{
    static const char *const words[] = {
        "used",      "usage",    "use",      "current", "active",  "open",
        "idle",      "pending",  "remain*",  "avail*",  "free",    "exceed*",
        "reach*",    "reject*",  "hit",      "hits",    "miss*",   "fail*",
        "err*",      "total",    "count",    "rate",    "reload*", "last",
        "timestamp", "succe*",   "status",   "state",   "peak",    "seen",
        "observed",  "recent",   "utili*",   "pct",     "ratio",   "percent*",
        "throttl*",  "latenc*",  "duration", "elapsed", "age",     "queue*",
        "wait*",     "session*", "drop*",    "evict*",  "over",    "near",
        "denied",    "limited",  "acqui*",   "creat*",  "borrow*", "event*",
        "oom",       "epoch",    "term"};
    return CAUS_HAS_WORD(name, words);
}

/* Whether it is how many copies there shall be. */
static bool is_of_scale(const char *name)
{
    static const char *const copies[] = {"replicas", "capacity", "instances",
                                         "tasks"};
    static const char *const wanted[] = {"spec", "desired"};
    static const char *const stateful[] = {"statefulset"};
    return (CAUS_HAS_WORD(name, copies) && CAUS_HAS_WORD(name, wanted)) ||
           CAUS_HAS_BEHIND(name, copies, stateful);
}

static bool is_limit_of_pool(const char *name)
{
    static const char *const pools[] = {"pool", "pools", "hikaricp", "jdbc"};
    static const char *const most[] = {"max", "maximum"};
    return CAUS_HAS_WORD(name, pools) && CAUS_HAS_WORD(name, most);
}

/* Whether its name says that somebody set it. */
static bool is_set(const char *name)
{
    static const char *const words[] = {
        "config",     "configured", "configuration", "setting",
        "settings",   "spec",       "quota",         "maxmemory",
        "maxclients", "gomaxprocs", "maxprocs",      "gomemlimit"};
    return CAUS_HAS_WORD(name, words) || is_of_scale(name);
}

/* Whether it tells how long something took, as the longest wait for a pool. */
static bool is_timed(const char *name)
{
    static const char *const words[] = {"seconds", "sec",     "ms",
                                        "millis*", "micros*", "nanos*",
                                        "us",      "time",    "timer"};
    return CAUS_HAS_WORD(name, words);
}

/* Whether it is the most that there may be of something, or the most that
 * there was. */
static bool is_most(const char *name)
{
    static const char *const most[] = {"max", "maximum"};
    static const char *const things[] = {
        "conn*",   "client*", "thread*", "worker*",  "fd*",  "files",
        "socket*", "memory",  "heap",    "capacity", "size", "bytes"};
    return CAUS_HAS_WORD(name, most) && CAUS_HAS_WORD(name, things);
}

static bool is_limit(const char *name)
{
    static const char *const limits[] = {"limit", "limits"};
    return CAUS_HAS_WORD(name, limits);
}

/* Whether it is added up over copies: it steps where one of them goes. */
static bool is_of_all_copies(const caus_variable *variable, const char *own)
{
    static const char *const sums[] = {"sum"};
    return variable->query && CAUS_HAS_WORD(variable->query, sums) &&
           !is_of_scale(own);
}

/* Whether it may tell of calls: of those of a page or service that is called
 * "settings", too. How long is waited for answers is set. */
static bool is_of_calls(const char *name, caus_aspect aspect)
{
    static const char *const words[] = {"timeout", "deadline", "retries"};
    return aspect == CAUS_ASPECT_LOAD ||
           (caus_aspect_is_outside(aspect) && !CAUS_HAS_WORD(name, words));
}

/* Whether a variable is a setting by its name; what it did has to agree. */
static bool is_named_setting(const caus_variable *variable, const char *own,
                             caus_aspect aspect)
{
    if (is_of_all_copies(variable, own))
        return false;
    if (is_of_settings(own))
        return true;
    if (is_measured(caus_measure_name(variable)))
        return false;
    if (is_set(own))
        return !is_of_calls(own, aspect);
    return !caus_aspect_is_outside(aspect) && !is_timed(own) &&
           (is_limit(own) || is_limit_of_pool(own) || is_most(own));
}

/* The most that there was, lately or ever, rises when something breaks, and is
 * 0 where nothing comes any more: what may be is lowered to something, and that
 * at most taken back. */
static bool may_be_a_record(const char *own, const step *steps, size_t count)
{
    if (is_of_settings(own) || is_set(own) || is_limit(own) ||
        is_limit_of_pool(own))
        return false;
    if (!count || steps[0].to > steps[0].from)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (!(steps[i].to > 0) || steps[i].to > steps[0].from)
            return true;
    }
    return false;
}

/* ---- behaviour ---- */

/* How many values from a row on are the same; moves *row to the last of them.
 */
static size_t read_run(const double *values, size_t rows, size_t *row)
{
    size_t count = 1;
    for (size_t r = *row + 1; r < rows; r++) {
        if (isnan(values[r]))
            continue;
        if (values[r] < values[*row] || values[r] > values[*row])
            break;
        *row = r;
        count++;
    }
    return count;
}

static size_t next_value(const double *values, size_t rows, size_t row)
{
    while (row < rows && isnan(values[row]))
        row++;
    return row;
}

/*
 * Whether something keeps each value that it has: constant at first, and
 * another constant behind one step or two, or none.
 *
 *   steps  [MOST_STEPS]
 *   count  set to how many there are
 */
static bool find_steps(const double *values, size_t rows, step *steps,
                       size_t *count)
{
    size_t row = next_value(values, rows, 0), between = 0, held;
    *count = 0;
    if (row == rows || read_run(values, rows, &row) < CAUS_LEAST_HEALTHY)
        return false;
    held = row;
    while ((row = next_value(values, rows, row + 1)) < rows) {
        size_t run = read_run(values, rows, &row);
        if (run < LEAST_HELD) {
            between += run;
            if (between > MOST_BETWEEN)
                return false;
            continue;
        }
        /* What is back behind a few values never changed. */
        if (*count == MOST_STEPS ||
            !(values[held] < values[row] || values[held] > values[row]))
            return false;
        steps[(*count)++] = (step){held, values[held], values[row]};
        held = row;
        between = 0;
    }
    return !between;
}

/* ---- changes ---- */

/* Whether somebody told of it already. */
static bool is_told(const caus_case *about, const caus_change *made)
{
    const caus_changes *told = about->options->changes;
    int64_t apart_ns = 2 * about->series->step_ns;
    for (size_t i = 0; told && i < told->change_count; i++) {
        const caus_change *other = &told->changes[i];
        if (strcmp(other->service, made->service) == 0 &&
            strcmp(other->kind_name, made->kind_name) == 0 &&
            other->time_ns >= made->time_ns - apart_ns &&
            other->time_ns <= made->time_ns + apart_ns)
            return true;
    }
    return false;
}

/* A step as a change: in the first row that may have the new value. */
static caus_status make_change(const caus_case *about, size_t variable,
                               const step *stepped, caus_change *result,
                               caus_error *err)
{
    const caus_variable *setting = &about->series->variables[variable];
    const char *name = caus_measure_name(setting);
    const caus_setting_step told = {
        .time_ns = about->timeline.time_ns[stepped->last_old + 1],
        .name = name + strspn(name, separators),
        .whole = setting->name,
        .from = stepped->from,
        .to = stepped->to};
    char own[MOST_NAME];
    CAUS_TRY(caus_setting_step_tell(&told, about->out, result, err));
    result->service = about->scene.services[about->scene.service_of[variable]];
    result->source = setting->source;
    result->query = setting->query;
    read_own_name(setting, own);
    if (is_of_scale(own)) {
        result->kind = CAUS_CHANGE_OTHER;
        result->kind_name = "scale";
    }
    return CAUS_OK;
}

/* Whether a variable is a setting, and how often it stepped. What somebody asks
 * about is none. */
static bool is_setting(const caus_case *about, size_t variable, step *steps,
                       size_t *count)
{
    const caus_variable *named = &about->series->variables[variable];
    const caus_timeline *timeline = &about->timeline;
    const char *symptom = about->options->symptom;
    char own[MOST_NAME];
    /* First what it does: hardly any variable needs its name to be read. */
    if (about->scene.service_of[variable] == SIZE_MAX ||
        (symptom && strcmp(symptom, named->name) == 0) ||
        !find_steps(caus_timeline_values(timeline, variable),
                    timeline->row_count, steps, count))
        return false;
    read_own_name(named, own);
    return is_named_setting(named, own, about->scene.aspects[variable]) &&
           !may_be_a_record(own, steps, *count);
}

/* Marks the settings in `is_setting`; how often all of them stepped. */
static size_t mark_settings(const caus_case *about, bool *is_one)
{
    size_t all = 0;
    for (size_t v = 0; v < about->timeline.variable_count; v++) {
        step steps[MOST_STEPS];
        size_t count;
        is_one[v] = is_setting(about, v, steps, &count);
        all += is_one[v] ? count : 0;
    }
    return all;
}

/* Adds the steps of a setting that nobody told of; `made` has room for all. */
static caus_status add_steps(const caus_case *about, size_t variable,
                             caus_change *made, size_t *made_count,
                             caus_error *err)
{
    const caus_timeline *timeline = &about->timeline;
    step steps[MOST_STEPS];
    size_t count;
    find_steps(caus_timeline_values(timeline, variable), timeline->row_count,
               steps, &count);
    for (size_t i = 0; i < count; i++) {
        caus_change *next = &made[*made_count];
        CAUS_TRY(make_change(about, variable, &steps[i], next, err));
        *made_count += !is_told(about, next);
    }
    return CAUS_OK;
}

static void blank(caus_timeline *timeline, size_t variable)
{
    double *values = timeline->values + variable * timeline->row_count;
    for (size_t r = 0; r < timeline->row_count; r++)
        values[r] = (double)NAN;
}

/* Sets `changes` to what was told and what was found. */
static caus_status join(caus_case *about, const caus_changes *found,
                        caus_error *err)
{
    static const caus_changes none = {0};
    const caus_changes *told = about->options->changes;
    caus_changes *all = CAUS_ARRAY(about->out, caus_changes, 1);
    if (!all)
        return caus_arena_fail(about->out, err);
    CAUS_TRY(
        caus_changes_join(told ? told : &none, found, about->out, all, err));
    about->changes = all;
    return CAUS_OK;
}

caus_status caus_settings_take_out(caus_case *about, caus_error *err)
{
    size_t variables = about->timeline.variable_count, count = 0;
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    about->changes = about->options->changes;
    about->is_setting = CAUS_ARRAY(about->out, bool, variables);
    if (!about->is_setting)
        return caus_arena_fail(about->out, err);
    size_t steps = mark_settings(about, about->is_setting);
    caus_change *made = CAUS_ARRAY(scratch, caus_change, steps);
    if (!made)
        return caus_arena_fail(scratch, err);
    for (size_t v = 0; v < variables; v++) {
        if (!about->is_setting[v])
            continue;
        CAUS_TRY(add_steps(about, v, made, &count, err));
        blank(&about->timeline, v);
    }
    const caus_changes found = {count, made};
    return count ? join(about, &found, err) : CAUS_OK;
}
