/* SPDX-License-Identifier: Apache-2.0 */
/* caus-mpi: the same program, started by mpirun on several processes. */
#include "caus_mpi.h"
#include "cli.h"

int main(int count, char **words)
{
    return caus_mpi_run(&caus_cli_table, caus_cli_run, count, words);
}
