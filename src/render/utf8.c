/* SPDX-License-Identifier: Apache-2.0 */
/* Unicode as terminals and files need it: safe copies and column widths. */
#include <string.h>

#include "render/texts.h"

enum { REPLACEMENT = 0xFFFD };

/* The continuation bytes after a lead byte, or −1 if it is none. */
static int following(unsigned char lead)
{
    if (lead < 0x80)
        return 0;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 1;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 2;
    if (lead >= 0xF0 && lead <= 0xF4)
        return 3;
    return -1;
}

uint32_t caus_utf8_next(const char **at)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)*at;
    if (!bytes[0])
        return 0;
    int more = following(bytes[0]);
    *at += 1;
    if (more <= 0)
        return more == 0 ? bytes[0] : REPLACEMENT;
    uint32_t code = bytes[0] & (0x3FU >> more);
    for (int i = 1; i <= more; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return REPLACEMENT;
        code = code << 6 | (bytes[i] & 0x3FU);
    }
    if (code < smallest[more] || code > 0x10FFFF ||
        (code >= 0xD800 && code <= 0xDFFF))
        return REPLACEMENT;
    *at += more;
    return code;
}

void caus_utf8_add(caus_text *text, uint32_t code)
{
    if (code < 0x80) {
        caus_text_add_char(text, (char)code);
        return;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    unsigned lead = 0xFFU << (7 - more) & 0xFFU;
    caus_text_add_char(text, (char)(lead | code >> (6 * more)));
    while (more-- > 0)
        caus_text_add_char(text, (char)(0x80 | (code >> (6 * more) & 0x3F)));
}

/* Characters that move the cursor, hide text or may not stand in XML. */
static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0xAD ||
           code == 0x61C || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
           (code & 0xFFFE) == 0xFFFE;
}

static bool is_space(uint32_t code)
{
    return code == '\t' || code == '\n' || code == '\r' || code == 0x2028 ||
           code == 0x2029;
}

static void add_ascii(caus_text *text, uint32_t code)
{
    static const struct {
        uint32_t code;
        const char *ascii;
    } known[] = {
        {0xB5, "u"},     {0xB7, "."},    {0xD7, "x"},     {0x3BC, "u"},
        {0x2010, "-"},   {0x2011, "-"},  {0x2013, "-"},   {0x2014, "--"},
        {0x2018, "'"},   {0x2019, "'"},  {0x201C, "\""},  {0x201D, "\""},
        {0x2026, "..."}, {0x2190, "<-"}, {0x2192, "->"},  {0x2194, "<->"},
        {0x2212, "-"},   {0x2264, "<="}, {0x2265, ">="},  {0x2248, "~"},
        {0xB1, "+-"},    {0xB2, "^2"},   {0x3B1, "alpha"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].code == code) {
            caus_text_add(text, known[i].ascii);
            return;
        }
    caus_text_add_char(text, '?');
}

static void add_clean(caus_text *text, uint32_t code, caus_clean how)
{
    if (how != CAUS_CLEAN_UTF8 && is_space(code))
        code = ' ';
    else if (how != CAUS_CLEAN_UTF8 && is_control(code))
        code = REPLACEMENT;
    if (how == CAUS_CLEAN_ASCII && code >= 0x80)
        add_ascii(text, code);
    else
        caus_utf8_add(text, code);
}

const char *caus_clean_text(caus_arena *arena, const char *text, caus_clean how)
{
    if (!text)
        return "";
    bool plain = true;
    for (const char *at = text; *at && plain; at++)
        plain = (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x7F;
    if (plain)
        return text;
    caus_text clean = {0};
    for (const char *at = text; *at;)
        add_clean(&clean, caus_utf8_next(&at), how);
    char *copy = clean.failed
                     ? NULL
                     : caus_arena_copy_text(arena, clean.bytes, clean.length);
    caus_text_deinit(&clean);
    return copy;
}

typedef struct code_range {
    uint32_t first, last;
} code_range;

static bool is_in(uint32_t code, const code_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

/* Blocks, not single characters: good enough for aligned columns. */
static size_t code_columns(uint32_t code)
{
    static const code_range none[] = {
        {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},
        {0x610, 0x61A},   {0x64B, 0x65F},   {0x1AB0, 0x1AFF},
        {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF},
        {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF}};
    static const code_range wide[] = {
        {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},
        {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
        {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xAC00, 0xD7A3},
        {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
        {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF},
        {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD}};
    if (code < 0x300)
        return 1;
    if (is_in(code, none, sizeof none / sizeof *none))
        return 0;
    return is_in(code, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

size_t caus_text_columns(const char *text)
{
    size_t columns = 0;
    for (const char *at = text; *at;)
        columns += code_columns(caus_utf8_next(&at));
    return columns;
}

void caus_text_add_spaces(caus_text *text, size_t count)
{
    while (count-- > 0)
        caus_text_add_char(text, ' ');
}

/* The end of the longest start of `value` that fits the columns. */
static const char *take_columns(const char *value, size_t columns,
                                size_t *taken)
{
    *taken = 0;
    const char *end = value;
    for (const char *at = value; *at;) {
        size_t wide = code_columns(caus_utf8_next(&at));
        if (*taken + wide > columns)
            break;
        *taken += wide;
        end = at;
    }
    return end;
}

size_t caus_text_add_cut(caus_text *text, const char *value, size_t columns,
                         const char *mark, bool middle)
{
    size_t all = caus_text_columns(value),
           mark_columns = caus_text_columns(mark);
    if (all <= columns) {
        caus_text_add(text, value);
        return all;
    }
    if (columns <= mark_columns) {
        size_t taken;
        const char *end = take_columns(mark, columns, &taken);
        caus_text_add_bytes(text, mark, (size_t)(end - mark));
        return taken;
    }
    size_t kept = columns - mark_columns;
    size_t head_columns, tail_columns = middle ? kept / 2 : 0;
    const char *head = take_columns(value, kept - tail_columns, &head_columns);
    caus_text_add_bytes(text, value, (size_t)(head - value));
    caus_text_add(text, mark);
    if (!middle)
        return head_columns + mark_columns;
    const char *tail = head;
    size_t left = caus_text_columns(tail);
    while (left > tail_columns)
        left -= code_columns(caus_utf8_next(&tail));
    caus_text_add(text, tail);
    return head_columns + mark_columns + left;
}

/* The end of the line that starts at `from`: the last space that fits, or
 * where the columns end. */
static const char *line_end(const char *from, size_t columns)
{
    size_t taken;
    const char *end = take_columns(from, columns, &taken);
    if (!*end || *end == ' ')
        return end;
    for (const char *at = end; at > from; at--)
        if (at[-1] == ' ')
            return at - 1;
    if (end > from)
        return end;
    caus_utf8_next(&end);
    return end;
}

size_t caus_text_add_wrapped(caus_text *text, const char *value, size_t width,
                             size_t indent, size_t max_lines, const char *mark)
{
    size_t lines = 0, columns = width > indent + 8 ? width - indent : 8;
    const char *at = value;
    do {
        if (lines > 0)
            caus_text_add_spaces(text, indent);
        lines++;
        if (lines == max_lines) {
            caus_text_add_cut(text, at, columns, mark, false);
            at += strlen(at);
        } else {
            const char *end = line_end(at, columns);
            caus_text_add_bytes(text, at, (size_t)(end - at));
            at = end;
        }
        caus_text_add_char(text, '\n');
        while (*at == ' ')
            at++;
    } while (*at);
    return lines;
}

/* The end of the part of a command that fits `columns`: a space outside
 * quotes, or the whole rest when there is none. */
static const char *command_end(const char *from, size_t columns)
{
    const char *last_space = NULL;
    char quote = '\0';
    for (const char *at = from; *at; at++) {
        if (quote) {
            if (*at == quote)
                quote = '\0';
        } else if (*at == '\'' || *at == '"')
            quote = *at;
        else if (*at == ' ' && (!last_space || (size_t)(at - from) <= columns))
            last_space = at;
    }
    bool fits = caus_text_columns(from) <= columns;
    return fits || !last_space ? from + strlen(from) : last_space;
}

size_t caus_text_add_next(caus_text *text, const char *command, size_t width)
{
    size_t lines = 0, columns = width - strlen("next: ");
    for (const char *at = command; *at; lines++) {
        const char *end = caus_text_columns(at) <= columns
                              ? at + strlen(at)
                              : command_end(at, columns - 2);
        if (text) {
            caus_text_add(text, lines ? "      " : "next: ");
            caus_text_add_bytes(text, at, (size_t)(end - at));
            caus_text_add(text, *end ? " \\\n" : "\n");
        }
        at = end + strspn(end, " ");
    }
    return lines;
}

void caus_text_fold(caus_text *text, size_t screen_length)
{
    size_t more = 0;
    for (size_t i = screen_length; i < text->length; i++)
        more += text->bytes[i] == '\n';
    if (!more || text->failed)
        return;
    text->length = screen_length;
    caus_text_add_count(text, more);
    caus_text_format(text,
                     " more line%s: --details, or a file of them: -o FILE.md, "
                     ".txt, .json\n",
                     more > 1 ? "s" : "");
}
