/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caus/graph_file.h"
#include "fault.h"
#include "test.h"

static caus_graph_file parse(caus_graph_format format, const char *text,
                             caus_arena *arena)
{
    caus_graph_file graph;
    caus_error err;
    if (caus_graph_file_parse(text, strlen(text), format, "expert", arena,
                              &graph, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return graph;
}

/* "a 1 --> b", "a ? --- b": one edge as a line. */
static const char *edge_text(const caus_graph_file *graph, size_t k)
{
    static char text[200];
    const caus_named_edge *edge = &graph->edges[k];
    char lag[24] = "?";
    if (edge->lag != SIZE_MAX)
        snprintf(lag, sizeof lag, "%zu", edge->lag);
    snprintf(text, sizeof text, "%s %s %s %s", graph->names[edge->source], lag,
             caus_edge_text(edge->marks), graph->names[edge->target]);
    return text;
}

static void every_format_says_the_same(void **unused)
{
    (void)unused;
    static const struct {
        caus_graph_format format;
        const char *text;
    } files[] = {
        {CAUS_GRAPH_JSON,
         "{\"caus\": \"1\", \"kind\": \"causal_graph\", \"nodes\": [{\"id\": "
         "0, \"label\": \"a \\u00e9\"}, {\"label\": \"b\", \"members\": [1, "
         "{}]}, {\"label\": \"c\"}],\n \"edges\": [{\"source\": \"a \\u00e9\","
         " \"target\": \"b\", \"lag\": 1, \"strength\": 0.4},\n {\"source\": "
         "\"c\", \"target\": \"b\", \"type\": \"bidirected\"},\n{\"source\": "
         "\"b\", \"target\": \"c\", \"mark\": \"<-o\", \"lag\": 0}]}"},
        {CAUS_GRAPH_DOT,
         "// what we think\nstrict digraph \"shop\" {\n  rankdir=LR;\n  node "
         "[shape=box]\n  n0 [label=\"a \xc3\xa9\", shape=oval];\n  subgraph "
         "cluster_1 { b; c [label=\"\\N\"] }\n  n0:e -> b [lag=1, "
         "color=red];\n/* both */  c -> b [dir=both]\n  b -> c "
         "[mark=\"<-o\", lag=\"0\"];\n}\n"},
        {CAUS_GRAPH_GML,
         "Creator \"someone\"\ngraph [\n  directed 1\n  node [ id 1 label \"a "
         "\xc3\xa9\" graphics [ x 1.5 ] ]\n  node [ id 2 label \"b\" ]\n  node "
         "[ id 3 label \"c\" ]\n  edge [ source 1 target 2 lag 1 ]\n  edge [ "
         "source 3 target 2 mark \"<->\" ]\n  edge [ source 2 target 3 mark "
         "\"<-o\" lag 0 ]\n]\n"},
        {CAUS_GRAPH_GRAPHML,
         "<?xml version=\"1.0\"?>\n<graphml>\n<key id=\"d1\" for=\"node\" "
         "attr.name=\"label\"/><key id=\"d2\" for=\"edge\" attr.name=\"lag\"/>"
         "\n<graph edgedefault=\"directed\"><!-- < > -->\n<node id='1'><data "
         "key=\"d1\">a \xc3\xa9</data></node><node id='b'/><node "
         "id='c'></node>\n<edge source=\"1\" target=\"b\"><data key=\"d2\">1"
         "</data></edge>\n<edge source='c' target='b'><data key='mark'>"
         "&lt;-&gt;</data></edge>\n<edge source='b' target='c'><data "
         "key='mark'>&lt;-o</data><data key='d2'>0</data></edge>\n</graph>\n"
         "</graphml>"},
        {CAUS_GRAPH_CSV,
         "source,target,lag,mark,why\na \xc3\xa9,b,1,,\"said, \"\"so\"\"\"\r\n"
         "c,b,,<->,\nb,c,0,<-o,\n"},
    };
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        caus_arena *arena = caus_arena_new(0);
        caus_graph_file graph = parse(files[k].format, files[k].text, arena);
        assert_int_equal(graph.node_count, 3);
        assert_int_equal(graph.edge_count, 3);
        assert_string_equal(edge_text(&graph, 0), "a \xc3\xa9 1 --> b");
        assert_string_equal(edge_text(&graph, 1), "c ? <-> b");
        assert_string_equal(edge_text(&graph, 2), "c 0 o-> b");
        assert_true(graph.edges[0].line < graph.edges[2].line);
        caus_arena_free(arena);
    }
}

static void dot_without_directions_has_lines(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_graph_file graph =
        parse(CAUS_GRAPH_DOT, "graph { a -- b -- \"c d\" }", arena);
    assert_int_equal(graph.edge_count, 2);
    assert_string_equal(edge_text(&graph, 1), "b ? --- c d");
    graph = parse(CAUS_GRAPH_DOT,
                  "digraph{a->b[dir=back];b->c[dir=none lag=2]}", arena);
    assert_string_equal(edge_text(&graph, 0), "b ? --> a");
    assert_string_equal(edge_text(&graph, 1), "b 2 --- c");
    caus_arena_free(arena);
}

static void errors_name_the_line(void **unused)
{
    (void)unused;
    static const struct {
        caus_graph_format format;
        const char *text, *words;
    } wrong[] = {
        {CAUS_GRAPH_JSON, "{\"edges\": [\n{\"source\": \"a\"}]}",
         "line 2: the edge has no target"},
        {CAUS_GRAPH_JSON, "{\"edges\": [\n{\"source\" \"a\"}]}",
         "line 2: : is missing"},
        {CAUS_GRAPH_JSON, "{\"kind\": \"explanation\"}",
         "no causal_graph but a explanation"},
        {CAUS_GRAPH_JSON, "{\"nodes\": [{\"label\": \"a\\n\"}]}",
         "is no name of a node"},
        {CAUS_GRAPH_JSON, "{\"x\": 1}", "neither nodes nor edges"},
        {CAUS_GRAPH_JSON, "{\"nodes\": []}", "holds no node"},
        {CAUS_GRAPH_DOT, "digraph {\n a -- b }", "line 2: a digraph has edges"},
        {CAUS_GRAPH_DOT, "digraph {\n a -> {b c} }", "line 2: an edge to a"},
        {CAUS_GRAPH_DOT, "digraph {\n {a b} -> c }", "line 2: an edge from a"},
        {CAUS_GRAPH_DOT, "digraph {\n a -> b\n", "line 3: the graph has no"},
        {CAUS_GRAPH_DOT, "digraph {\n a -> b [mark=\"=>\"] }",
         "line 2: the mark '=>' means nothing"},
        {CAUS_GRAPH_DOT, "digraph {\n a -> b [lag=soon] }",
         "line 2: the lag 'soon'"},
        {CAUS_GRAPH_DOT, "digraph { a [label=x]\n b [label=x] }",
         "line 1 and line 2 are both called x"},
        {CAUS_GRAPH_DOT, "digraph { a -> a [lag=0] }", "joined to itself"},
        {CAUS_GRAPH_DOT, "digraph { a -> b [lag=2, mark=\"<--\"] }",
         "as if the past were an effect"},
        {CAUS_GRAPH_DOT, "digraph { \"a }", "has no end"},
        {CAUS_GRAPH_GML, "graph [\n edge [ source 1 target 2 ] ]",
         "line 2: the edge ends at 1"},
        {CAUS_GRAPH_GML, "graph [\n node [ id 1 ]\n node [ id 1 ] ]",
         "line 3: the id 1"},
        {CAUS_GRAPH_GML, "graph [ node [ id 1 ]", "has no end"},
        {CAUS_GRAPH_GML, "version 1", "no graph [ ]"},
        {CAUS_GRAPH_GRAPHML, "<graphml><graph>\n<edge source='a'/></graph>",
         "line 2: the edge has no target"},
        {CAUS_GRAPH_GRAPHML, "<!DOCTYPE x [<!ENTITY y 'z'>]>",
         "document types and CDATA are not read"},
        {CAUS_GRAPH_GRAPHML, "<graphml><graph><node id='&y;'/>",
         "no entity that is known"},
        {CAUS_GRAPH_CSV, "src,dst\na,b\n", "no columns source and target"},
        {CAUS_GRAPH_CSV, "source,target\na,b,c\n", "line 2: the line has 3"},
        {CAUS_GRAPH_CSV, "source,target\n\"a,b\n", "line 2: the quoted name"},
        {CAUS_GRAPH_CSV, "source,target\na,\n", "line 2: '' is no name"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        caus_arena *arena = caus_arena_new(0);
        caus_graph_file graph = {.node_count = 99};
        caus_error err;
        assert_int_equal(caus_graph_file_parse(
                             wrong[k].text, strlen(wrong[k].text),
                             wrong[k].format, "expert", arena, &graph, &err),
                         CAUS_ERR_INVALID_DATA);
        if (!strstr(err.message, wrong[k].words))
            fail_msg("\"%s\" does not say \"%s\"", err.message, wrong[k].words);
        assert_int_equal(graph.node_count, 99);
        assert_int_equal(caus_arena_used_bytes(arena), 0);
        caus_arena_free(arena);
    }
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What caus writes reads back as the same graph, in whichever format. */
static void our_own_answers_read_back(void **unused)
{
    (void)unused;
    static const char *const paths[] = {"golden/incident.json",
                                        "golden/incident.dot",
                                        "golden/incident.graphml"};
    caus_arena *arena = caus_arena_new(0);
    char *lines[3][64];
    size_t counts[3];
    for (size_t k = 0; k < 3; k++) {
        caus_graph_file graph;
        caus_error err;
        if (caus_graph_file_read(paths[k], arena, &graph, &err) != CAUS_OK)
            fail_msg("%s", err.message);
        counts[k] = graph.edge_count;
        assert_true(graph.edge_count > 2 && graph.edge_count < 64);
        assert_true(graph.node_count > 2);
        for (size_t e = 0; e < graph.edge_count; e++)
            lines[k][e] = caus_arena_format(arena, "%s", edge_text(&graph, e));
        qsort(lines[k], counts[k], sizeof *lines[k], compare_texts);
        assert_int_equal(counts[k], counts[0]);
        for (size_t e = 0; e < counts[k]; e++)
            assert_string_equal(lines[k][e], lines[0][e]);
    }
    caus_arena_free(arena);
}

static void files_that_cannot_be_had_are_told(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_graph_file graph;
    caus_error err;
    assert_int_equal(
        caus_graph_file_read("golden/none.dot", arena, &graph, &err),
        CAUS_ERR_NOT_FOUND);
    assert_int_equal(caus_graph_file_read("golden", arena, &graph, &err),
                     CAUS_ERR_IO);
    caus_arena_free(arena);
}

static void every_failed_allocation_is_told(void **unused)
{
    (void)unused;
    static const char *const paths[] = {"golden/incident.json",
                                        "golden/incident.dot",
                                        "golden/incident.graphml"};
    for (size_t k = 0; k < 3; k++)
        for (long n = 0;; n++) {
            caus_arena *arena = caus_arena_new(0);
            caus_graph_file graph;
            caus_error err;
            fault_fail_after(n);
            caus_status status =
                caus_graph_file_read(paths[k], arena, &graph, &err);
            bool refused = fault_stop();
            caus_arena_free(arena);
            if (!refused)
                break;
            assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_says_the_same),
        cmocka_unit_test(dot_without_directions_has_lines),
        cmocka_unit_test(errors_name_the_line),
        cmocka_unit_test(our_own_answers_read_back),
        cmocka_unit_test(files_that_cannot_be_had_are_told),
        cmocka_unit_test(every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
