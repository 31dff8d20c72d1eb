/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every process does the same; what is worth cutting is cut inside the library
 * by rank. Files are read by rank 0 and copied into a folder of each other
 * process, whose options then name the copies.
 */
#include <limits.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "caus_mpi.h"

enum { MOST_COPIES = 64, MOST_REPEATED = 32, PART_BYTES = 1 << 26 };

typedef struct group {
    caus_ranks ranks;
    char folder[64]; /* of copies; "" = none */
    int spoken;      /* where people read; stderr goes into a file */
    char *copies[MOST_COPIES];
    size_t copy_count;
} group;

static bool gather(void *data, const void *mine, size_t size, void *all)
{
    (void)data;
    return size <= INT_MAX &&
           MPI_Allgather(mine, (int)size, MPI_BYTE, all, (int)size, MPI_BYTE,
                         MPI_COMM_WORLD) == MPI_SUCCESS;
}

/* ---- files ---- */

/* Sends a file in parts, each after its length; −1 in place of a length stands
 * for a file that cannot be read. */
static void send_file(const char *path)
{
    char *part = malloc(PART_BYTES);
    FILE *file = part ? fopen(path, "rb") : NULL;
    int length;
    do {
        length = -1;
        if (file) {
            length = (int)fread(part, 1, PART_BYTES, file);
            length = ferror(file) ? -1 : length;
        }
        MPI_Bcast(&length, 1, MPI_INT, 0, MPI_COMM_WORLD);
        if (length > 0)
            MPI_Bcast(part, length, MPI_BYTE, 0, MPI_COMM_WORLD);
    } while (length > 0);
    if (file)
        fclose(file);
    free(part);
}

/* Receives what was sent; false when it is no copy of the file. */
static bool receive_file(const char *path)
{
    char *part = malloc(PART_BYTES);
    FILE *file = fopen(path, "wb");
    bool sound = part && file;
    int length;
    if (!part)
        MPI_Abort(MPI_COMM_WORLD, CAUS_EXIT_FAILED);
    do {
        MPI_Bcast(&length, 1, MPI_INT, 0, MPI_COMM_WORLD);
        if (length > 0)
            MPI_Bcast(part, length, MPI_BYTE, 0, MPI_COMM_WORLD);
        sound = sound && length >= 0 &&
                fwrite(part, 1, (size_t)length, file) == (size_t)length;
    } while (length > 0);
    if (file)
        sound = fclose(file) == 0 && sound;
    free(part);
    return sound;
}

enum { PLACE_BYTES = 96 };

static void name_words(const group *g, char path[PLACE_BYTES])
{
    snprintf(path, PLACE_BYTES, "%s/stderr", g->folder);
}

/* The folder of a copy. */
static void name_place(const group *g, size_t copy, char path[PLACE_BYTES])
{
    snprintf(path, PLACE_BYTES, "%s/%zu", g->folder, copy);
}

static bool make_folder(group *g)
{
    const char *parent = getenv("TMPDIR");
    if (!parent || strlen(parent) > sizeof g->folder - 20)
        parent = "/tmp";
    snprintf(g->folder, sizeof g->folder, "%s/caus-mpi-XXXXXX", parent);
    if (mkdtemp(g->folder))
        return true;
    g->folder[0] = '\0';
    return false;
}

/* A text "--name=…" for this process; it takes part in the sending. */
static char *share_file(group *g, const char *name, const char *path)
{
    enum { MOST_BYTES = 2 * PATH_MAX };
    char place[PLACE_BYTES], copy[PATH_MAX], option[MOST_BYTES];
    const char *slash = strrchr(path, '/');
    if (g->ranks.rank == 0) {
        send_file(path);
        g->copies[g->copy_count++] = NULL; /* all count alike */
        return NULL;
    }
    /* a folder each: the name of a file may name an environment */
    name_place(g, g->copy_count, place);
    int length =
        snprintf(copy, sizeof copy, "%s/%s", place, slash ? slash + 1 : path);
    if (length < 0 || (size_t)length >= sizeof copy || mkdir(place, 0700))
        MPI_Abort(MPI_COMM_WORLD, CAUS_EXIT_FAILED);
    bool sound = receive_file(copy);
    g->copies[g->copy_count++] = strdup(copy);
    snprintf(option, sizeof option, "--%s=%s", name, copy);
    return sound ? strdup(option) : NULL;
}

static void remove_copies(group *g)
{
    char path[PLACE_BYTES];
    for (size_t k = 0; k < g->copy_count; k++) {
        if (g->copies[k])
            unlink(g->copies[k]);
        free(g->copies[k]);
        name_place(g, k, path);
        if (*g->folder)
            rmdir(path);
    }
    if (*g->folder) {
        name_words(g, path);
        unlink(path);
        rmdir(g->folder);
    }
}

/* ---- words ---- */

typedef struct wording {
    char **words; /* [count + room] */
    int count;
    char *added[MOST_COPIES + 4]; /* those of them that are ours */
    int added_count;
} wording;

static void add_word(wording *w, char *word)
{
    if (!word)
        return;
    w->words[w->count++] = word;
    w->added[w->added_count++] = word;
}

/* Takes an option with a value out, as two words or one. */
static void drop_option(wording *w, const char *name)
{
    size_t length = strlen(name);
    int kept = 0;
    for (int k = 0; k < w->count; k++) {
        const char *word = w->words[k];
        bool is_named =
            strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, length) == 0;
        if (is_named && word[2 + length] == '=')
            continue;
        if (is_named && !word[2 + length] && k + 1 < w->count) {
            k++;
            continue;
        }
        w->words[kept++] = w->words[k];
    }
    w->count = kept;
}

static bool is_shared(const caus_option *option)
{
    return option->complete == CAUS_COMPLETE_FILE &&
           strcmp(option->name, "output") != 0;
}

/* The k-th value of an option; of a configuration also the file that is read
 * without being named. */
static const char *value_of(const caus_arguments *arguments,
                            const caus_option *option, size_t k)
{
    const char *path = caus_arguments_nth(arguments, option->name, k);
    if (path || k || strcmp(option->name, "config") != 0)
        return path;
    int there = access("caus.yml", F_OK) == 0;
    MPI_Bcast(&there, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return there ? "caus.yml" : NULL;
}

/* Copies of all files of an option are named in place of the originals, unless
 * one could not be copied. */
static void share_option(group *g, const caus_option *option,
                         const caus_arguments *arguments, wording *w)
{
    char *copies[MOST_REPEATED];
    size_t count = 0, sound = 0;
    for (const char *path;
         count < MOST_REPEATED && g->copy_count < MOST_COPIES &&
         (path = value_of(arguments, option, count)) != NULL;
         count++) {
        copies[count] = share_file(g, option->name, path);
        sound += copies[count] != NULL;
    }
    if (count && sound == count)
        drop_option(w, option->name);
    for (size_t k = 0; k < count; k++) {
        if (sound == count)
            add_word(w, copies[k]);
        else
            free(copies[k]);
    }
}

static void share_options(group *g, const caus_command *command,
                          const caus_arguments *arguments, wording *w)
{
    for (size_t k = 0; k < command->group_count; k++)
        for (size_t i = 0; i < command->groups[k]->count; i++)
            if (is_shared(&command->groups[k]->options[i]))
                share_option(g, &command->groups[k]->options[i], arguments, w);
}

static bool has_file(const caus_arguments *arguments)
{
    static const char *const names[] = {"csv", "table", "recording", "gram"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (caus_arguments_has(arguments, names[i]))
            return true;
    return false;
}

/* Whether every --csv names a file of its own, and they are not too many:
 * copies of one file would pass for different ones. */
static bool is_each_once(const caus_arguments *arguments)
{
    const char *path;
    for (size_t k = 0; (path = caus_arguments_nth(arguments, "csv", k)); k++) {
        for (size_t other = 0; other < k; other++)
            if (strcmp(path, caus_arguments_nth(arguments, "csv", other)) == 0)
                return false;
        if (k == MOST_REPEATED)
            return false;
    }
    return true;
}

/* Words for a command that is cut among all; false = only rank 0 is needed. */
static bool prepare(group *g, const caus_command_table *table, wording *w)
{
    const caus_command *command =
        w->count > 1 ? caus_command_find(table, w->words[1]) : NULL;
    caus_arguments *arguments;
    caus_error err;
    if (!command || strcmp(command->name, "discover") != 0 ||
        caus_arguments_parse(command, w->count - 2, w->words + 2, &arguments,
                             &err) != CAUS_OK)
        return false;
    bool useful = has_file(arguments) && is_each_once(arguments) &&
                  !caus_arguments_has(arguments, "help");
    if (useful && !caus_arguments_has(arguments, "threads"))
        add_word(w, strdup("--threads=1"));
    if (useful)
        share_options(g, command, arguments, w);
    if (useful && g->ranks.rank > 0 && caus_arguments_has(arguments, "output"))
        add_word(w, strdup("--output=-"));
    caus_arguments_free(arguments);
    return useful;
}

/* ---- the end ---- */

/* The words of another process are those of rank 0, unless it fails where no
 * other one hears of it. */
static bool hide_words(const group *g)
{
    char path[PLACE_BYTES];
    name_words(g, path);
    return freopen("/dev/null", "w", stdout) && freopen(path, "w", stderr);
}

static void speak(const group *g)
{
    char path[PLACE_BYTES], words[4096];
    name_words(g, path);
    fflush(stderr);
    FILE *file = g->ranks.rank > 0 ? fopen(path, "rb") : NULL;
    size_t length = file ? fread(words, 1, sizeof words, file) : 0;
    while (length > 0) {
        ssize_t written = write(g->spoken, words, length);
        length = written > 0 ? fread(words, 1, sizeof words, file) : 0;
    }
    if (file)
        fclose(file);
}

/* Waits for all; after a failure of its own not for ever, as others may wait
 * for it elsewhere. */
static void meet(group *g, int code)
{
    enum { PAUSE_MS = 10, PATIENCE_MS = 5000 };
    MPI_Request request;
    int met = 0;
    MPI_Ibarrier(MPI_COMM_WORLD, &request);
    for (int waited = 0; !met; waited += PAUSE_MS) {
        struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
        MPI_Test(&request, &met, MPI_STATUS_IGNORE);
        if (met)
            return;
        if (code != CAUS_EXIT_DONE && waited >= PATIENCE_MS) {
            speak(g);
            remove_copies(g);
            MPI_Abort(MPI_COMM_WORLD, code);
        }
        nanosleep(&pause, NULL);
    }
}

static int run_group(group *g, const caus_command_table *table,
                     caus_main_fn *run, int count, char **words)
{
    wording w = {.words =
                     calloc((size_t)count + MOST_COPIES + 4, sizeof *w.words),
                 .count = count};
    g->spoken = dup(STDERR_FILENO);
    if (!w.words || (g->ranks.rank > 0 && !make_folder(g))) {
        fprintf(stderr,
                "caus: rank %d has no memory or no place for copies; "
                "set TMPDIR\n",
                g->ranks.rank);
        free(w.words);
        MPI_Abort(MPI_COMM_WORLD, CAUS_EXIT_FAILED);
        return CAUS_EXIT_FAILED;
    }
    memcpy(w.words, words, (size_t)count * sizeof *words);
    bool cut = prepare(g, table, &w);
    int code = CAUS_EXIT_DONE;
    if (g->ranks.rank > 0 && !hide_words(g))
        MPI_Abort(MPI_COMM_WORLD, CAUS_EXIT_FAILED);
    if (cut || g->ranks.rank == 0)
        code = run(w.count, w.words, cut ? &g->ranks : NULL);
    meet(g, code);
    for (int k = 0; k < w.added_count; k++)
        free(w.added[k]);
    free(w.words);
    remove_copies(g);
    return code;
}

int caus_mpi_run(const caus_command_table *table, caus_main_fn *run, int count,
                 char **words)
{
    group g = {.ranks = {.gather = gather}};
    int level;
    if (MPI_Init_thread(&count, &words, MPI_THREAD_FUNNELED, &level) !=
        MPI_SUCCESS) {
        fputs("caus: MPI does not start\n", stderr);
        return CAUS_EXIT_FAILED;
    }
    MPI_Comm_rank(MPI_COMM_WORLD, &g.ranks.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &g.ranks.count);
    int code = g.ranks.count > 1 ? run_group(&g, table, run, count, words)
                                 : run(count, words, NULL);
    MPI_Finalize();
    /* mpirun has enough to say about one failure */
    return g.ranks.rank == 0 ? code : CAUS_EXIT_DONE;
}
