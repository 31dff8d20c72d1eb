/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/base.h"

const char *caus_version(void)
{
    return CAUS_VERSION;
}

const char *caus_status_name(caus_status status)
{
    switch (status) {
    case CAUS_OK:
        return "ok";
    case CAUS_ERR_INVALID_ARGUMENT:
        return "invalid argument";
    case CAUS_ERR_INVALID_DATA:
        return "invalid data";
    case CAUS_ERR_TOO_FEW_SAMPLES:
        return "too few samples";
    case CAUS_ERR_NOT_FOUND:
        return "not found";
    case CAUS_ERR_OUT_OF_MEMORY:
        return "out of memory";
    case CAUS_ERR_LIMIT:
        return "limit reached";
    case CAUS_ERR_CANCELLED:
        return "cancelled";
    case CAUS_ERR_TIME_LIMIT:
        return "time limit reached";
    case CAUS_ERR_IO:
        return "input or output failed";
    case CAUS_ERR_NETWORK:
        return "network failed";
    case CAUS_ERR_DENIED:
        return "access denied";
    case CAUS_ERR_SERVER:
        return "server error";
    case CAUS_ERR_UNSUPPORTED:
        return "not supported";
    }
    return "unknown status";
}

/* Ends a text that was cut before the character the cut may have split. */
static void cut_at_character(char *text, size_t length)
{
    while (length > 0 && ((unsigned char)text[length - 1] & 0xc0) == 0x80)
        length--;
    if (length > 0 && ((unsigned char)text[length - 1] & 0x80))
        length--;
    text[length] = '\0';
}

caus_status caus_fail(caus_error *err, caus_status status, const char *format,
                      ...)
{
    assert(status != CAUS_OK);
    if (!err)
        return status;
    /* The arguments may point into err itself: format aside, then copy. */
    caus_error made = {.status = status};
    va_list arguments;
    va_start(arguments, format);
    int length =
        vsnprintf(made.message, sizeof made.message, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof made.message)
        cut_at_character(made.message, sizeof made.message - 1);
    *err = made;
    return status;
}
