/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry_made.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int made_setup(void **state)
{
    struct made *made = calloc(1, sizeof *made);
    assert_non_null(made);
    snprintf(made->folder, sizeof made->folder, "/tmp/caus-test-XXXXXX");
    assert_non_null(mkdtemp(made->folder));
    snprintf(made->path, sizeof made->path, "%s/incident.caus", made->folder);
    made->arena = caus_arena_new(0);
    assert_non_null(made->arena);
    caus_run_options options = caus_run_options_default();
    options.threads = 1;
    assert_int_equal(caus_run_new(&options, &made->run, &made->err), CAUS_OK);
    *state = made;
    return 0;
}

static void empty_folder(const char *folder)
{
    DIR *open = opendir(folder);
    if (!open)
        return;
    struct dirent *entry;
    while ((entry = readdir(open)) != NULL) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove(path);
    }
    closedir(open);
}

int made_teardown(void **state)
{
    struct made *made = *state;
    empty_folder(made->folder);
    rmdir(made->folder);
    caus_run_free(made->run);
    caus_arena_free(made->arena);
    free(made);
    return 0;
}

static caus_variable make_variable(struct made *made, size_t index)
{
    static const char *const services[] = {"checkout", "payment", "auth", ""};
    caus_label *labels = CAUS_ARRAY(made->arena, caus_label, index % 4);
    assert_non_null(labels);
    for (size_t i = 0; i < index % 4; i++) {
        labels[i].name = caus_arena_format(made->arena, "label_%zu", i);
        labels[i].value =
            caus_arena_format(made->arena, "value %zu of %zu", i, index);
    }
    return (caus_variable){
        .name = caus_arena_format(made->arena, "variable_%zu", index),
        .service = services[index % 4],
        .unit = index % 2 ? "s" : "",
        .source = index % 3 ? "prometheus" : "clickhouse",
        .query = caus_arena_format(made->arena, "rate(metric_%zu[1m])", index),
        .labels = labels,
        .label_count = index % 4,
        .kind = (caus_kind)(index % 8),
        .value_type =
            index % 5 == 4 ? CAUS_VALUE_DISCRETE : CAUS_VALUE_CONTINUOUS,
        .role = (caus_role)(index % 5),
        .bad_direction = (caus_bad_direction)(index % 4),
        .vector_group = (int)(index % 3) - 1,
        .scrape_interval_s = index % 2 ? 5 : 0,
        .scrape_offset_s = index % 2 ? 1.25 : (double)NAN,
        .rate_window_s = (double)(index % 3) * 0.1};
}

static double hard_double(caus_random *random)
{
    uint64_t bits = caus_random_bits(random);
    double value;
    switch (caus_random_below(random, 10)) {
    case 0:
        return (double)NAN;
    case 1: /* NaN with a payload */
        bits = 0xfff0000000000001u | (bits & 0xfffff);
        break;
    case 2:
        return -0.0;
    case 3:
        return (double)INFINITY;
    case 4:
        return -(double)INFINITY;
    case 5: /* subnormal */
        bits &= 0xfffffff;
        break;
    case 6:
        return (double)caus_random_below(random, 1000);
    default:
        break;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

static caus_track random_track(struct made *made, caus_random *random,
                               size_t index, size_t count)
{
    int64_t *time_ns = CAUS_ARRAY(made->arena, int64_t, count);
    double *value = CAUS_ARRAY(made->arena, double, count);
    double *support = CAUS_ARRAY(made->arena, double, count);
    assert_true(time_ns && value && support);
    int64_t now = caus_random_below(random, 3)
                      ? (int64_t)caus_random_below(random, INT64_MAX)
                      : INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        uint64_t room = (uint64_t)INT64_MAX - (uint64_t)now;
        uint64_t jump = caus_random_below(random, 4)
                            ? 5000000000u
                            : caus_random_bits(random) / 2;
        now = (int64_t)((uint64_t)now + (jump < room ? jump : 0));
        time_ns[i] = now;
        value[i] = hard_double(random);
        support[i] = hard_double(random);
    }
    return (caus_track){.variable = make_variable(made, index),
                        .count = count,
                        .time_ns = time_ns,
                        .value = value,
                        .support = index % 2 ? support : NULL};
}

static caus_fetch wrap(struct made *made, caus_track *tracks, size_t count)
{
    static const caus_fetched_query queries[] = {
        {"prometheus", "rate(x[1m])"}, {"clickhouse", "SELECT 1 -- \"é\""}};
    const char **warnings = CAUS_ARRAY(made->arena, const char *, 2);
    assert_non_null(warnings);
    warnings[0] = "the server was slow";
    warnings[1] = "";
    return (caus_fetch){.samples = {.track_count = count, .tracks = tracks},
                        .queries = queries,
                        .query_count = 2,
                        .warnings = warnings,
                        .warning_count = 2,
                        .clock_skew_s = (double)NAN,
                        .scrape_interval_s = 5};
}

caus_fetch made_random(struct made *made, uint64_t seed, size_t tracks,
                       size_t most_samples)
{
    caus_random random;
    caus_random_init(&random, seed, 0);
    caus_track *all = CAUS_ARRAY(made->arena, caus_track, tracks);
    assert_non_null(all);
    for (size_t i = 0; i < tracks; i++)
        all[i] = random_track(made, &random, i,
                              caus_random_below(&random, most_samples + 1));
    return wrap(made, all, tracks);
}

static double realistic_value(caus_random *random, size_t kind, double *level,
                              size_t row)
{
    switch (kind) {
    case 0: /* a latency quantile: a noisy full-width double */
        *level = 0.9 * *level + 0.1 * caus_random_normal(random);
        return 0.05 * exp(0.3 * *level + 0.1 * caus_random_normal(random));
    case 1: /* calls in a step */
        *level = 0.95 * *level + caus_random_normal(random);
        return floor(200 + 10 * *level);
    case 2: /* a rate: an integer over the window */
        return floor(120 + 20 * caus_random_normal(random)) / 60;
    case 3: /* a queue length */
        *level += caus_random_normal(random);
        return floor(fabs(*level));
    case 4: /* errors: mostly zero */
        return (double)(caus_random_below(random, 20) == 0);
    default: /* utilisation with few decimals, slowly changing */
        *level += row % 12 == 0 ? caus_random_normal(random) : 0;
        return round(50 + *level) / 100;
    }
}

caus_fetch made_realistic(struct made *made, size_t tracks, size_t samples,
                          int64_t step_ns)
{
    caus_track *all = CAUS_ARRAY(made->arena, caus_track, tracks);
    assert_non_null(all);
    for (size_t t = 0; t < tracks; t++) {
        caus_random random;
        caus_random_init(&random, 7, t);
        int64_t *time_ns = CAUS_ARRAY(made->arena, int64_t, samples);
        double *value = CAUS_ARRAY(made->arena, double, samples);
        double *support = CAUS_ARRAY(made->arena, double, samples);
        assert_true(time_ns && value && support);
        double level = 0;
        for (size_t i = 0; i < samples; i++) {
            /* Scrapes come some milliseconds early or late. */
            int64_t jitter = t % 2 ? (int64_t)caus_random_below(&random, 8) : 0;
            time_ns[i] =
                1700000000000000000 + (int64_t)i * step_ns + jitter * 1000000;
            value[i] = realistic_value(&random, t % 6, &level, i);
            support[i] = floor(100 + 10 * caus_random_normal(&random));
        }
        all[t] = (caus_track){.variable = make_variable(made, t),
                              .count = samples,
                              .time_ns = time_ns,
                              .value = value,
                              .support = t % 6 < 2 ? support : NULL};
    }
    return wrap(made, all, tracks);
}

caus_recording_options made_options(void)
{
    const int64_t second = 1000000000;
    return (caus_recording_options){
        .window = {1700000000 * second, 1700003600 * second, 15 * second},
        .baseline = {1699978400 * second, 1699999985 * second, 15 * second},
        .hint = "payments failed after the deploy",
        .keep_labels = true,
        .created_ns = 1700003700 * second};
}

static void assert_same_double(double a, double b)
{
    if (isnan(a) && isnan(b)) {
        /* Every NaN comes back as the same one. */
        uint64_t bits;
        memcpy(&bits, &b, sizeof bits);
        assert_int_equal(bits, 0x7ff8000000000000u);
        return;
    }
    assert_memory_equal(&a, &b, sizeof a);
}

void assert_same_variable(const caus_variable *a, const caus_variable *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->service, b->service);
    assert_string_equal(a->unit, b->unit);
    assert_string_equal(a->source, b->source);
    assert_string_equal(a->query, b->query);
    assert_int_equal(a->label_count, b->label_count);
    for (size_t i = 0; i < a->label_count; i++) {
        assert_string_equal(a->labels[i].name, b->labels[i].name);
        assert_string_equal(a->labels[i].value, b->labels[i].value);
    }
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->value_type, b->value_type);
    assert_int_equal(a->role, b->role);
    assert_int_equal(a->bad_direction, b->bad_direction);
    assert_int_equal(a->vector_group, b->vector_group);
    assert_same_double(a->scrape_interval_s, b->scrape_interval_s);
    assert_int_equal(isnan(a->scrape_offset_s), isnan(b->scrape_offset_s));
    if (!isnan(a->scrape_offset_s))
        assert_same_double(a->scrape_offset_s, b->scrape_offset_s);
    assert_same_double(a->rate_window_s, b->rate_window_s);
}

void assert_same_samples(const caus_samples *a, const caus_samples *b)
{
    assert_int_equal(a->track_count, b->track_count);
    for (size_t t = 0; t < a->track_count; t++) {
        const caus_track *x = &a->tracks[t], *y = &b->tracks[t];
        assert_same_variable(&x->variable, &y->variable);
        assert_int_equal(x->count, y->count);
        if (!x->count)
            continue;
        assert_memory_equal(x->time_ns, y->time_ns,
                            x->count * sizeof *x->time_ns);
        assert_int_equal(x->support != NULL, y->support != NULL);
        for (size_t i = 0; i < x->count; i++) {
            assert_same_double(x->value[i], y->value[i]);
            if (x->support)
                assert_same_double(x->support[i], y->support[i]);
        }
    }
}

size_t read_whole(const char *path, unsigned char **bytes)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    *bytes = malloc((size_t)size + 1);
    assert_non_null(*bytes);
    assert_int_equal(fread(*bytes, 1, (size_t)size, file), size);
    fclose(file);
    return (size_t)size;
}

void write_whole(const char *path, const unsigned char *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

size_t count_files(const char *folder)
{
    DIR *open = opendir(folder);
    assert_non_null(open);
    size_t count = 0;
    struct dirent *entry;
    while ((entry = readdir(open)) != NULL)
        count +=
            strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(open);
    return count;
}
