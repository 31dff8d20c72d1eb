/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in any bytes: what is found lies inside the text, in order. */
#include <stdlib.h>
#include <string.h>

#include "recording/recording_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_spans(caus_span text)
{
    caus_secret secret;
    size_t at = 0;
    while (caus_secret_find(text, at, &secret)) {
        if (secret.start < at || !secret.length ||
            secret.length > text.length - secret.start)
            abort();
        at = secret.start + secret.length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char *text = malloc(bytes + 1);
    caus_arena *arena = caus_arena_new(0);
    caus_scrub *scrub = caus_scrub_new();
    const char *clean = NULL;
    if (text && arena && scrub) {
        if (bytes)
            memcpy(text, data, bytes);
        text[bytes] = '\0';
        check_spans((caus_span){text, strlen(text)});
        caus_scrub_reserve(scrub, text);
        (void)caus_scrub_text(scrub, text, arena, &clean, NULL);
    }
    caus_scrub_free(scrub);
    caus_arena_free(arena);
    free(text);
    return 0;
}
