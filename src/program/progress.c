/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "program_internal.h"

enum { BAR_CELLS = 24 };

struct caus_progress_bar {
    FILE *out;
    bool ascii;
    bool shown;
    pthread_mutex_t lock; /* updates come from any thread */
};

caus_progress_bar *caus_progress_bar_new(FILE *out, bool ascii)
{
    caus_progress_bar *bar = calloc(1, sizeof *bar);
    if (!bar)
        return NULL;
    bar->out = out;
    bar->ascii = ascii;
    pthread_mutex_init(&bar->lock, NULL);
    return bar;
}

static void wipe(caus_progress_bar *bar)
{
    if (!bar->shown)
        return;
    fputs("\r\033[K", bar->out);
    fflush(bar->out);
    bar->shown = false;
}

void caus_progress_bar_clear(caus_progress_bar *bar)
{
    if (!bar)
        return;
    pthread_mutex_lock(&bar->lock);
    wipe(bar);
    pthread_mutex_unlock(&bar->lock);
}

void caus_progress_bar_free(caus_progress_bar *bar)
{
    if (!bar)
        return;
    caus_progress_bar_clear(bar);
    pthread_mutex_destroy(&bar->lock);
    free(bar);
}

void caus_progress_bar_update(void *data, caus_stage stage, uint64_t done,
                              uint64_t total)
{
    caus_progress_bar *bar = data;
    pthread_mutex_lock(&bar->lock);
    if (total && done >= total) {
        wipe(bar);
    } else if (total) {
        uint64_t filled = done * BAR_CELLS / total;
        fprintf(bar->out, "\rcaus: %-14s ", caus_stage_name(stage));
        for (uint64_t i = 0; i < BAR_CELLS; i++)
            fputs(i < filled ? (bar->ascii ? "#" : "█")
                             : (bar->ascii ? "." : "░"),
                  bar->out);
        fprintf(bar->out, " %3" PRIu64 " %%\033[K", done * 100 / total);
        bar->shown = true;
    } else {
        fprintf(bar->out, "\rcaus: %s\033[K", caus_stage_name(stage));
        bar->shown = true;
    }
    fflush(bar->out);
    pthread_mutex_unlock(&bar->lock);
}
