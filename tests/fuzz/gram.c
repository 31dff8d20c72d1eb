/* SPDX-License-Identifier: Apache-2.0 */
/* A gram without its checksum, which is put behind it: no mutation would
 * survive otherwise. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "caus/gram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    enum { DIGEST_BYTES = 32, BUDGET = 64 << 20 };
    unsigned char sum[DIGEST_BYTES];
    char *bytes = malloc(length + DIGEST_BYTES);
    caus_arena *arena = caus_arena_new(BUDGET);
    caus_gram gram;
    caus_error err;
    if (bytes && arena &&
        EVP_Digest(data, length, sum, NULL, EVP_sha256(), NULL) == 1) {
        if (length)
            memcpy(bytes, data, length);
        memcpy(bytes + length, sum, sizeof sum);
        (void)caus_gram_decode(bytes, length + sizeof sum, "bytes", arena,
                               &gram, &err);
    }
    caus_arena_free(arena);
    free(bytes);
    return 0;
}
