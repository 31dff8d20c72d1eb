/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share that tell of an explanation. */
#ifndef CAUS_SRC_CLI_EXPLANATION_H
#define CAUS_SRC_CLI_EXPLANATION_H

#include "cli.h"

/* An explanation and what it was made from. */
typedef struct caus_cli_explained {
    caus_cli_input input;
    caus_explain_options options;
    caus_explanation explanation;
    caus_explanation_answer answer; /* points to the others: stays in place */
} caus_cli_explained;

/* What caus_cli_explain() reads beside sources and times. */
extern const caus_option_group caus_cli_explain_options;

/* Loads the source that was named and explains the incident in it. */
caus_status caus_cli_explain(caus_program *program,
                             const caus_arguments *arguments, caus_arena *arena,
                             caus_cli_explained *result, caus_error *err);

#endif
