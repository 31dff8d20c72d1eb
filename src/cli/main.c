/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

int main(int count, char **words)
{
    return caus_cli_run(count, words, NULL);
}
