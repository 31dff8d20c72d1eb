/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "made_case.h"
#include "test.h"

static const char *const services[] = {"front", "mid", "root", "side"};
static const size_t calls[][2] = {{0, 1}, {0, 3}, {1, 2}};
const caus_topology made_topology = {4, services, 3, calls};

const made_measure made_incident[MADE_VARIABLES] = {
    {"front_latency", "front", .2, .01, .5},
    {"front_errors", "front", 0, 0, 0},
    {"front_cpu", "front", 20, 1, 0},
    {"mid_latency", "mid", .1, .003, .5},
    {"mid_cpu", "mid", 10, .6, 0},
    {"mid_queue_depth", "mid", 3, .5, 20},
    {"root_latency", "root", .05, .004, .2},
    {"root_cpu", "root", 30, 1, 40},
    {"side_latency", "side", .08, .004, 0},
    {"side_cpu", "side", 15, 1, 0}};

void made_quiet(made_measure quiet[MADE_VARIABLES])
{
    memcpy(quiet, made_incident, sizeof made_incident);
    for (size_t i = 0; i < MADE_VARIABLES; i++)
        quiet[i].shift = 0;
}

caus_series made_window(caus_arena *arena, const caus_variable *variables,
                        size_t count, size_t rows, const double *values,
                        const uint64_t *missing)
{
    static const caus_environment environment = {0, "window"};
    caus_segment *segment = caus_arena_array(arena, 1, sizeof *segment);
    *segment = (caus_segment){.row_count = rows,
                              .word_count = (rows + 63) / 64,
                              .start_ns = made_start_ns,
                              .values = values,
                              .missing = missing};
    return (caus_series){.variable_count = count,
                         .variables = variables,
                         .segment_count = 1,
                         .segments = segment,
                         .environment_count = 1,
                         .environments = &environment,
                         .step_ns = made_step_ns};
}

caus_series made_series(caus_arena *arena, const made_measure *measures,
                        const size_t *order, double scale)
{
    caus_variable *variables =
        caus_arena_array(arena, MADE_VARIABLES, sizeof *variables);
    double *values =
        caus_arena_array(arena, MADE_ROWS * MADE_VARIABLES, sizeof *values);
    for (size_t i = 0; i < MADE_VARIABLES; i++) {
        size_t from = order ? order[i] : i;
        const made_measure *told = &measures[from];
        caus_random random;
        caus_random_init(&random, 7, from);
        variables[i] = caus_variable_default();
        variables[i].name = told->name;
        variables[i].service = told->service;
        for (size_t r = 0; r < MADE_ROWS; r++)
            values[r * MADE_VARIABLES + i] =
                scale *
                (told->level + told->noise * caus_random_normal(&random) +
                 (r >= MADE_ONSET ? told->shift : 0));
    }
    return made_window(arena, variables, MADE_VARIABLES, MADE_ROWS, values,
                       NULL);
}

caus_explain_options made_options(void)
{
    caus_explain_options options = caus_explain_options_default();
    options.topology = &made_topology;
    options.symptom = "front_latency";
    options.has_onset = true;
    options.onset_ns = made_start_ns + MADE_ONSET * made_step_ns;
    return options;
}

caus_change made_change(int64_t onset_ns, int after_s, const char *service,
                        caus_change_kind kind, const char *ref)
{
    const char *name = kind == CAUS_CHANGE_DEPLOY ? "deploy"
                       : kind == CAUS_CHANGE_NODE ? "node"
                                                  : "config";
    return (caus_change){.time_ns = onset_ns + after_s * INT64_C(1000000000),
                         .service = service,
                         .kind = kind,
                         .kind_name = name,
                         .ref = ref,
                         .text = "",
                         .source = "",
                         .query = ""};
}

int made_set_up(void **state)
{
    made_fixture *made = calloc(1, sizeof *made);
    caus_run_options options = caus_run_options_default();
    options.threads = 1;
    made->arena = caus_arena_new(0);
    *state = made;
    return caus_run_new(&options, &made->run, &made->err) == CAUS_OK ? 0 : -1;
}

int made_tear_down(void **state)
{
    made_fixture *made = *state;
    caus_run_free(made->run);
    caus_arena_free(made->arena);
    free(made);
    return 0;
}

caus_explanation made_explain_series(made_fixture *with,
                                     const caus_series *series,
                                     const caus_explain_options *options)
{
    caus_explanation told;
    if (caus_explain(series, options, with->run, with->arena, &told,
                     &with->err) != CAUS_OK)
        fail_msg("%s", with->err.message);
    return told;
}

void made_want_memory(made_fixture *with, const caus_series *series,
                      const caus_explain_options *options)
{
    bool refused = true;
    for (long n = 0; refused; n++) {
        caus_arena *out = caus_arena_new(0);
        caus_explanation told;
        fault_fail_after(n);
        caus_status status =
            caus_explain(series, options, with->run, out, &told, &with->err);
        refused = fault_stop();
        if (status == CAUS_OK)
            assert_string_equal(told.suspects[0].service, "root");
        else
            assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
        caus_arena_free(out);
        assert_true(n < 10000);
    }
}

const char *made_first_of(const caus_explanation *told)
{
    return told->suspects[0].service;
}

const caus_suspect *made_suspect_of(const caus_explanation *told,
                                    const char *service)
{
    for (size_t i = 0; i < told->suspect_count; i++) {
        if (strcmp(told->suspects[i].service, service) == 0)
            return &told->suspects[i];
    }
    fail_msg("nothing is told of %s", service);
    return NULL;
}

caus_explanation made_explain(made_fixture *with, const made_measure *measures,
                              const caus_explain_options *options)
{
    caus_series *series = caus_arena_array(with->arena, 1, sizeof *series);
    *series = made_series(with->arena, measures, NULL, 1);
    return made_explain_series(with, series, options);
}
