/* SPDX-License-Identifier: Apache-2.0 */
/* Characters with a meaning, written so that each format shows them. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "render/texts.h"

void caus_text_add_xml(caus_text *text, const char *value)
{
    for (const char *at = value; *at; at++) {
        if (*at == '&')
            caus_text_add(text, "&amp;");
        else if (*at == '<')
            caus_text_add(text, "&lt;");
        else if (*at == '>')
            caus_text_add(text, "&gt;");
        else if (*at == '"')
            caus_text_add(text, "&quot;");
        else if (*at == '\'')
            caus_text_add(text, "&#39;");
        else
            caus_text_add_char(text, *at);
    }
}

/* Labels of dot read backslashes as escapes and "&amp;" as an entity. */
void caus_text_add_dot(caus_text *text, const char *value)
{
    caus_text_add_char(text, '"');
    for (const char *at = value; *at; at++) {
        if (*at == '"' || *at == '\\')
            caus_text_add_char(text, '\\');
        if (*at == '&')
            caus_text_add(text, "&amp;");
        else
            caus_text_add_char(text, *at);
    }
    caus_text_add_char(text, '"');
}

/* Mermaid writes entities as "#name;" and reads backticks as Markdown. */
void caus_text_add_mermaid(caus_text *text, const char *value)
{
    caus_text_add_char(text, '"');
    for (const char *at = value; *at; at++) {
        if (strchr("\"#&<>`\\%", *at))
            caus_text_format(text, "#%d;", *at);
        else
            caus_text_add_char(text, *at);
    }
    caus_text_add_char(text, '"');
}

static bool is_inside_word(const char *value, const char *at)
{
    return at > value && isalnum((unsigned char)at[-1]) &&
           isalnum((unsigned char)at[1]);
}

void caus_text_add_markdown(caus_text *text, const char *value)
{
    for (const char *at = value; *at; at++) {
        if (*at == '<')
            caus_text_add(text, "&lt;");
        else if (*at == '&')
            caus_text_add(text, "&amp;");
        else if (strchr("\\`*[]|~#$@", *at) ||
                 (*at == '_' && !is_inside_word(value, at)))
            caus_text_format(text, "\\%c", *at);
        else
            caus_text_add_char(text, *at);
    }
}

/* A code span: its fence is longer than any run of backticks inside. Pipes
 * are escaped because spans stand in tables. */
void caus_text_add_markdown_code(caus_text *text, const char *value)
{
    size_t longest = 0, run = 0;
    for (const char *at = value; *at; at++) {
        run = *at == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    for (size_t i = 0; i <= longest; i++)
        caus_text_add_char(text, '`');
    if (longest)
        caus_text_add_char(text, ' ');
    for (const char *at = value; *at; at++) {
        if (*at == '|')
            caus_text_add_char(text, '\\');
        caus_text_add_char(text, *at);
    }
    if (longest)
        caus_text_add_char(text, ' ');
    for (size_t i = 0; i <= longest; i++)
        caus_text_add_char(text, '`');
}

void caus_text_add_count(caus_text *text, uint64_t count)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            caus_text_add_char(text, ',');
        caus_text_add_char(text, digits[i]);
    }
}

void caus_format_effect(double size, char text[32])
{
    if (size < 99.5 || size >= 1e6) {
        snprintf(text, 32, "%.2g", size);
        return;
    }
    double place = pow(10, floor(log10(size)) - 1);
    snprintf(text, 32, "%.0f", round(size / place) * place);
}

void caus_format_p(double p, char text[32])
{
    if (isnan(p)) {
        snprintf(text, 32, "not computed");
        return;
    }
    if (p == 0) {
        snprintf(text, 32, "<1e-300");
        return;
    }
    snprintf(text, 32, p >= 0.001 ? "%.3f" : "%.1e", p);
    char *exponent = strchr(text, 'e');
    if (!exponent)
        return;
    char *digits = exponent + 2, *kept = digits; /* after "e-" */
    while (*kept == '0')
        kept++;
    memmove(digits, kept, strlen(kept) + 1);
}

void caus_text_add_p(caus_text *text, double p)
{
    char words[32];
    caus_format_p(p, words);
    caus_text_add(text, words);
}
