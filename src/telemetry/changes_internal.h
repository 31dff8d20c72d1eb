/* SPDX-License-Identifier: Apache-2.0 */
/* What the ways of writing changes down share. */
#ifndef CAUS_SRC_TELEMETRY_CHANGES_INTERNAL_H
#define CAUS_SRC_TELEMETRY_CHANGES_INTERNAL_H

#include "caus/changes.h"
#include "telemetry/events_internal.h"

enum {
    CAUS_CHANGE_COLUMNS = 256,
    CAUS_CHANGE_TEXT_BYTES = 4096,
    CAUS_CHANGE_DOCUMENT_BYTES = 64 << 20 /* of one JSON document */
};

typedef enum caus_change_field {
    CAUS_CHANGE_TIME,
    CAUS_CHANGE_SERVICE,
    CAUS_CHANGE_KIND,
    CAUS_CHANGE_REF,
    CAUS_CHANGE_TEXT,
    CAUS_CHANGE_SOURCE,
    CAUS_CHANGE_QUERY,
    CAUS_CHANGE_FIELDS
} caus_change_field;

extern const char *const caus_change_fields[CAUS_CHANGE_FIELDS];

typedef struct caus_change_reader {
    const char *path;
    const char *source; /* of changes that name none */
    const caus_changes_options *options;
    caus_arena *out;
    size_t line;      /* or the number of an entry */
    const char *unit; /* "line", "entry" */
    bool is_json;
    bool is_document;
    caus_text document;
    size_t column_count;
    unsigned char field_of[CAUS_CHANGE_COLUMNS]; /* CAUS_CHANGE_FIELDS =
                                                    ignored */
    caus_json_wanted wanted[CAUS_CHANGE_FIELDS];
    caus_change *changes;
    size_t change_count;
    size_t change_capacity;
} caus_change_reader;

caus_status caus_change_reader_fail(const caus_change_reader *reader,
                                    caus_error *err);

/* Adds the change that the fields tell. */
caus_status caus_change_reader_add(caus_change_reader *reader, caus_error *err);

/* The kind a word means; CAUS_CHANGE_OTHER for words of one's own. */
caus_change_kind caus_change_kind_of(const char *word);

/* Sorts changes as caus_changes holds them; removes what stands twice. */
size_t caus_changes_sort(caus_change *changes, size_t count);

/* Reads one JSON document (changes_document.c). */
caus_status caus_change_reader_document(caus_change_reader *reader,
                                        const char *text, size_t length,
                                        caus_error *err);

#endif
