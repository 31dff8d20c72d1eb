/* SPDX-License-Identifier: Apache-2.0 */
/* A program as a filter, stopped when it takes too long. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "render/picture.h"

enum { POLL_MS = 10, CHUNK = 64 * 1024, MOST_OUTPUT = 64 << 20 };

/* Our ends of the talk with a child; −1 when closed. */
typedef struct child {
    pid_t pid;
    int input; /* a socket: writing to a dead child raises no signal */
    int output;
} child;

static void close_end(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

/* The child sees plain number formats, the same libraries and no more. */
static void fill_environment(char **slots, char texts[4][1024], char *locale)
{
    static const char *const kept[] = {"PATH", "LD_LIBRARY_PATH", "GVBINDIR",
                                       "HOME"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const char *value = getenv(kept[i]);
        if (!value)
            continue;
        int length =
            snprintf(texts[i], sizeof texts[i], "%s=%s", kept[i], value);
        if (length > 0 && (size_t)length < sizeof texts[i])
            slots[count++] = texts[i];
    }
    slots[count] = locale;
}

/* posix_spawn() takes arguments without const and does not write to them. */
static char *const *as_arguments(const char *const *arguments)
{
    union {
        const char *const *given;
        char *const *taken;
    } both = {arguments};
    return both.taken;
}

static int spawn(const char *const *arguments, int input, int output,
                 pid_t *pid)
{
    char texts[4][1024], locale[] = "LC_ALL=C";
    char *slots[6] = {0};
    fill_environment(slots, texts, locale);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure)
        return failure;
    failure = posix_spawnattr_init(&attributes);
    if (failure) {
        posix_spawn_file_actions_destroy(&actions);
        return failure;
    }
    sigset_t none;
    sigemptyset(&none);
    /* In a group of its own, Ctrl-C reaches caus alone, which then decides. */
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    failure = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (!failure)
        failure =
            posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!failure)
        failure = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO,
                                                   "/dev/null", O_WRONLY, 0);
    if (!failure)
        failure = posix_spawnp(pid, arguments[0], &actions, &attributes,
                               as_arguments(arguments), slots);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

static caus_status start(child *started, const char *const *arguments,
                         caus_error *err)
{
    int input[2], output[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input) != 0)
        return CAUS_FAIL(err, CAUS_ERR_IO, "cannot start %s: %s", arguments[0],
                         strerror(errno));
    if (pipe2(output, O_CLOEXEC) != 0) {
        int failure = errno;
        close(input[0]);
        close(input[1]);
        return CAUS_FAIL(err, CAUS_ERR_IO, "cannot start %s: %s", arguments[0],
                         strerror(failure));
    }
    *started = (child){.input = input[0], .output = output[0]};
    fcntl(started->input, F_SETFL, O_NONBLOCK);
    fcntl(started->output, F_SETFL, O_NONBLOCK);
    int failure = spawn(arguments, input[1], output[1], &started->pid);
    close(input[1]);
    close(output[1]);
    if (!failure)
        return CAUS_OK;
    close_end(&started->input);
    close_end(&started->output);
    if (failure == ENOENT)
        return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                         "the program %s was not found: install the package "
                         "graphviz, or choose a format that needs no layout "
                         "(json, text, markdown, dot, mermaid, graphml)",
                         arguments[0]);
    return CAUS_FAIL(err, CAUS_ERR_IO, "cannot start %s: %s", arguments[0],
                     strerror(failure));
}

static void feed(child *fed, const caus_text *input, size_t *sent)
{
    ssize_t written = send(fed->input, input->bytes + *sent,
                           input->length - *sent, MSG_NOSIGNAL);
    if (written > 0)
        *sent += (size_t)written;
    bool gone = written < 0 && errno != EAGAIN && errno != EINTR;
    if (gone || *sent == input->length)
        close_end(&fed->input);
}

static caus_status drain(child *drained, caus_text *output, caus_error *err)
{
    char chunk[CHUNK];
    ssize_t got = read(drained->output, chunk, sizeof chunk);
    if (got > 0)
        caus_text_add_bytes(output, chunk, (size_t)got);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        close_end(&drained->output);
    if (output->failed)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the output of a program");
    if (output->length > MOST_OUTPUT)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "a program wrote more than %d MiB", MOST_OUTPUT >> 20);
    return CAUS_OK;
}

static caus_status check_stop(const char *program, int64_t deadline_ns,
                              double limit_s, const caus_run *run,
                              caus_error *err)
{
    if (run && caus_run_check(run, NULL) == CAUS_ERR_CANCELLED)
        return CAUS_FAIL(err, CAUS_ERR_CANCELLED, "cancelled");
    if (caus_clock_monotonic_ns() < deadline_ns)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                     "%s did not finish within %g s: draw less (--target VAR) "
                     "or choose another format",
                     program, limit_s);
}

static caus_status talk(child *talking, const char *program,
                        const caus_text *input, double limit_s,
                        const caus_run *run, caus_text *output, caus_error *err)
{
    int64_t deadline_ns = caus_clock_monotonic_ns() + (int64_t)(limit_s * 1e9);
    size_t sent = 0;
    while (talking->output >= 0) {
        CAUS_TRY(check_stop(program, deadline_ns, limit_s, run, err));
        struct pollfd ends[2] = {{.fd = talking->output, .events = POLLIN},
                                 {.fd = talking->input, .events = POLLOUT}};
        if (poll(ends, 2, POLL_MS) <= 0)
            continue;
        if (ends[1].revents)
            feed(talking, input, &sent);
        if (ends[0].revents)
            CAUS_TRY(drain(talking, output, err));
    }
    return CAUS_OK;
}

/* The exit status, or −1 when the system kept it to itself. */
static int reap(child *ended, bool kill_it)
{
    close_end(&ended->input);
    close_end(&ended->output);
    if (kill_it)
        kill(ended->pid, SIGKILL);
    int status = 0;
    pid_t reaped = -1;
    do
        reaped = waitpid(ended->pid, &status, 0);
    while (reaped < 0 && errno == EINTR);
    if (reaped < 0)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

caus_status caus_process_filter(const char *const *arguments,
                                const caus_text *input, double limit_s,
                                const caus_run *run, caus_text *output,
                                caus_error *err)
{
    child started = {.input = -1, .output = -1};
    CAUS_TRY(start(&started, arguments, err));
    caus_status status =
        talk(&started, arguments[0], input, limit_s, run, output, err);
    int code = reap(&started, status != CAUS_OK);
    if (status == CAUS_OK && code > 0)
        return CAUS_FAIL(err, CAUS_ERR_IO, "%s failed with exit code %d",
                         arguments[0], code);
    return status;
}
