/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "methods.h"

/* Options that every method honours. */
static const char everywhere[] =
    " method transform target keep all-links bootstrap block clock "
    "stability-selection sensitivity graph graph-trust ";

#define TESTS " test neighbours shuffles wls-window "
#define LAGGED                                                 \
    TESTS "max-lag min-lag alpha pc-alpha fdr max-conditions " \
          "max-combinations max-tests level interval knowledge "
#define PARTS "windows regimes "
#define BOUND "max-parents "
#define STATIC " alpha colliders max-conditions max-tests knowledge "
#define SCORE \
    " score sample-size penalty ebic-gamma max-parents max-tests knowledge "
#define CORRELATION " max-lag alpha fdr level least-effect knowledge "
#define LINGAM " prune alpha fdr level least-effect max-parents knowledge "

static const char with_hidden_causes[] = " lpcmci fci rfci ";

static const char preset_options[] = LAGGED BOUND
    "bootstrap block stability-selection sensitivity at workload colliders "
    "no-conflict-resolution target keep all-links graph graph-trust ";

static const caus_cli_method methods[] = {
    {"pcmci+", caus_cli_prepare_lagged,
     LAGGED PARTS BOUND "colliders no-conflict-resolution ", false, NULL},
    {"pcmci", caus_cli_prepare_lagged, LAGGED PARTS BOUND, false, NULL},
    {"pc-lagged", caus_cli_prepare_lagged,
     LAGGED PARTS BOUND "colliders no-conflict-resolution ", false, NULL},
    {"lpcmci", caus_cli_prepare_lpcmci,
     TESTS "max-lag alpha max-conditions max-tests knowledge ", false, NULL},
    {"jpcmci+", caus_cli_prepare_environments,
     " max-lag alpha pc-alpha fdr max-conditions max-combinations level "
     "max-tests interval knowledge colliders no-conflict-resolution context "
     "dummies max-parents ",
     false, NULL},
    {"bivci", caus_cli_prepare_lagged, LAGGED PARTS BOUND, false, NULL},
    {"fullci", caus_cli_prepare_lagged, LAGGED PARTS BOUND, false, NULL},
    {"lagged", caus_cli_prepare_lagged, LAGGED PARTS BOUND, false, NULL},
    {"var-lingam", caus_cli_prepare_lingam, LINGAM "max-lag ", false, NULL},
    {"pc", caus_cli_prepare_pc, STATIC TESTS BOUND, true, NULL},
    {"fci", caus_cli_prepare_fci, STATIC TESTS "selection-bias ", true, NULL},
    {"rfci", caus_cli_prepare_fci, STATIC TESTS "selection-bias ", true, NULL},
    {"xges", caus_cli_prepare_score, SCORE, true, NULL},
    {"ges", caus_cli_prepare_score, SCORE "turns ", true, NULL},
    {"lingam", caus_cli_prepare_lingam, LINGAM, true, NULL},
    {"additive", caus_cli_prepare_additive,
     " max-lag alpha penalty basis max-parents max-tests knowledge ", false,
     NULL},
    {"dagma", caus_cli_prepare_dagma,
     " units-decide least-effect level max-parents knowledge ", true,
     caus_dagma_warning},
    {"notears", caus_cli_prepare_dagma,
     " units-decide least-effect level max-parents knowledge ", true,
     caus_dagma_warning},
    {"granger", caus_cli_prepare_granger,
     " max-lag alpha fdr level max-tests pairwise max-parents knowledge ",
     false, NULL},
    {"correlation", caus_cli_prepare_correlation, CORRELATION, false, NULL},
    {"spearman", caus_cli_prepare_correlation, CORRELATION, false, NULL},
};

const caus_cli_method *caus_cli_find_method(const char *name)
{
    size_t count = sizeof methods / sizeof *methods;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    }
    return NULL;
}

static bool is_among(const char *list, const char *name)
{
    char word[40];
    snprintf(word, sizeof word, " %s ", name);
    return strstr(list, word) != NULL;
}

bool caus_cli_honours(const caus_cli_method *method, const char *option)
{
    return is_among(everywhere, option) || is_among(method->options, option);
}

/* "pcmci+, pc": the methods that honour an option. */
static void list_honouring(const char *name, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (is_among(methods[i].options, name) && length < size)
            length += (size_t)snprintf(text + length, size - length, "%s%s",
                                       length ? ", " : "", methods[i].name);
    }
}

/* What a method does instead of one test after the other; NULL = it tests. */
static const char *work_without_tests(const char *method)
{
    static const struct {
        const char *methods, *work;
    } untested[] = {
        {" lingam var-lingam ", "orders all variables before it tests an edge"},
        {" dagma notears ", "fits all weights at once"},
        {" correlation spearman ", "computes all pairs at once"},
    };
    for (size_t i = 0; i < sizeof untested / sizeof *untested; i++) {
        if (is_among(untested[i].methods, method))
            return untested[i].work;
    }
    return NULL;
}

/* Bounds that a method cannot keep, by their reason; CAUS_OK for others. */
static caus_status fail_bound(const char *name, const caus_cli_method *method,
                              const char *owners, caus_error *err)
{
    const char *work = work_without_tests(method->name);
    if (work && strcmp(name, "max-tests") == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--max-tests cannot bound --method %s, which %s: give "
                         "--time-limit",
                         method->name, work);
    if (strcmp(name, "max-parents") == 0 &&
        is_among(with_hidden_causes, method->name))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--max-parents says nothing to --method %s: with "
                         "hidden causes few parents do not mean that few "
                         "conditions separate; bound those with "
                         "--max-conditions, or take %s",
                         method->name, owners);
    return CAUS_OK;
}

static caus_status fail_option(const char *name, const caus_cli_method *method,
                               caus_error *err)
{
    char owners[200];
    list_honouring(name, owners, sizeof owners);
    bool in_preset = is_among(preset_options, name);
    if (!method && owners[0])
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--%s belongs to --method %s: the preset has "
                         "no use for it",
                         name, owners);
    if (!method)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--%s needs --method: the incident preset chooses its "
                         "own",
                         name);
    if (!owners[0])
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--%s belongs to the incident preset: leave out "
                         "--method",
                         name);
    CAUS_TRY(fail_bound(name, method, owners, err));
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "--%s changes nothing with --method %s: it belongs to "
                     "%s%s",
                     name, method->name, in_preset ? "the preset and " : "",
                     owners);
}

/* Methods that follow from sums of products, without rows. */
static const char on_sums[] =
    " pcmci+ pcmci pc-lagged bivci fullci lagged lpcmci pc fci rfci xges ges ";

static caus_status check_sums(const caus_arguments *arguments,
                              const caus_cli_method *method, caus_error *err)
{
    static const char *const of_rows[] = {"bootstrap",   "stability-selection",
                                          "sensitivity", "transform",
                                          "windows",     "regimes",
                                          "score"};
    const char *source =
        caus_arguments_has(arguments, "gram") ? "gram" : "push-down";
    if (!caus_arguments_has(arguments, source))
        return CAUS_OK;
    if (!method)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--%s gives sums, and the incident preset looks at "
                         "rows: give --method pcmci+",
                         source);
    if (!is_among(on_sums, method->name))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--method=%s needs rows, and --%s gives none: give "
                         "one of%s",
                         method->name, source, on_sums);
    for (size_t i = 0; i < sizeof of_rows / sizeof *of_rows; i++) {
        if (caus_arguments_has(arguments, of_rows[i]))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "--%s needs rows, and --%s gives none: leave it "
                             "out or give the data itself",
                             of_rows[i], source);
    }
    return CAUS_OK;
}

static caus_status check_graph(const caus_arguments *arguments, caus_error *err)
{
    if (caus_arguments_has(arguments, "graph-trust") &&
        !caus_arguments_has(arguments, "graph"))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--graph-trust needs --graph FILE");
    return CAUS_OK;
}

caus_status caus_cli_check_options(const caus_arguments *arguments,
                                   const caus_cli_method *method,
                                   caus_error *err)
{
    for (size_t i = 0; i < caus_cli_discover_options.count; i++) {
        const char *name = caus_cli_discover_options.options[i].name;
        bool honoured = method ? caus_cli_honours(method, name)
                               : is_among(preset_options, name);
        if (!honoured && caus_arguments_has(arguments, name))
            return fail_option(name, method, err);
    }
    CAUS_TRY(check_graph(arguments, err));
    if (caus_arguments_has(arguments, "clock") &&
        !caus_arguments_nth(arguments, "csv", 1))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--clock is about several --csv, and there is one "
                         "source");
    bool halves = caus_arguments_has(arguments, "stability-selection");
    bool bootstrap = caus_arguments_has(arguments, "bootstrap");
    if (caus_arguments_has(arguments, "block") && !bootstrap && !halves)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--block needs --bootstrap N");
    if (bootstrap && halves)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--bootstrap and --stability-selection both tell "
                         "stability: give one of them");
    static const char *const sure[] = {"bootstrap", "stability-selection",
                                       "sensitivity"};
    for (size_t k = 0; caus_cli_wants_parts(arguments) && k < 3; k++) {
        if (caus_arguments_has(arguments, sure[k]))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "--%s is for one graph, --windows and --regimes "
                             "give several: leave one out",
                             sure[k]);
    }
    return check_sums(arguments, method, err);
}
