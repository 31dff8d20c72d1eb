/* SPDX-License-Identifier: Apache-2.0 */
#include "base/amount.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef struct step {
    double from;
    double factor;
    const char *word;
} step;

static const step *find_step(const step *steps, size_t count, double largest)
{
    for (size_t i = 0; i < count; i++)
        if (largest >= steps[i].from)
            return &steps[i];
    return NULL;
}

caus_amount caus_amount_choose(const char *unit, double largest)
{
    static const step seconds[] = {{.01, 1, "s"}, {1e-300, 1e3, "ms"}};
    static const step bytes[] = {{1e9, 1e-9, "GB"},
                                 {1e6, 1e-6, "MB"},
                                 {1e3, 1e-3, "kB"},
                                 {0, 1, "bytes"}};
    static const step counts[] = {
        {1e18, 1, ""}, {1e9, 1e-9, "billion"}, {1e6, 1e-6, "million"}};
    static const step share = {0, 100, "%"};
    const step *found = NULL;
    largest = fabs(largest);
    if (strcmp(unit, "s") == 0 || strcmp(unit, "seconds") == 0)
        found = find_step(seconds, sizeof seconds / sizeof *seconds, largest);
    else if (strcmp(unit, "bytes") == 0 || strcmp(unit, "B") == 0)
        found = find_step(bytes, sizeof bytes / sizeof *bytes, largest);
    else if (strcmp(unit, "ratio") == 0)
        found = &share;
    if (found)
        return (caus_amount){found->factor, "", found->word};
    found = find_step(counts, sizeof counts / sizeof *counts, largest);
    return found ? (caus_amount){found->factor, found->word, unit}
                 : (caus_amount){1, "", unit};
}

caus_amount caus_amount_choose_both(const char *unit, double a, double b)
{
    const double least_shown = .001;
    double one = isfinite(a) ? fabs(a) : 0, other = isfinite(b) ? fabs(b) : 0;
    double small = fmin(one, other);
    caus_amount amount = caus_amount_choose(unit, fmax(one, other));
    return small > 0 && small * amount.factor < least_shown
               ? caus_amount_choose(unit, small)
               : amount;
}

static void add_thousands(char text[48])
{
    char *digits = text[0] == '-' ? text + 1 : text;
    size_t whole = strspn(digits, "0123456789");
    for (size_t at = whole; at > 3; at -= 3) {
        size_t length = strlen(digits);
        if (length + 24 > 48)
            return;
        memmove(digits + at - 2, digits + at - 3, length - at + 4);
        digits[at - 3] = ',';
    }
}

void caus_amount_format(double factor, double value, char text[48])
{
    if (!isfinite(value)) {
        snprintf(text, 48, "–");
        return;
    }
    value *= factor;
    if (fabs(value) >= 1e9 || (fabs(value) < 1e-6 && value != 0)) {
        snprintf(text, 48, "%.2e", value);
        return;
    }
    int decimals = value == 0 ? 0 : 2 - (int)floor(log10(fabs(value)) + 1e-12);
    decimals = decimals < 0 ? 0 : decimals > 8 ? 8 : decimals;
    snprintf(text, 48, "%.*f", decimals, value);
    char *dot = strchr(text, '.');
    if (dot) {
        char *end = text + strlen(text);
        while (end[-1] == '0')
            *--end = '\0';
        if (end[-1] == '.')
            end[-1] = '\0';
    }
    add_thousands(text);
}

void caus_amount_format_whole(const char *unit, double value, char text[96])
{
    char number[48];
    caus_amount amount = caus_amount_choose(unit, isfinite(value) ? value : 0);
    caus_amount_format(amount.factor, value, number);
    snprintf(text, 96, "%s%s%s%s%.40s", number, *amount.count ? " " : "",
             amount.count, *amount.unit ? " " : "", amount.unit);
}

void caus_amount_format_set(double value, char text[32])
{
    bool is_whole = fabs(value) < 1e15 && !(fabs(value - trunc(value)) > 0);
    snprintf(text, 32, is_whole ? "%.0f" : "%.6g", value);
}
