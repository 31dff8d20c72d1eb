/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run control: how many threads, which seed, how long, how much memory, who is
 * told about progress, and how a caller stops a long call.
 */
#ifndef CAUS_RUN_H
#define CAUS_RUN_H

#include <signal.h>

#include "base.h"

CAUS_API_BEGIN

/* The stages a caller may show as progress bars. */
typedef enum caus_stage {
    CAUS_STAGE_FETCH,
    CAUS_STAGE_READ,
    CAUS_STAGE_PREPARE,
    CAUS_STAGE_SELECT, /* condition selection (PC1) */
    CAUS_STAGE_TEST,   /* momentary conditional independence tests */
    CAUS_STAGE_BOOTSTRAP,
    CAUS_STAGE_WRITE,
    CAUS_STAGE_COUNT
} caus_stage;

/* The word people read for a stage, for example "testing". */
const char *caus_stage_name(caus_stage stage);

/*
 * Called from any thread, at most every 50 ms a stage and at its end.
 *
 *   done, total  units of work; total 0 = unknown
 */
typedef void caus_progress_fn(void *data, caus_stage stage, uint64_t done,
                              uint64_t total);

/*
 * Takes `size` bytes of every process of a group and gives every one of them
 * all of these, in the order of ranks; all processes of the group call it, with
 * the same size.
 *
 *   all  [count × size]
 *
 * Returns false when another process does not answer any more.
 */
typedef bool caus_gather_fn(void *data, const void *mine, size_t size,
                            void *all);

/*
 * A group of processes that make the same calls with the same arguments, for
 * example under MPI. Replicates, windows, regimes and, without a time limit,
 * targets are cut among them by their number, and every process gets the result
 * that one alone would have.
 */
typedef struct caus_ranks {
    int rank;  /* of this process, 0 … count − 1 */
    int count; /* ≥ 1 */
    caus_gather_fn *gather;
    void *data; /* for gather() */
} caus_ranks;

typedef struct caus_run_options {
    int threads;               /* 1 … 256, taken even where fewer would do;
                                  0 = one for each processor allowed that is
                                  idle now, fewer for small work */
    uint64_t seed;             /* of every random stream */
    size_t memory_limit_bytes; /* 0 = none */
    double time_limit_s;       /* 0 = none */
    const volatile sig_atomic_t *cancel; /* set non-zero to stop; may be NULL */
    caus_progress_fn *progress;          /* may be NULL */
    void *progress_data;
    caus_ranks ranks; /* count 0 = this process alone */
} caus_run_options;

/* One thread for each idle processor, seed 0, no limits, no progress. */
caus_run_options caus_run_options_default(void);

typedef struct caus_run caus_run;

/*
 * Makes the run control that long calls take. It owns one scratch arena a
 * thread, so one run serves one call at a time.
 *
 *   options  copied; NULL = defaults
 *   result   set on success; freed with caus_run_free()
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (threads or ranks out of range, negative
 * time limit) or CAUS_ERR_OUT_OF_MEMORY.
 */
caus_status caus_run_new(const caus_run_options *options, caus_run **result,
                         caus_error *err);

/*
 * A run like another but without its time limit, with scratch memory of its
 * own: for work without which there is nothing to show, such as reading a file.
 * Fails with CAUS_ERR_OUT_OF_MEMORY.
 */
caus_status caus_run_new_untimed(const caus_run *like, caus_run **result,
                                 caus_error *err);

/* NULL is accepted. */
void caus_run_free(caus_run *run);

int caus_run_threads(const caus_run *run);
int caus_run_rank(const caus_run *run);
int caus_run_rank_count(const caus_run *run); /* ≥ 1 */
uint64_t caus_run_seed(const caus_run *run);
size_t caus_run_memory_limit_bytes(const caus_run *run);

/*
 * CAUS_OK while the call may go on; CAUS_ERR_CANCELLED or CAUS_ERR_TIME_LIMIT
 * otherwise. Cheap enough to ask every few microseconds: the clock is read only
 * where a time limit is set, in tens of nanoseconds.
 */
caus_status caus_run_check(const caus_run *run, caus_error *err);

/* Whether caus_run_check() would fail now, without the sentence. */
bool caus_run_should_stop(const caus_run *run);

/* As caus_run_check(), but the time limit does not count. */
caus_status caus_run_check_cancel(const caus_run *run, caus_error *err);

/* Reports progress; forwards at most every 50 ms and when done == total. */
void caus_run_progress(const caus_run *run, caus_stage stage, uint64_t done,
                       uint64_t total);

/*
 * Scratch memory of one thread: take a mark, use it, rewind.
 *
 *   thread  0 … threads − 1
 */
caus_arena *caus_run_scratch(const caus_run *run, int thread);

CAUS_API_END
#endif
