# SPDX-License-Identifier: Apache-2.0
"""Writes learned.json: skeletons and BDeu scores of causal-learn.

Random networks of categories; PC (stable) with chi-squared and G-squared tests
and local BDeu scores are what causal-learn says about rows drawn from them.
Run: python make.py > learned.json
"""
import json
import math
import warnings

import numpy as np
from causallearn.score.LocalScoreFunction import local_score_BDeu
from causallearn.search.ConstraintBased.PC import pc


def draw(seed, nodes, edges, rows):
    random = np.random.default_rng(seed)
    order = random.permutation(nodes)
    levels = random.integers(2, 5, nodes)
    pairs = [(a, b) for i, a in enumerate(order) for b in order[i + 1:]]
    parents = {v: [] for v in range(nodes)}
    made = 0
    for k in random.permutation(len(pairs)):
        a, b = pairs[k]
        if len(parents[b]) < 3 and made < edges:
            parents[b].append(a)
            made += 1
    values = np.zeros((rows, nodes), int)
    for v in order:
        place, count = np.zeros(rows, int), 1
        for u in parents[v]:
            place, count = place * levels[u] + values[:, u], count * levels[u]
        table = random.dirichlet([.7] * levels[v], count)
        spread = table.cumsum(1)[place]
        values[:, v] = (random.random(rows)[:, None] > spread).sum(1)
        values[:, v] = np.minimum(values[:, v], levels[v] - 1)
        values[:, v] = np.unique(values[:, v], return_inverse=True)[1]
    return values


def skeleton(values, alpha, test):
    graph = pc(values, alpha, test, stable=True, show_progress=False).G.graph
    nodes = values.shape[1]
    return [[i, j] for i in range(nodes) for j in range(i + 1, nodes)
            if graph[i, j] or graph[j, i]]


def bdeu(values, node, parents, sample_size):
    """causal-learn's score less its prior of structures."""
    nodes = values.shape[1]
    levels = {v: int(values[:, v].max()) + 1 for v in range(nodes)}
    score = local_score_BDeu(values, node, parents,
                             {"sample_prior": sample_size,
                              "structure_prior": 1, "r_i_map": levels})
    share = 1 / (nodes - 1)
    prior = (len(parents) * math.log(share)
             + (nodes - 1 - len(parents)) * math.log(1 - share))
    return float(score) - prior


def main():
    warnings.filterwarnings("ignore")
    cases = []
    for seed, nodes, edges, rows, alpha in [(1, 8, 9, 500, .05),
                                            (2, 10, 12, 800, .01),
                                            (3, 12, 16, 1000, .05),
                                            (4, 12, 12, 400, .1),
                                            (5, 15, 20, 1500, .01),
                                            (6, 10, 18, 2000, .05)]:
        values = draw(seed, nodes, edges, rows)
        families = [(0, []), (1, [0]), (2, [0, 1]), (3, [0, 1, 2, 4])]
        cases.append({
            "alpha": alpha,
            "rows": ["".join(map(str, row)) for row in values],
            "chisquared": skeleton(values, alpha, "chisq"),
            "gsquared": skeleton(values, alpha, "gsq"),
            "bdeu": [{"node": v, "parents": p, "sample_size": a,
                      "score": bdeu(values, v, p, a)}
                     for v, p in families for a in (1, 10)]})
    print(json.dumps(cases, separators=(",", ":")))


main()
