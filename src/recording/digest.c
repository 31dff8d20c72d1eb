/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 over texts and over the rows of an incident file. */
#include <openssl/evp.h>
#include <string.h>

#include "recording_internal.h"
#include "schema.h"

static void write_hex(const unsigned char *bytes, size_t count, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * count] = '\0';
}

static bool finish(EVP_MD_CTX *hash, char text[CAUS_HASH_TEXT])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    if (EVP_DigestFinal_ex(hash, bytes, &count) != 1 || count != 32)
        return false;
    write_hex(bytes, count, text);
    return true;
}

bool caus_sha256_text(const char *bytes, size_t length,
                      char text[CAUS_HASH_TEXT])
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool done = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(hash, bytes, length) == 1 &&
                finish(hash, text);
    EVP_MD_CTX_free(hash);
    return done;
}

/* A cell is its type, its length and its bytes; numbers are little-endian. */
static bool add_cell(EVP_MD_CTX *hash, sqlite3_stmt *statement, int column)
{
    unsigned char head[9] = {0};
    uint64_t number = 0;
    const void *bytes = NULL;
    int type = sqlite3_column_type(statement, column);
    if (type == SQLITE_INTEGER) {
        number = (uint64_t)sqlite3_column_int64(statement, column);
    } else if (type == SQLITE_FLOAT) {
        double value = sqlite3_column_double(statement, column);
        memcpy(&number, &value, sizeof number);
    } else if (type != SQLITE_NULL) {
        bytes = sqlite3_column_blob(statement, column);
        number = (uint64_t)sqlite3_column_bytes(statement, column);
        if (!bytes && number)
            return false;
    }
    head[0] = (unsigned char)type;
    for (int i = 0; i < 8; i++)
        head[1 + i] = (unsigned char)(number >> 8 * i);
    return EVP_DigestUpdate(hash, head, sizeof head) == 1 &&
           (!bytes || EVP_DigestUpdate(hash, bytes, (size_t)number) == 1);
}

static caus_status add_rows(const caus_database *database, EVP_MD_CTX *hash,
                            sqlite3_stmt *statement, caus_error *err)
{
    for (;;) {
        bool row;
        CAUS_TRY(caus_database_step(database, statement, &row, err));
        if (!row)
            return CAUS_OK;
        bool added = EVP_DigestUpdate(hash, "r", 1) == 1;
        for (int i = 0; added && i < sqlite3_column_count(statement); i++)
            added = add_cell(hash, statement, i);
        if (!added)
            return caus_database_fail(database, SQLITE_NOMEM, err);
    }
}

static caus_status add_table(const caus_database *database, EVP_MD_CTX *hash,
                             const caus_table *table, caus_error *err)
{
    sqlite3_stmt *statement = NULL;
    caus_status status =
        caus_database_prepare(database, table->digest, &statement, err);
    if (status == CAUS_OK &&
        EVP_DigestUpdate(hash, table->name, strlen(table->name) + 1) != 1)
        status = caus_database_fail(database, SQLITE_NOMEM, err);
    if (status == CAUS_OK)
        status = add_rows(database, hash, statement, err);
    sqlite3_finalize(statement);
    return status;
}

caus_status caus_database_digest(const caus_database *database,
                                 char text[CAUS_HASH_TEXT], caus_error *err)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    caus_status status = CAUS_OK;
    if (!hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
        status = caus_database_fail(database, SQLITE_NOMEM, err);
    for (size_t i = 0; status == CAUS_OK && i < CAUS_TABLES; i++)
        status = add_table(database, hash, &caus_tables[i], err);
    if (status == CAUS_OK && !finish(hash, text))
        status = caus_database_fail(database, SQLITE_NOMEM, err);
    EVP_MD_CTX_free(hash);
    return status;
}
