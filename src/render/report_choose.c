/* SPDX-License-Identifier: Apache-2.0 */
/* Which series a report draws and dates, in which order. */
#include <math.h>
#include <stdlib.h>

#include "render/report.h"

enum { SERVICE_CHARTS = 8 }; /* of one on the way, where they are few or calm */

static const double much = 3; /* deviations: drawn whatever room there is */

/* What a series is to the reader, first to last. */
typedef enum importance {
    SYMPTOM,
    TOLD,      /* what the chain names */
    ON_WAY,    /* moved by much in a service on the way */
    ELSEWHERE, /* moved by much in another */
    LITTLE,    /* any other of a service on the way */
    AWAY       /* moved by less in another */
} importance;

/* A series that may be drawn. */
typedef struct choice {
    size_t clue;
    size_t place; /* of its service on the way; hops + 1 = elsewhere */
    importance kind;
    double size; /* in deviations, without sign */
    bool drawn;
} choice;

typedef struct choice_list {
    choice *items;
    size_t count;
    size_t places; /* of services on the way; the next is elsewhere */
} choice_list;

static bool is_moved(const caus_clue *clue)
{
    return clue->score > 0;
}

/* What the services on the way are, from the cause to the symptom; "" = not on
 * it. */
static const char *part_of(const caus_report_page *page, size_t suspect,
                           size_t *place)
{
    const caus_suspect *first = &page->told->suspects[0];
    *place = suspect == 0 ? 0 : SIZE_MAX;
    for (size_t i = 0; i < first->hop_count && suspect != 0; i++)
        if (first->chain[i].to == suspect)
            *place = i + 1;
    if (page->told->verdict == CAUS_VERDICT_NO_ANOMALY || *place == SIZE_MAX)
        return "";
    if (*place == 0)
        return page->told->verdict == CAUS_VERDICT_CAUSE ? "cause" : "suspect";
    return *place == first->hop_count ? "symptom" : "on the way";
}

/* Whether the chain names it: what moved at a hop's end, or the loudest of a
 * service on it. */
static bool is_on_chain(const caus_report_page *page, const caus_clue *clue)
{
    const caus_suspect *own = &page->told->suspects[clue->suspect];
    const caus_suspect *first = &page->told->suspects[0];
    for (size_t i = 0; i < first->hop_count; i++)
        if (first->chain[i].variable == clue->variable)
            return true;
    return own->clue_count && &page->told->clues[own->clues[0]] == clue &&
           is_moved(clue);
}

static choice weigh(const caus_report_page *page, size_t at, size_t places)
{
    const caus_clue *clue = &page->told->clues[at];
    choice made = {.clue = at,
                   .place = places,
                   .size = isfinite(clue->size) ? fabs(clue->size) : 0};
    size_t place;
    bool on_way =
        clue->suspect != SIZE_MAX && part_of(page, clue->suspect, &place)[0];
    bool moved_far = is_moved(clue) && made.size >= much;
    if (on_way)
        made.place = place;
    if (clue->variable == page->told->symptom)
        made.kind = SYMPTOM;
    else if (on_way && is_on_chain(page, clue))
        made.kind = TOLD;
    else if (moved_far)
        made.kind = on_way ? ON_WAY : ELSEWHERE;
    else
        made.kind = on_way ? LITTLE : AWAY;
    return made;
}

static int compare_choices(const void *a, const void *b)
{
    const choice *left = a, *right = b;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    if (left->size > right->size || left->size < right->size)
        return left->size > right->size ? -1 : 1;
    return left->clue < right->clue ? -1 : 1;
}

/* All that moved, the symptom, and whatever is measured on the way. */
static caus_status list_choices(const caus_report_page *page,
                                choice_list *result, caus_error *err)
{
    const caus_explanation *told = page->told;
    choice *items = CAUS_ARRAY(page->arena, choice, told->clue_count + 1);
    if (!items)
        return caus_arena_fail(page->arena, err);
    *result = (choice_list){
        .items = items,
        .places = told->suspect_count ? told->suspects[0].hop_count + 1 : 0};
    for (size_t i = 0; i < told->clue_count; i++) {
        choice made = weigh(page, i, result->places);
        if (made.kind != AWAY || is_moved(&told->clues[i]))
            items[result->count++] = made;
    }
    qsort(items, result->count, sizeof *items, compare_choices);
    return CAUS_OK;
}

/* ---- what is drawn ---- */

/* Those that are in sight: the first of all, few of a service that does no
 * more than others. */
static caus_status choose_open(const caus_report_page *page, choice_list *list,
                               caus_error *err)
{
    size_t *of_place = CAUS_ARRAY(page->arena, size_t, list->places + 1);
    size_t open = 0;
    if (!of_place)
        return caus_arena_fail(page->arena, err);
    for (size_t i = 0; i < list->count && open < CAUS_REPORT_CHARTS; i++) {
        choice *item = &list->items[i];
        if (item->kind == LITTLE && of_place[item->place] >= SERVICE_CHARTS)
            continue;
        item->drawn = true;
        of_place[item->place]++;
        open++;
    }
    return CAUS_OK;
}

static void add_group(caus_report_page *page, const caus_report_group *made)
{
    page->groups[page->group_count] = *made;
    page->groups[page->group_count].count = page->drawn_count - made->first;
    page->group_count += page->drawn_count > made->first;
}

/* Those in sight of a service on the way, or of all others. */
static void add_place(caus_report_page *page, const choice_list *list,
                      size_t place)
{
    caus_report_group group = {
        .suspect = SIZE_MAX, .part = "", .first = page->drawn_count};
    if (place < list->places) {
        const caus_hop *chain = page->told->suspects[0].chain;
        group.suspect = place ? chain[place - 1].to : 0;
        size_t same;
        group.part = part_of(page, group.suspect, &same);
    }
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].drawn && list->items[i].place == place)
            page->drawn[page->drawn_count++] = list->items[i].clue;
    add_group(page, &group);
}

/* What moved by much and has no room stands folded. */
static void add_folded(caus_report_page *page, const choice_list *list)
{
    caus_report_group group = {.suspect = SIZE_MAX,
                               .part = "",
                               .first = page->drawn_count,
                               .folded = true};
    for (size_t i = 0; i < list->count; i++) {
        const choice *item = &list->items[i];
        if (item->drawn)
            continue;
        if (item->kind <= ELSEWHERE &&
            page->drawn_count - group.first < CAUS_REPORT_FOLDED)
            page->drawn[page->drawn_count++] = item->clue;
        else
            page->left_count += is_moved(&page->told->clues[item->clue]);
    }
    add_group(page, &group);
}

static caus_status choose_drawn(caus_report_page *page, choice_list *list,
                                caus_error *err)
{
    page->drawn = CAUS_ARRAY(page->arena, size_t, list->count + 1);
    page->groups = CAUS_ARRAY(page->arena, caus_report_group, list->places + 2);
    if (!page->drawn || !page->groups)
        return caus_arena_fail(page->arena, err);
    CAUS_TRY(choose_open(page, list, err));
    for (size_t place = 0; place <= list->places; place++)
        add_place(page, list, place);
    add_folded(page, list);
    return CAUS_OK;
}

/* ---- who moved when ---- */

static bool is_before(const caus_clue *a, const caus_clue *b)
{
    if (!a->onset.found || !b->onset.found)
        return a->onset.found;
    return a->onset.time_ns < b->onset.time_ns;
}

/* What moved by little, elsewhere, nobody knows when, says nothing of an order.
 */
static bool is_orderless(const choice *item, const caus_clue *clue)
{
    return item->kind == AWAY && !clue->onset.found;
}

/* The first of all that moved, by time; those without an onset stand last. */
static caus_status order_moved(caus_report_page *page, const choice_list *list,
                               caus_error *err)
{
    const caus_clue *clues = page->told->clues;
    page->moved = CAUS_ARRAY(page->arena, size_t, CAUS_REPORT_ONSETS);
    if (!page->moved)
        return caus_arena_fail(page->arena, err);
    for (size_t i = 0; i < list->count; i++) {
        const caus_clue *clue = &clues[list->items[i].clue];
        if (!is_moved(clue))
            continue;
        if (page->moved_count == CAUS_REPORT_ONSETS ||
            is_orderless(&list->items[i], clue)) {
            page->unlisted_count++;
            continue;
        }
        size_t at = page->moved_count++;
        for (; at && is_before(clue, &clues[page->moved[at - 1]]); at--)
            page->moved[at] = page->moved[at - 1];
        page->moved[at] = list->items[i].clue;
    }
    return CAUS_OK;
}

caus_status caus_report_choose(caus_report_page *page, caus_error *err)
{
    choice_list list = {0};
    CAUS_TRY(list_choices(page, &list, err));
    CAUS_TRY(choose_drawn(page, &list, err));
    return order_moved(page, &list, err);
}
