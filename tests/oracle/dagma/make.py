# SPDX-License-Identifier: Apache-2.0
"""Writes dagma.json: graphs of dagma.linear.DagmaLinear, and its objective and
gradient at given weights. Data are those of tests/oracle/structure/sem.c. See
PROVENANCE.md."""

import json
import math
import os

import numpy
from dagma.linear import DagmaLinear

HERE = os.path.dirname(os.path.abspath(__file__))
MASK = (1 << 64) - 1


class Stream:
    """SplitMix64 and what sem.c draws from it."""

    def __init__(self, seed):
        self.state = seed & MASK

    def uniform(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        z ^= z >> 31
        return ((z >> 11) + 0.5) * 2.0 ** -53

    def normal(self):
        radius = self.uniform()
        angle = self.uniform()
        return math.sqrt(-2 * math.log(radius)) * \
            math.cos(6.283185307179586476925 * angle)


def structure(nodes, degree, seed, rows):
    stream = Stream(seed * 1000003 + nodes * 7919 + int(degree * 10))
    order = list(range(nodes))
    for i in range(nodes - 1, 0, -1):
        j = int(stream.uniform() * (i + 1))
        order[i], order[j] = order[j], order[i]
    weights = numpy.zeros((nodes, nodes))
    share = degree / (nodes - 1)
    for a in range(nodes):
        for b in range(a + 1, nodes):
            if stream.uniform() >= share:
                continue
            weight = 0.3 + 0.7 * stream.uniform()
            weights[order[a], order[b]] = \
                -weight if stream.uniform() < 0.5 else weight
    parents = [numpy.nonzero(weights[:, v])[0] for v in range(nodes)]
    values = numpy.empty((rows, nodes))
    row = [0.0] * nodes
    for r in range(rows):
        for v in order:
            value = stream.normal()
            for u in parents[v]:
                value += weights[u, v] * row[u]
            row[v] = value
        values[r] = [float("%.6f" % x) for x in row]
    return values


def graph(nodes, degree, seed, rows, standardise):
    values = structure(nodes, degree, seed, rows)
    if standardise:
        values = (values - values.mean(0)) / values.std(0)
    model = DagmaLinear(loss_type="l2")
    weights = model.fit(values, lambda1=0.03)
    numpy.fill_diagonal(weights, 0)
    return {"nodes": nodes, "degree": degree, "seed": seed, "rows": rows,
            "standardise": standardise,
            "edges": [[int(i), int(j), float(weights[i, j])]
                      for i, j in zip(*numpy.nonzero(weights))]}


def point(nodes, mu, s):
    model = DagmaLinear(loss_type="l2")
    values = structure(nodes, 2, 1, 500)
    values = values - values.mean(0)
    model.X, model.lambda1 = values, 0.05
    model.n, model.d = values.shape
    model.Id = numpy.eye(nodes)
    model.cov = values.T @ values / model.n
    random = numpy.random.default_rng(nodes)
    weights = numpy.round(random.uniform(-0.2, 0.2, (nodes, nodes)), 3)
    value, score, h = model._func(weights, mu, s)
    slope = mu * model._score(weights)[1] + model._h(weights, s)[1]
    return {"nodes": nodes, "mu": mu, "s": s, "weights": weights.tolist(),
            "value": float(value), "score": float(score), "h": float(h),
            "slope": slope.tolist()}


def main():
    content = {"points": [point(5, 1.0, 1.0), point(8, 0.1, 0.9)],
               "graphs": [graph(10, 2, 1, 1000, False),
                          graph(10, 4, 1, 1000, False),
                          graph(20, 2, 1, 1000, False),
                          graph(10, 2, 1, 1000, True),
                          graph(20, 2, 1, 1000, True)]}
    with open(os.path.join(HERE, "dagma.json"), "w") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")


main()
