/* SPDX-License-Identifier: Apache-2.0 */
/* What was changed near the onset, and whether it fits a link. */
#include <string.h>

#include "render/members.h"
#include "render/render_internal.h"

enum { MOST_SHOWN = 20, MOST_WRITTEN = 200 };

static const int64_t fits_within_ns = INT64_C(900000000000);
static const int64_t apart_ns = INT64_C(300000000000); /* to be told apart */

/* The onset of the incident; NULL = there is none. */
static const caus_onset *onset_of(const caus_view *view)
{
    const caus_extent *extent = view->answer->extent;
    return extent && extent->found ? &extent->onset : NULL;
}

static const caus_change *chief(const caus_view *view,
                                const caus_change_group *group)
{
    return &view->answer->changes->changes[group->chief];
}

static const char *clean(const caus_view *view, caus_text *text,
                         const char *value)
{
    const char *safe =
        caus_clean_text(view->arena, value ? value : "", view->clean);
    text->failed |= !safe;
    return safe ? safe : "";
}

/* "deploy of auth (v2), 3 min before the onset" */
static void describe_change(const caus_view *view,
                            const caus_change_group *group, caus_text *text)
{
    const caus_change *change = chief(view, group);
    char apart[40];
    caus_change_group_distance(group, apart);
    caus_text_add(text, clean(view, text, group->kind_name));
    if (*group->service)
        caus_text_format(text, " of %s", clean(view, text, group->service));
    bool is_named = *change->ref && strcmp(change->ref, group->service) != 0;
    if (is_named)
        caus_text_format(text, *group->service ? " (%s)" : " %s",
                         clean(view, text, change->ref));
    if (group->change_count > 1)
        caus_text_format(text, ", %zu times", group->change_count);
    caus_text_format(text, ", %s %s the onset", apart,
                     group->before_onset_ns < 0 ? "after" : "before");
}

/* A change may be dated up to a step after what it caused: rows are that
 * wide. */
static bool is_close(const caus_view *view, const caus_change_group *group)
{
    return group->before_onset_ns >= -view->answer->series->step_ns &&
           group->before_onset_ns <= fits_within_ns;
}

/* The nearest close change of a service; NULL = none. */
static const caus_change_group *nearest_of(const caus_view *view,
                                           const char *service)
{
    for (size_t i = 0; i < view->group_count; i++) {
        if (is_close(view, &view->groups[i]) && *service &&
            strcmp(view->groups[i].service, service) == 0)
            return &view->groups[i];
    }
    return NULL;
}

/* A change elsewhere about as near, which explains as much; NULL = none. */
static const caus_change_group *rival_of(const caus_view *view,
                                         const caus_change_group *chosen)
{
    for (size_t i = 0; i < view->group_count; i++) {
        const caus_change_group *other = &view->groups[i];
        if (is_close(view, other) &&
            strcmp(other->service, chosen->service) != 0 &&
            other->before_onset_ns <= chosen->before_onset_ns + apart_ns)
            return other;
    }
    return NULL;
}

/* Whether the service a link comes from was changed shortly before the onset
 * and no other as near, with the reason as a sentence. */
static void check_change(const caus_view *view, caus_link *link,
                         caus_text *text)
{
    const caus_variable *variables = view->answer->series->variables;
    const char *from = variables[link->source].service;
    bool is_within = strcmp(from, variables[link->target].service) == 0;
    const caus_change_group *group = nearest_of(view, from);
    const caus_change_group *rival = group ? rival_of(view, group) : NULL;
    link->changed =
        group && !is_within && !rival ? CAUS_CHECK_PASSED : CAUS_CHECK_FAILED;
    caus_text_add(text, "change of the source shortly before the onset: ");
    if (!group) {
        caus_text_add(text, "failed (none within 15 min)");
        return;
    }
    if (is_within) {
        caus_text_add(text, "failed (of both ends at once)");
        return;
    }
    caus_text_add(text, rival ? "failed (not the only one: " : "passed (");
    describe_change(view, rival ? rival : group, text);
    caus_text_add_char(text, ')');
}

caus_status caus_view_find_changes(caus_view *view, caus_error *err)
{
    const caus_graph_answer *answer = view->answer;
    const caus_onset *onset = onset_of(view);
    if (!answer->changes || !onset)
        return CAUS_OK;
    CAUS_TRY(caus_changes_near(answer->changes, onset->time_ns, NULL,
                               view->arena, &view->groups, &view->group_count,
                               err));
    for (size_t i = 0; i < view->link_count; i++) {
        caus_text text = {0};
        check_change(view, &view->links[i], &text);
        CAUS_TRY(caus_text_finish(&text, view->arena, &view->links[i].change,
                                  NULL, err));
    }
    return CAUS_OK;
}

/* ---- formats ---- */

static void write_change(caus_json *json, const caus_view *view,
                         const caus_change *change,
                         const caus_change_group *group)
{
    caus_json_begin_object(json);
    caus_put_change(json, view->arena, change);
    if (group) {
        caus_json_put_integer(json, "count", (int64_t)group->change_count);
        caus_json_put_double(json, "seconds_before_onset",
                             (double)group->before_onset_ns / 1e9);
    }
    caus_json_end_object(json);
}

void caus_view_write_changes(const caus_view *view, caus_json *json)
{
    const caus_changes *all = view->answer->changes;
    bool has_onset = onset_of(view) != NULL;
    if (!all)
        return;
    size_t count = has_onset ? view->group_count : all->change_count;
    caus_json_key(json, "changes");
    caus_json_begin_array(json);
    for (size_t i = 0; i < count && i < MOST_WRITTEN; i++) {
        if (has_onset)
            write_change(json, view, chief(view, &view->groups[i]),
                         &view->groups[i]);
        else
            write_change(json, view, &all->changes[i], NULL);
    }
    caus_json_end_array(json);
}

void caus_view_add_change(const caus_view *view, caus_text *text)
{
    if (!view->group_count || !is_close(view, &view->groups[0]))
        return;
    caus_text_add(text, "nearest change: ");
    describe_change(view, &view->groups[0], text);
}

size_t caus_view_changes_shown(const caus_view *view)
{
    return view->group_count < MOST_SHOWN ? view->group_count : MOST_SHOWN;
}

void caus_view_add_change_line(const caus_view *view, size_t index,
                               caus_text *text)
{
    const caus_change_group *group = &view->groups[index];
    const caus_change *change = chief(view, group);
    describe_change(view, group, text);
    if (*change->text)
        caus_text_format(text, ": %s", clean(view, text, change->text));
    if (change->query && *change->query)
        caus_text_format(text, " [%s]", clean(view, text, change->query));
    else if (change->source && *change->source)
        caus_text_format(text, " [%s]", clean(view, text, change->source));
}
