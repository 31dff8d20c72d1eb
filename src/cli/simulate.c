/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli.h"

static const caus_option world_options[] = {
    {"services", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "how many services, 3 to 120; default 10"},
    {"fault", 0, "KIND",
     "auto|none|delay|errors|leak|cpu|pool|deploy|ramp|outage|code",
     CAUS_COMPLETE_NOTHING,
     "what goes wrong; default auto: each in turn by seed"},
    {"root", 0, "SERVICE", NULL, CAUS_COMPLETE_NOTHING,
     "the service at fault; default auto: each in turn by seed"},
    {"fault-size", 0, "SIZE", NULL, CAUS_COMPLETE_NOTHING,
     "seconds of delay and ramp, share of errors and code, times slower of "
     "deploy and "
     "cpu, memories an hour of leak, how busy for pool; default by seed"},
    {"fault-at", 0, "DURATION", NULL, CAUS_COMPLETE_NOTHING,
     "when it begins, after the start; default at three fifths"},
    {"fault-for", 0, "DURATION", NULL, CAUS_COMPLETE_NOTHING,
     "how long it lasts; default a fifth of the whole"},
    {"duration", 0, "DURATION", NULL, CAUS_COMPLETE_NOTHING,
     "how long the world lasts; default 2h"},
    {"start", 0, "TIME", NULL, CAUS_COMPLETE_NOTHING,
     "when it starts; default 2026-03-02T09:00:00Z"},
    {"step", 0, "DURATION", NULL, CAUS_COMPLETE_NOTHING,
     "width of a row of series.csv; default 15s"},
    {"scrape", 0, "DURATION", NULL, CAUS_COMPLETE_NOTHING,
     "from scrape to scrape of each pod; default 15s"},
    {"only", 0, "FILES", NULL, CAUS_COMPLETE_NOTHING,
     "write only these, parted by commas; graph.csv, changes.csv and "
     "truth.json are always written"},
};

static const caus_option_group world_group = {
    "world", sizeof world_options / sizeof *world_options, world_options};

static caus_status read_fault(const caus_arguments *arguments,
                              caus_world_options *result, caus_error *err)
{
    const char *name = caus_arguments_get(arguments, "fault");
    if (name)
        caus_world_fault_from_name(name, &result->fault);
    const char *root = caus_arguments_get(arguments, "root");
    result->root = root && strcmp(root, "auto") != 0 ? root : NULL;
    CAUS_TRY(caus_arguments_number(arguments, "fault-size", 0, 1000, 0,
                                   &result->fault_size, err));
    CAUS_TRY(caus_arguments_duration(arguments, "fault-at", -1,
                                     &result->fault_at_ns, err));
    return caus_arguments_duration(arguments, "fault-for", 0,
                                   &result->fault_for_ns, err);
}

static caus_status read_start(const caus_arguments *arguments,
                              caus_world_options *result, caus_error *err)
{
    const char *text = caus_arguments_get(arguments, "start");
    if (!text)
        return CAUS_OK;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    CAUS_TRY(caus_time_parse(text,
                             (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, 0,
                             &result->start_ns, err));
    result->start_ns -= result->start_ns % result->step_ns;
    return CAUS_OK;
}

static caus_status read_options(const caus_arguments *arguments,
                                caus_world_options *result, caus_error *err)
{
    *result = caus_world_options_default();
    long services;
    CAUS_TRY(caus_arguments_integer(arguments, "services", 3, 120,
                                    (long)result->services, &services, err));
    result->services = (size_t)services;
    CAUS_TRY(read_fault(arguments, result, err));
    CAUS_TRY(caus_arguments_duration(arguments, "duration", result->duration_ns,
                                     &result->duration_ns, err));
    CAUS_TRY(caus_arguments_duration(arguments, "step", result->step_ns,
                                     &result->step_ns, err));
    CAUS_TRY(caus_arguments_duration(arguments, "scrape", result->scrape_ns,
                                     &result->scrape_ns, err));
    return read_start(arguments, result, err);
}

static caus_status fail_file(const char *name, size_t length, caus_arena *arena,
                             caus_error *err)
{
    const char *names = "";
    for (int f = 0; names && f < CAUS_WORLD_FILE_COUNT; f++) {
        const char *before = f + 1 < CAUS_WORLD_FILE_COUNT ? ", " : " and ";
        names = caus_arena_format(arena, "%s%s%s", names, f ? before : "",
                                  caus_world_file_name((caus_world_file)f));
    }
    if (!names)
        return caus_arena_fail(arena, err);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "--only: a world has no file \"%.*s\"; it has %s",
                     (int)length, name, names);
}

/* Which files --only names; all of them without it. */
static caus_status choose_files(const caus_arguments *arguments,
                                bool chosen[CAUS_WORLD_FILE_COUNT],
                                caus_arena *arena, caus_error *err)
{
    const char *only = caus_arguments_get(arguments, "only");
    for (int f = 0; f < CAUS_WORLD_FILE_COUNT; f++)
        chosen[f] = !only || f == CAUS_WORLD_TOPOLOGY ||
                    f == CAUS_WORLD_CHANGES || f == CAUS_WORLD_TRUTH;
    while (only && *only) {
        size_t length = strcspn(only, ",");
        int f = 0;
        for (; f < CAUS_WORLD_FILE_COUNT; f++) {
            const char *name = caus_world_file_name((caus_world_file)f);
            if (strlen(name) == length && memcmp(name, only, length) == 0)
                break;
        }
        if (f == CAUS_WORLD_FILE_COUNT)
            return fail_file(only, length, arena, err);
        chosen[f] = true;
        only += length + (only[length] == ',');
    }
    return CAUS_OK;
}

static caus_status make_folder(const char *path, caus_error *err)
{
    struct stat info;
    if (mkdir(path, 0777) == 0 ||
        (errno == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode)))
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_IO, "cannot make the folder %s: %s", path,
                     strerror(errno));
}

static caus_status write_file(caus_program *program, const caus_world *world,
                              caus_world_file file, const char *folder,
                              caus_arena *arena, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(arena);
    const char *path =
        caus_arena_format(arena, "%s/%s", folder, caus_world_file_name(file));
    if (!path)
        return caus_arena_fail(arena, err);
    const char *text;
    size_t length;
    caus_status status =
        caus_world_write(world, file, program->run, arena, &text, &length, err);
    if (status == CAUS_OK)
        status = caus_program_write(path, text, length, err);
    caus_arena_rewind(arena, mark);
    return status;
}

static void tell(caus_program *program, const caus_world *world,
                 const char *folder)
{
    caus_program_say(program,
                     "seed %llu: %zu services, %zu requests, %zu scrapes "
                     "written to %s",
                     (unsigned long long)world->seed, world->service_count,
                     world->span_count, world->scrape_count, folder);
    caus_program_say(
        program, "what is wrong, where and since when: %s/truth.json", folder);
}

static caus_status simulate(caus_program *program,
                            const caus_arguments *arguments, caus_arena *arena,
                            caus_error *err)
{
    const char *what = caus_arguments_operand(arguments, 0);
    const char *folder = caus_arguments_get(arguments, "output");
    if (strcmp(what, "world") != 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "caus simulates no \"%s\": say caus simulate world",
                         what);
    if (!folder || strcmp(folder, "-") == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "where to? give a folder: -o world");
    caus_world_options options;
    CAUS_TRY(read_options(arguments, &options, err));
    bool chosen[CAUS_WORLD_FILE_COUNT];
    CAUS_TRY(choose_files(arguments, chosen, arena, err));
    caus_world world;
    CAUS_TRY(caus_world_make(&options, program->run, arena, &world, err));
    caus_program_lap(program, "simulate");
    CAUS_TRY(make_folder(folder, err));
    for (int f = 0; f < CAUS_WORLD_FILE_COUNT; f++) {
        if (chosen[f])
            CAUS_TRY(write_file(program, &world, (caus_world_file)f, folder,
                                arena, err));
    }
    caus_program_lap(program, "write");
    tell(program, &world, folder);
    return CAUS_OK;
}

static int execute(caus_program *program, const caus_arguments *arguments)
{
    return caus_cli_execute(program, arguments, simulate);
}

static const caus_option_group *const groups[] = {&world_group,
                                                  &caus_common_options};

const caus_command caus_command_simulate = {
    .name = "simulate",
    .summary = "make a world of services whose causes are known",
    .operands = "world",
    .operand_count = 1,
    .description =
        "Simulates a production system request by request and writes what its "
        "monitoring would have seen: metrics for Prometheus, spans for "
        "ClickHouse, both as CSV and as OTLP, log lines, the call graph and "
        "the changes, "
        "and in "
        "truth.json what was wrong. The same --seed gives the same bytes. For "
        "training, game days, and for measuring how often an answer is "
        "right.\n\n"
        "Faults of --fault: delay (every request of the root service sleeps "
        "longer), errors (a share of its requests fails), leak (its memory "
        "fills, its pods slow down and are killed), cpu (its runaway threads "
        "fill the nodes that others share), pool (workers and the "
        "connections they hold are given back late), deploy (a new version is "
        "slower and "
        "fails 5 % more), ramp (a delay that grows), outage (one of its pods "
        "fails every request), code (a small share of its requests throws, "
        "which "
        "little but its log shows; only when asked for), none (a healthy "
        "world). Every world has "
        "harmless deploys and configuration changes too.",
    .group_count = sizeof groups / sizeof *groups,
    .groups = groups,
    .examples =
        "  caus simulate world --seed 7 -o world\n"
        "  caus discover --csv world/series.csv --topology world/graph.csv\n"
        "  caus simulate world --seed 8 --fault leak --duration 4h -o world\n",
    .execute = execute,
};
