/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every program of caus shares: the argument table, help made from it,
 * the terminal, progress, signals and output that is written whole or not.
 */
#ifndef CAUS_SRC_PROGRAM_PROGRAM_H
#define CAUS_SRC_PROGRAM_PROGRAM_H

#include <stdio.h>

#include "caus/caus.h"

/* Exit codes, the same for every command. */
enum {
    CAUS_EXIT_DONE = 0,
    CAUS_EXIT_FAILED = 1,
    CAUS_EXIT_USAGE = 2,
    CAUS_EXIT_INSUFFICIENT = 3, /* 0 with --exit-zero */
    CAUS_EXIT_CANCELLED = 130
};

/* ---- the argument table ---- */

/* What a shell offers after an option. */
typedef enum caus_complete {
    CAUS_COMPLETE_NOTHING,
    CAUS_COMPLETE_FILE
} caus_complete;

typedef struct caus_option {
    const char *name;     /* without dashes */
    char letter;          /* 0 = none */
    const char *argument; /* "FILE", …; NULL = a flag */
    const char *choices;  /* "a|b|c": nothing else is accepted; NULL = any */
    caus_complete complete;
    const char *help; /* one sentence, no final stop */
} caus_option;

typedef struct caus_option_group {
    const char *title;
    size_t count;
    const caus_option *options;
} caus_option_group;

typedef struct caus_arguments caus_arguments;
typedef struct caus_program caus_program;

typedef struct caus_command {
    const char *name;
    const char *summary;  /* one line */
    const char *operands; /* "FILE", or "" */
    size_t operand_count; /* exactly so many, or with more_operands at least */
    const char *stray;    /* what to do with one more; NULL = leave it out */
    const char *description; /* paragraphs, plain text */
    size_t group_count;
    const caus_option_group *const *groups;
    const char *examples; /* lines of shell */
    bool hidden;          /* not in help or completion */
    int (*execute)(caus_program *program, const caus_arguments *arguments);
    bool more_operands; /* the last one may be followed by others of its kind */
} caus_command;

/* What "caus help NAME" tells beside the commands: a file's format. */
typedef struct caus_help_topic {
    const char *name;
    const char *summary; /* one line */
    const char *text;    /* lines of at most 80 columns */
} caus_help_topic;

/* The whole program: its commands, in the order of the help text. */
typedef struct caus_command_table {
    const char *name;
    const char *summary;
    size_t count;
    const caus_command *const *commands;
    size_t topic_count;
    const caus_help_topic *topics;
    const caus_ranks *ranks; /* of the process, under MPI; NULL = alone */
} caus_command_table;

/* The options every command has. */
extern const caus_option_group caus_common_options;

/* --format, for the commands whose result has several forms: a graph, words and
 * numbers about an incident, a report, a table, a note beside a file. */
extern const caus_option_group caus_graph_form;
extern const caus_option_group caus_story_form;
extern const caus_option_group caus_page_form;
extern const caus_option_group caus_sheet_form;
extern const caus_option_group caus_note_form;

/*
 * Reads argv after the command word. Long options take "--name value" or
 * "--name=value"; the last of a repeated option wins where it may be given only
 * once; "--" ends options.
 *
 *   result  freed with caus_arguments_free()
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT and a sentence that names the nearest
 * option.
 */
caus_status caus_arguments_parse(const caus_command *command, int count,
                                 char *const *words, caus_arguments **result,
                                 caus_error *err);
void caus_arguments_free(caus_arguments *arguments);

/* The value of an option, "" for a flag that was given, NULL if it was not.
 * The name must be in the command's table. */
const char *caus_arguments_get(const caus_arguments *arguments,
                               const char *name);
bool caus_arguments_has(const caus_arguments *arguments, const char *name);
/* The values of an option that was repeated, in order; NULL beyond the last. */
const char *caus_arguments_nth(const caus_arguments *arguments,
                               const char *name, size_t place);
const char *caus_arguments_operand(const caus_arguments *arguments,
                                   size_t index);
size_t caus_arguments_operand_count(const caus_arguments *arguments);

/* The command line again, quoted for a shell, in `arena`; NULL = no memory. */
const char *caus_arguments_text(const caus_arguments *arguments,
                                caus_arena *arena);

/* The same for another command: options that it has, without those named in
 * `without`, NULL at its end. */
const char *caus_arguments_text_for(const caus_arguments *arguments,
                                    const caus_command *command,
                                    const char *const *without,
                                    caus_arena *arena);

/* A word quoted for a shell where it needs that; NULL = no memory. */
const char *caus_shell_quote(const char *word, caus_arena *arena);

/* A whole number in [low, high], or `fallback` if the option was not given. */
caus_status caus_arguments_integer(const caus_arguments *arguments,
                                   const char *name, long low, long high,
                                   long fallback, long *result,
                                   caus_error *err);
/* A number in [low, high], or `fallback`. */
caus_status caus_arguments_number(const caus_arguments *arguments,
                                  const char *name, double low, double high,
                                  double fallback, double *result,
                                  caus_error *err);

/* A duration such as 90s or 1h30m, or `fallback_ns`. */
caus_status caus_arguments_duration(const caus_arguments *arguments,
                                    const char *name, int64_t fallback_ns,
                                    int64_t *result_ns, caus_error *err);

/* Whether a mistyped name may mean the other one. */
bool caus_is_near(const char *name, const char *meant);

/* The command of this name; NULL if there is none. */
const caus_command *caus_command_find(const caus_command_table *table,
                                      const char *name);
/* The command whose name is nearest to a mistyped one. */
const caus_command *caus_command_nearest(const caus_command_table *table,
                                         const char *name);

/* ---- help, manual pages and completion, all made from the table ---- */

void caus_help_program(const caus_command_table *table, FILE *out);
/* The help of a command or topic of this name; false if there is neither. */
bool caus_help_about(const caus_command_table *table, const char *name,
                     FILE *out);
void caus_help_command(const caus_command_table *table,
                       const caus_command *command, FILE *out);
/* A manual page in mdoc; command NULL = the page of the program. */
void caus_manual(const caus_command_table *table, const caus_command *command,
                 FILE *out);
/* A completion script; shell "bash", "zsh" or "fish"; false for others. */
bool caus_completion(const caus_command_table *table, const char *shell,
                     FILE *out);

/* ---- one invocation ---- */

struct caus_program {
    const caus_command_table *table;
    caus_run *run;
    bool quiet;
    bool timings;
    bool exit_zero; /* insufficient evidence is no failure */
    bool offline;
    bool show_queries;
    caus_render_options render;
    struct caus_progress_bar *bar; /* NULL = not shown */
    int64_t started_ns;            /* monotonic */
    int64_t lap_ns;
};

/* Opens run control, terminal and signals from the common options. */
caus_status caus_program_open(caus_program *program,
                              const caus_command_table *table,
                              const caus_arguments *arguments, caus_error *err);
void caus_program_close(caus_program *program);

/* "caus: …" on stderr, unless --quiet. */
void caus_program_say(caus_program *program, const char *format, ...)
    CAUS_PRINTF(2, 3);

/* With --timings, names the time since the last lap. */
void caus_program_lap(caus_program *program, const char *what);

/* Prints the reason of a failed call and gives the exit code for it. */
int caus_program_fail(caus_program *program, const caus_error *err);

/*
 * Writes a result: to stdout (path NULL or "-"), or to `path` under a temporary
 * name, synced and renamed. Fails with CAUS_ERR_IO and the system's words.
 */
caus_status caus_program_write(const char *path, const char *text,
                               size_t length, caus_error *err);

/* Format from --format, else from the ending of -o, else text on a terminal
 * and JSON otherwise. Fails on an ending that promises what caus does not
 * make, such as .png. */
caus_status caus_program_format(const caus_arguments *arguments,
                                caus_format *result, caus_error *err);

/* Whether text may have colours, and whether it is for a terminal, which gets
 * the first screen alone without --details. */
void caus_program_settle_text(caus_program *program,
                              const caus_arguments *arguments);

/* Bytes of "256M", "2G", "1048576"; fails on anything else. */
caus_status caus_bytes_parse(const char *text, size_t *result, caus_error *err);

/* ---- progress on a terminal ---- */

typedef struct caus_progress_bar caus_progress_bar;

caus_progress_bar *caus_progress_bar_new(FILE *out, bool ascii);
/* Wipes the line and frees the bar; NULL is accepted. */
void caus_progress_bar_free(caus_progress_bar *bar);
/* A caus_progress_fn. */
void caus_progress_bar_update(void *bar, caus_stage stage, uint64_t done,
                              uint64_t total);
/* Wipes the line so that a message can be printed. */
void caus_progress_bar_clear(caus_progress_bar *bar);

/* ---- signals ---- */

/* From now on SIGINT and SIGTERM set this flag; a second one ends the program
 * at once. SIGPIPE and SIGXFSZ are ignored. */
const volatile sig_atomic_t *caus_signals_watch(void);

#endif
