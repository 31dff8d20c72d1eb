/* SPDX-License-Identifier: Apache-2.0 */
/* The commands and what they share: choosing sources and loading them. */
#ifndef CAUS_SRC_CLI_CLI_H
#define CAUS_SRC_CLI_CLI_H

#include "program.h"

extern const caus_command caus_command_init;
extern const caus_command caus_command_doctor;
extern const caus_command caus_command_discover;
extern const caus_command caus_command_explain;
extern const caus_command caus_command_report;
extern const caus_command caus_command_gram;
extern const caus_command caus_command_record;
extern const caus_command caus_command_info;
extern const caus_command caus_command_simulate;
extern const caus_command caus_command_completion;
extern const caus_command caus_command_manual;

/* All commands, and what a program does with its words. */
extern const caus_command_table caus_cli_table;
int caus_cli_run(int count, char **words, const caus_ranks *ranks);

/* The formats of caus.yml and vars.yml. */
enum { CAUS_CLI_TOPICS = 4 };
extern const caus_help_topic caus_cli_topics[CAUS_CLI_TOPICS];

/* What and how to discover. */
extern const caus_option_group caus_cli_discover_options;
/* Servers, and their variables. */
extern const caus_option_group caus_server_options;
extern const caus_option_group caus_source_options;
/* What may stand in for servers. */
extern const caus_option_group caus_file_options;
/* Sums in place of data. */
extern const caus_option_group caus_gram_source_options;
/* Window, step and time zone. */
extern const caus_option_group caus_time_options;

/* What the incident preset and a recording take before the window. */
static const int64_t caus_cli_baseline_ns = INT64_C(6) * 3600 * 1000000000;

/* The window a command works on, and the rows before it. */
typedef struct caus_cli_window {
    bool given;         /* --start, --end or a dashboard link was there */
    caus_grid window;   /* step_ns 0 = --step was not given */
    caus_grid baseline; /* step_ns 0 = none */
} caus_cli_window;

/*
 * Reads --start, --end, --step, --tz and --baseline.
 *
 *   default_baseline_ns  0 for none
 */
caus_status caus_cli_read_window(const caus_arguments *arguments,
                                 int64_t default_baseline_ns,
                                 caus_cli_window *result, caus_error *err);

/* That rows are wider than --step asks for; NULL = no memory. */
const char *caus_cli_step_warning(int64_t asked_ns, int64_t step_ns,
                                  const char *what, caus_arena *arena);

/*
 * Puts window and baseline on the grid: the baseline ends one step before the
 * window starts, and is dropped if nothing is left of it.
 *
 *   fallback_step_ns  if --step was not given; 0 = 1 min, or 15 s for windows
 *                     under half an hour
 */
void caus_cli_settle(caus_cli_window *window, int64_t fallback_step_ns);

/* What times without a zone mean. */
typedef struct caus_cli_zone {
    bool given;      /* by --tz */
    int32_t minutes; /* INT32_MIN = such times are refused */
    bool is_place;   /* its offset changes with summer time */
} caus_cli_zone;

/* Reads --tz; a place becomes the process's zone. */
caus_status caus_cli_read_zone(const caus_arguments *arguments,
                               caus_cli_zone *result, caus_error *err);

/* A caus_zone_fn of a caus_cli_zone that was given. */
int32_t caus_cli_zone_minutes(void *zone, int64_t time_ns);

/* Answers tell local times beside UTC: those of --tz, else of this machine, as
 * they were at that instant. */
caus_status caus_cli_settle_zone(caus_program *program,
                                 const caus_arguments *arguments,
                                 int64_t time_ns, caus_error *err);

typedef struct caus_cli_specs {
    const caus_variable_spec *items;
    size_t count;
} caus_cli_specs;

/* Which servers and which of their variables. */
typedef struct caus_cli_source {
    caus_settings settings;   /* of --config or ./caus.yml */
    caus_cli_specs specs;     /* of --metrics, --traces and --vars */
    const char *left_out;     /* by --service, as a sentence; NULL = nothing */
    const char *unasked;      /* likewise a server that failed to tell what it
                                 holds */
    caus_status spans_status; /* of ClickHouse, where it was that */
    bool is_choice;           /* named one by one, so that each must be there */
    size_t query_count;       /* sent to ClickHouse to choose them */
    const caus_topology *calls; /* that it told then; NULL */
} caus_cli_source;

/* What --config or ./caus.yml says. */
caus_status caus_cli_read_settings(const caus_arguments *arguments,
                                   caus_arena *arena, caus_settings *result,
                                   caus_error *err);

caus_status caus_cli_read_source(caus_program *program,
                                 const caus_arguments *arguments,
                                 const caus_cli_window *window,
                                 caus_arena *arena, caus_cli_source *result,
                                 caus_error *err);

/*
 * The variables of a service and of those up to two calls away, the nearest
 * first: definitions where there are any, else span series. No more than the
 * rows of the window can carry.
 */
caus_status caus_cli_specs_around(const char *service,
                                  const caus_cli_specs *defined,
                                  bool has_traces,
                                  const caus_topology *topology,
                                  const caus_cli_window *window,
                                  caus_arena *arena, caus_cli_specs *result,
                                  const char **left_out, caus_error *err);

/*
 * Fetches the variables of a source from its servers as one list of tracks;
 * prints queries and clock skew as asked.
 *
 *   window  settled here: without --step at the default, or at the largest
 *           scrape interval seen if that is wider
 */
caus_status caus_cli_fetch(caus_program *program,
                           const caus_arguments *arguments,
                           const caus_cli_source *source,
                           caus_cli_window *window, caus_arena *arena,
                           caus_fetch *result, caus_error *err);

/*
 * Has ClickHouse sum up the variables of a source, span series all.
 *
 *   window  settled
 */
caus_status caus_cli_fetch_gram(caus_program *program,
                                const caus_arguments *arguments,
                                const caus_cli_source *source,
                                const caus_cli_window *window,
                                const caus_gram_options *sums,
                                caus_arena *arena, caus_gram_fetch *result,
                                caus_error *err);

/* The one character of --service-separator, or '_'. */
caus_status caus_cli_read_separator(const caus_arguments *arguments,
                                    char *result, caus_error *err);

/* Where an onset is looked for first, if --around tells a time near it. */
caus_status caus_cli_read_near(const caus_arguments *arguments,
                               caus_explain_options *options, caus_error *err);

/* An instant that an option names. */
caus_status caus_cli_read_time(const caus_arguments *arguments,
                               const char *name, int64_t *result_ns,
                               caus_error *err);

/*
 * Cuts a series where the incident begins, by --at or as found, and where it
 * ends: environment 1 is the incident, 0 the rows before and after it, `margin`
 * rows around both left out. Where nothing is found, a single environment is
 * cut in halves; where both sides would be too short, the series stays.
 *
 *   result  found is false where nothing began
 */
caus_status caus_cli_split(caus_program *program,
                           const caus_arguments *arguments, size_t margin,
                           caus_arena *arena, caus_series *series,
                           caus_extent *result, caus_error *err);

/* What a command does, with an arena of its own. */
typedef caus_status caus_cli_work(caus_program *program,
                                  const caus_arguments *arguments,
                                  caus_arena *arena, caus_error *err);

/* Does the work of a command; returns the exit code. */
int caus_cli_execute(caus_program *program, const caus_arguments *arguments,
                     caus_cli_work *work);

/* Who calls whom, by --topology or the settings; NULL if neither says. */
caus_status caus_cli_read_topology(const caus_arguments *arguments,
                                   caus_arena *arena,
                                   const caus_topology **result,
                                   caus_error *err);

/* Where answers link to: --grafana-url, CAUS_GRAFANA_URL or the settings, which
 * also name the data sources. */
caus_status caus_cli_read_grafana(const caus_arguments *arguments,
                                  caus_arena *arena, caus_grafana *result,
                                  caus_error *err);

/* What --knowledge says; NULL without it. */
caus_status caus_cli_read_knowledge(const caus_arguments *arguments,
                                    caus_arena *arena,
                                    const caus_knowledge **result,
                                    caus_error *err);

/* Puts samples on the grid of a settled window. */
caus_status caus_cli_align(caus_program *program, const caus_samples *samples,
                           const caus_cli_window *window, caus_arena *arena,
                           caus_series *result, caus_error *err);

/* Everything a discovery starts from. */
typedef struct caus_cli_input {
    caus_series series;
    const caus_spans *spans;          /* of --traces-csv; NULL = none */
    const caus_topology *topology;    /* of spans; NULL = none were given */
    const caus_topology *asked_calls; /* the same, where choosing the variables
                                         has read them */
    const char *const *warnings;
    size_t warning_count;
    caus_changes changes;     /* of the recording, or found in metrics */
    caus_endpoint clickhouse; /* url NULL, unless servers were the source */
    caus_grid window;         /* what was asked of servers */
    caus_grid baseline;
    size_t query_count;          /* sent to ClickHouse */
    bool has_no_spans;           /* it is known to hold none */
    const char *recorded_traces; /* NULL = none */
    const char *recorded_logs;   /* likewise */
    const char *traces_warning;  /* of their recording; NULL = none */
    const char *logs_warning;    /* likewise */
} caus_cli_input;

/* Fills an answer of the incident preset in, but for quality and test; its
 * options are there already. */
void caus_cli_describe_incident(const caus_incident *incident,
                                caus_graph_answer *answer);

/* Whether --service chose the variables; of a file all are taken. */
bool caus_cli_chose_near(const caus_arguments *arguments);

/* As many lags as, times variables (one at least), are a quarter of the rows
 * that hold a value, five at least. */
size_t caus_cli_lags_carried(const caus_series *series);

/*
 * Of the variables that --service chose, the nearest first, as many as
 * variables times lags are a quarter of the rows that hold a value, two at
 * least; says what is left out.
 */
caus_status caus_cli_cap_by_lags(const char *service, size_t max_lag,
                                 caus_arena *arena, caus_cli_input *input,
                                 caus_error *err);

/* Before what a recording says about the quality of its data. */
static const char caus_cli_quality_prefix[] = "quality: ";
/* What was left out of what only some answers use. */
static const char caus_cli_traces_prefix[] = "of the traces ";
static const char caus_cli_logs_prefix[] = "of the log lines ";

/*
 * Makes --step as wide as what it asks of: narrower rows hold no more, and
 * repeat or lack values.
 *
 *   what  that width in words, such as "the rows that were recorded"
 */
caus_status caus_cli_raise_step(caus_cli_window *window, int64_t least_ns,
                                const char *what, caus_arena *arena,
                                caus_cli_input *result, caus_error *err);

/* Adds a sentence to the warnings of an input; NULL = no memory for it. */
caus_status caus_cli_add_warning(caus_arena *arena, caus_cli_input *input,
                                 const char *warning, caus_error *err);

/* The same of a server that was named and failed: the first screen has no room
 * for warnings, and without this one the answer looks like all there is to
 * know. */
caus_status caus_cli_add_failure(caus_program *program, caus_arena *arena,
                                 caus_cli_input *input, const char *warning,
                                 caus_error *err);

/* The first row of a settled window that has data; its start where they begin
 * within its first rows (a twentieth) already. */
int64_t caus_cli_first_row_ns(const caus_grid *window, int64_t first_ns);

/* Times of the first and the last value; INT64_MAX and INT64_MIN = there is
 * none. */
typedef struct caus_cli_reach {
    int64_t first_ns;
    int64_t last_ns;
} caus_cli_reach;

caus_cli_reach caus_cli_reach_of(const caus_samples *samples);

/* Shortens a settled window and its baseline to where the data begin and end,
 * and says so. */
caus_status caus_cli_clip_window(caus_cli_window *window, caus_cli_reach reach,
                                 caus_arena *arena, caus_cli_input *input,
                                 caus_error *err);

/* Every --csv as an environment, named by its file. */
caus_status caus_cli_load_environments(caus_program *program,
                                       const caus_arguments *arguments,
                                       const caus_cli_window *window,
                                       caus_arena *arena,
                                       caus_cli_input *result, caus_error *err);

/* Gives variables the roles that --context says. */
caus_status caus_cli_read_contexts(const caus_arguments *arguments,
                                   caus_arena *arena, caus_series *series,
                                   caus_error *err);

/* Fails when a whole environment holds no value. */
caus_status caus_cli_check_coverage(const caus_series *series, caus_error *err);

/* A CSV file and what the command line takes of it. */
typedef struct caus_cli_csv {
    caus_csv *csv;      /* closed with caus_csv_close() */
    caus_csv_cut cut;   /* of the settled window, or the whole file */
    caus_cli_zone zone; /* read by the file: stays where it is */
} caus_cli_csv;

/*
 * Opens --csv or --table and puts the window on the file's grid.
 *
 *   window  settled here, if --start or --end was given
 *   input   takes a warning when the baseline is cut short
 */
caus_status caus_cli_open_csv(caus_program *program,
                              const caus_arguments *arguments, const char *path,
                              bool table, caus_cli_window *window,
                              caus_arena *arena, caus_cli_input *input,
                              caus_cli_csv *result, caus_error *err);

/* Adds what the last read of a file found worth telling. */
caus_status caus_cli_add_csv_warnings(const caus_csv *csv, caus_arena *arena,
                                      caus_cli_input *input, caus_error *err);

/* The series of a CSV or table file. */
caus_status caus_cli_load_csv(caus_program *program,
                              const caus_arguments *arguments, const char *path,
                              bool table, caus_cli_window *window,
                              caus_arena *arena, caus_cli_input *result,
                              caus_error *err);

/* The sums of --gram, or those of --push-down, in place of a series. */
caus_status caus_cli_load_gram(caus_program *program,
                               const caus_arguments *arguments,
                               caus_arena *arena, caus_cli_input *result,
                               caus_error *err);

/* Fails where what is about servers was given beside a file. */
caus_status caus_cli_check_file(const caus_arguments *arguments,
                                const char *file, caus_error *err);

/* Tells that --service, where given, chooses nothing of a file. */
caus_status caus_cli_note_service(const caus_arguments *arguments,
                                  caus_arena *arena, caus_cli_input *input,
                                  caus_error *err);

/*
 * Loads the one source that was named: --recording, --csv, --table, or
 * servers.
 */
caus_status caus_cli_load(caus_program *program,
                          const caus_arguments *arguments,
                          int64_t default_baseline_ns, caus_arena *arena,
                          caus_cli_input *result, caus_error *err);

/* The spans of --traces-csv beside other data, and their call graph. */
caus_status caus_cli_load_calls(caus_program *program,
                                const caus_arguments *arguments,
                                caus_arena *arena, caus_cli_input *result,
                                caus_error *err);

/* The same with the spans as series too. */
caus_status caus_cli_load_spans(caus_program *program,
                                const caus_arguments *arguments,
                                bool use_baseline, caus_cli_window *window,
                                caus_arena *arena, caus_cli_input *result,
                                caus_error *err);

#endif
