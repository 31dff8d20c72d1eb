/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of an incident file, major version 1. */
#ifndef CAUS_SRC_RECORDING_SCHEMA_H
#define CAUS_SRC_RECORDING_SCHEMA_H

enum {
    CAUS_RECORDING_ID = 0x63617573, /* "caus" */
    CAUS_RECORDING_SCHEMA = 1,
    CAUS_RECORDING_PAGE_BYTES = 4096,
    CAUS_TABLES = 7
};

typedef struct caus_table {
    const char *name;
    const char *create;
    const char *digest; /* the rows that the digest covers, in its order */
} caus_table;

/* In the order of creation. A file with any other table, index, view or
 * trigger is not believed. */
extern const caus_table caus_tables[CAUS_TABLES];

#endif
