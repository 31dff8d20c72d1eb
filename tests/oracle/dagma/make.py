# SPDX-License-Identifier: Apache-2.0
"""Writes dagma.json: graphs of dagma.linear.DagmaLinear, and its objective and
gradient at given weights. Data are those of tests/oracle/structure/sem.c. See
PROVENANCE.md."""

import json
import os
import sys

import numpy
from dagma.linear import DagmaLinear

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "structure"))
from sem import Stream, structure  # noqa: E402


def graph(nodes, degree, seed, rows, standardise):
    values, _ = structure(nodes, degree, seed, rows, Stream.normal)
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
    values, _ = structure(nodes, 2, 1, 500, Stream.normal)
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
