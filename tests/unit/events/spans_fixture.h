/* SPDX-License-Identifier: Apache-2.0 */
/* Spans of a text or of a builder, and work on them that lacks memory. */
#ifndef CAUS_TESTS_SPANS_FIXTURE_H
#define CAUS_TESTS_SPANS_FIXTURE_H

#include "caus/trace_evidence.h"
#include "csv_fixture.h"
#include "events/events_internal.h"
#include "fault.h"

static inline caus_slice spans_slice(const char *text)
{
    return (caus_slice){text, strlen(text)};
}

static inline caus_status spans_read(csv_bench *bench, const char *text,
                                     const caus_spans_options *options,
                                     caus_spans *spans)
{
    csv_file file = csv_file_of(text);
    caus_status status = caus_spans_read_csv(file.path, options, bench->run,
                                             bench->out, spans, &bench->error);
    close(file.descriptor);
    return status;
}

/* Reads them with a bench that it opens. */
static inline void spans_read_well(csv_bench *bench, const char *text,
                                   caus_spans *spans)
{
    csv_bench_open(bench, 0);
    if (spans_read(bench, text, NULL, spans) != CAUS_OK)
        fail_msg("%s", bench->error.message);
}

/* Those of a builder, which it frees. */
static inline void spans_build(caus_spans_builder *builder, csv_bench *bench,
                               caus_spans *spans)
{
    assert_int_equal(caus_spans_builder_finish(builder, NULL, true, bench->run,
                                               bench->out, spans, NULL),
                     CAUS_OK);
    caus_spans_builder_free(builder);
}

/* Work on spans without an error to tell; and what makes them, with a bench
 * that is open. */
typedef caus_status (*spans_work)(const caus_spans *spans, csv_bench *bench);
typedef void (*spans_make)(csv_bench *bench, caus_spans *spans);

/* Lets every allocation of the work fail in its turn. */
static inline void spans_lack_memory(spans_make make, spans_work work)
{
    bool refused = true;
    for (long successes = 0; refused; successes++) {
        csv_bench bench;
        caus_spans spans;
        csv_bench_open(&bench, 0);
        make(&bench, &spans);
        size_t used = caus_arena_used_bytes(bench.out);
        fault_fail_after(successes);
        caus_status status = work(&spans, &bench);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (refused)
            assert_int_equal(caus_arena_used_bytes(bench.out), used);
        csv_bench_close(&bench);
    }
}

static inline caus_status spans_find_evidence(const caus_spans *spans,
                                              csv_bench *bench)
{
    caus_trace_evidence told;
    return caus_spans_evidence(spans, NULL, bench->run, bench->out, &told,
                               NULL);
}

#endif
