/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <string.h>

#include "program_internal.h"

/* A signal handler can reach nothing else: the one mutable global. */
static volatile sig_atomic_t stop_requested;

static void request_stop(int number)
{
    stop_requested = number;
}

const volatile sig_atomic_t *caus_signals_watch(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = request_stop;
    /* Once: a second signal meets the default action and ends the program. */
    action.sa_flags = (int)SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    action.sa_flags = 0;
    sigaction(SIGPIPE, &action, NULL);
    /* A file over the user's limit is an error of write(), not the end. */
    sigaction(SIGXFSZ, &action, NULL);
    return &stop_requested;
}
