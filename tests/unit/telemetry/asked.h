/* SPDX-License-Identifier: Apache-2.0 */
/* A made-up server, and what is needed to ask it. */
#ifndef CAUS_TESTS_UNIT_TELEMETRY_ASKED_H
#define CAUS_TESTS_UNIT_TELEMETRY_ASKED_H

#include "caus/facts.h"
#include "csv_fixture.h"
#include "fault.h"
#include "unit/http/loopback.h"

#define JSON "Content-Type: application/json\r\n"

typedef struct asked {
    loopback *server;
    caus_endpoint endpoint;
    caus_run *run;
    caus_arena *out;
    caus_error err;
} asked;

/* 0, as a set-up returns it. */
static inline int asked_begin(asked *on, loopback_handler *handler, void *data)
{
    caus_run_options options = {.threads = 1};
    if (caus_run_new(&options, &on->run, NULL) != CAUS_OK)
        return -1;
    on->out = caus_arena_new(0);
    on->server = loopback_start(handler, data);
    on->endpoint =
        (caus_endpoint){.url = loopback_url(on->server), .timeout_s = 10};
    return 0;
}

static inline void asked_end(asked *on)
{
    loopback_stop(on->server);
    caus_arena_free(on->out);
    caus_run_free(on->run);
}

/* Refuses one allocation of a search for changes after the other, until none
 * is: whatever fails has to leave result and arena as they were. Returns how
 * often it searched. */
static inline long expect_nothing_left(const asked *on, const caus_facts *facts,
                                       caus_status (*look)(void *), void *data)
{
    long n = 0;
    for (bool refused = true; refused; n++) {
        caus_facts untouched = *facts;
        fault_fail_after(n);
        caus_status status = look(data);
        refused = fault_stop();
        if (!refused) {
            assert_int_equal(status, CAUS_OK);
            continue;
        }
        assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
        assert_int_equal(caus_arena_used_bytes(on->out), 0);
        assert_memory_equal(&untouched, facts, sizeof untouched);
    }
    return n;
}

#endif
