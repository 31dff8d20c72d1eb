/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers with their unit as people read them: 64.6 MB, 12 ms, 98 %. */
#ifndef CAUS_SRC_BASE_AMOUNT_H
#define CAUS_SRC_BASE_AMOUNT_H

/* How numbers of a unit are shown: multiplied, before "million errors". */
typedef struct caus_amount {
    double factor;
    const char *count; /* "million", "billion" or "" */
    const char *unit;  /* the one given, or "MB", "ms", "%"; "" = none */
} caus_amount;

/* For numbers up to `largest`, which may be negative. */
caus_amount caus_amount_choose(const char *unit, double largest);

/* For two numbers that are told together: by the larger, but where the smaller
 * would be next to nothing then ("3 to 1,200,000"). Either may be none. */
caus_amount caus_amount_choose_both(const char *unit, double a, double b);

/* A number times its factor: three digits that count; "–" without a number. */
void caus_amount_format(double factor, double value, char text[48]);

/* The same with count and unit. */
void caus_amount_format_whole(const char *unit, double value, char text[96]);

/* As somebody sets it: whole numbers with all digits, "67108864", others with
 * six. */
void caus_amount_format_set(double value, char text[32]);

#endif
