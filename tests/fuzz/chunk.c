/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte is the chunk's number, the rest is the chunk. */
#include <stdlib.h>

#include "recording/recording_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    caus_chunk_head head;
    if (!bytes ||
        caus_chunk_read_head(data + 1, bytes - 1, &head, NULL) != CAUS_OK)
        return 0;
    /* No more room than the head asks for. */
    int64_t *time_ns = malloc(head.count * sizeof *time_ns);
    double *value = malloc(head.count * sizeof *value);
    double *support =
        head.has_support ? malloc(head.count * sizeof *support) : NULL;
    caus_chunk_codec *codec = caus_chunk_codec_new();
    caus_error err;
    if (time_ns && value && codec)
        (void)caus_chunk_decode(codec, data + 1, bytes - 1, data[0], time_ns,
                                value, support, &err);
    caus_chunk_codec_free(codec);
    free(time_ns);
    free(value);
    free(support);
    return 0;
}
