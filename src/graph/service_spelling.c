/* SPDX-License-Identifier: Apache-2.0 */
/* Services by how they are spelled: where first words have hyphens
 * ("cart-api_jvm_threads_live_threads") or are numbered ("s012_…"), '_' parts
 * no words of them, but them from what is measured. */
#include <string.h>

#include "base/pods.h"
#include "graph/service_internal.h"

/* A first word, by the first name that has it. */
typedef struct first_word {
    size_t series;   /* of numbered words with the same letters; SIZE_MAX */
    bool has_hyphen; /* but before the number of a copy */
    bool is_stem;    /* a known suffix follows it at once */
    bool shares;     /* what follows it follows one that is spelled, too */
} first_word;

typedef struct spelling {
    const char *const *names;
    size_t count;
    const size_t *firsts; /* [count] where '_' ends the first word; 0 = none */
    const size_t *lengths;
    caus_map *by_word, *by_letters, *by_tail;
    size_t *word_of;   /* [count] */
    first_word *words; /* [word_count] */
    size_t word_count;
    size_t *numbered; /* [letters] so many first words */
    size_t letters_count;
} spelling;

/* Letters before the number that a word ends in; 0 = it is not numbered. */
static size_t letters_of(const char *word, size_t length)
{
    size_t letters = length;
    while (letters && word[letters - 1] >= '0' && word[letters - 1] <= '9')
        letters--;
    return letters < length ? letters : 0;
}

static caus_status add_word(spelling *s, size_t i, size_t length,
                            caus_error *err)
{
    const char *name = s->names[i];
    bool is_new = false;
    s->word_of[i] = s->word_count;
    CAUS_TRY(caus_service_add_text(s->by_word, name, length, &s->word_of[i],
                                   &is_new, err));
    s->word_count += is_new;
    first_word *word = &s->words[s->word_of[i]];
    word->is_stem = word->is_stem || s->lengths[i] == length;
    if (!is_new)
        return CAUS_OK;
    size_t letters = letters_of(name, length);
    word->series = SIZE_MAX;
    word->has_hyphen =
        memchr(name, '-', caus_pod_without_ordinal(name, length)) != NULL;
    if (!letters || word->has_hyphen)
        return CAUS_OK;
    word->series = s->letters_count;
    CAUS_TRY(caus_service_add_text(s->by_letters, name, letters, &word->series,
                                   &is_new, err));
    s->letters_count += is_new;
    s->numbered[word->series]++;
    return CAUS_OK;
}

static bool is_spelled(const spelling *s, const first_word *word)
{
    return word->has_hyphen ||
           (word->series != SIZE_MAX &&
            s->numbered[word->series] >= CAUS_LEAST_SERVICES);
}

/* What is measured behind words that are spelled is measured behind others,
 * too: "search_istio_requests_total" beside that of "cart-api". */
static caus_status find_shared(spelling *s, caus_error *err)
{
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < s->count; i++) {
            if (s->word_of[i] == SIZE_MAX)
                continue;
            first_word *word = &s->words[s->word_of[i]];
            const char *tail = s->names[i] + s->firsts[i];
            size_t length = caus_unlabelled_length(tail), number = 0;
            bool is_new;
            if (pass == 0 && is_spelled(s, word))
                CAUS_TRY(caus_service_add_text(s->by_tail, tail, length,
                                               &number, &is_new, err));
            else if (pass == 1 && caus_map_find(s->by_tail, tail, length, NULL))
                word->shares = true;
        }
    }
    return CAUS_OK;
}

/* How '_' is used, as far as first words tell. */
typedef struct usage {
    bool parts_measures; /* behind words that are spelled as services */
    bool always;         /* as behind nearly all first words */
} usage;

/* Some have to be measured in a way that is known, as "cart-api" is by
 * "cart-api_cpu": of regions, "eu-west_cart_cpu", none is. */
static usage find_usage(const spelling *s)
{
    enum { SHARE_OF_STEMS = 8 };
    size_t spelled = 0, alike = 0, stems = 0;
    for (size_t w = 0; w < s->word_count; w++) {
        bool is = is_spelled(s, &s->words[w]);
        spelled += is;
        alike += is || s->words[w].shares;
        stems += is && s->words[w].is_stem;
    }
    usage found = {.parts_measures = stems >= CAUS_LEAST_SERVICES &&
                                     SHARE_OF_STEMS * stems >= spelled};
    found.always = found.parts_measures && 4 * alike >= 3 * s->word_count;
    return found;
}

static caus_status apply(spelling *s, size_t *lengths, caus_error *err)
{
    for (size_t i = 0; i < s->count; i++) {
        size_t length = caus_pod_without_hash(s->names[i], s->firsts[i]);
        s->word_of[i] = SIZE_MAX;
        if (length)
            CAUS_TRY(add_word(s, i, length, err));
    }
    CAUS_TRY(find_shared(s, err));
    usage how = find_usage(s);
    for (size_t i = 0; how.parts_measures && i < s->count; i++) {
        if (s->word_of[i] == SIZE_MAX)
            continue;
        const first_word *word = &s->words[s->word_of[i]];
        bool is_service = word->is_stem || word->shares;
        if (is_spelled(s, word) || (how.always && is_service))
            lengths[i] = caus_pod_without_hash(s->names[i], s->firsts[i]);
    }
    return CAUS_OK;
}

caus_status caus_services_by_spelling(const char *const *names, size_t count,
                                      const size_t *firsts, size_t *lengths,
                                      caus_error *err)
{
    spelling s = {names,
                  count,
                  firsts,
                  lengths,
                  .by_word = caus_map_new(),
                  .by_letters = caus_map_new(),
                  .by_tail = caus_map_new()};
    caus_arena *scratch = caus_arena_new(0);
    if (scratch) {
        s.word_of = CAUS_ARRAY(scratch, size_t, count + 1);
        s.words = CAUS_ARRAY(scratch, first_word, count + 1);
        s.numbered = CAUS_ARRAY(scratch, size_t, count + 1);
    }
    bool all = s.by_word && s.by_letters && s.by_tail && s.word_of && s.words &&
               s.numbered;
    caus_status status =
        all ? apply(&s, lengths, err)
            : CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                        "no memory for the services of %zu names", count);
    caus_map_free(s.by_word);
    caus_map_free(s.by_letters);
    caus_map_free(s.by_tail);
    caus_arena_free(scratch);
    return status;
}
