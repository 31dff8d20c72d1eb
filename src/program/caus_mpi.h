/* SPDX-License-Identifier: Apache-2.0 */
/* A program of caus run by several processes under MPI. */
#ifndef CAUS_SRC_PROGRAM_CAUS_MPI_H
#define CAUS_SRC_PROGRAM_CAUS_MPI_H

#include "program.h"

/* What a program does with its words; `ranks` NULL = one process. */
typedef int caus_main_fn(int count, char **words, const caus_ranks *ranks);

/*
 * Runs a program on every process that mpirun started. Rank 0 reads the files
 * that options name and gives copies to the others; it alone writes, to files
 * and to the terminal. "discover" is cut among all, other commands run on rank
 * 0.
 *
 * Returns the exit code of rank 0.
 */
int caus_mpi_run(const caus_command_table *table, caus_main_fn *run, int count,
                 char **words);

#endif
