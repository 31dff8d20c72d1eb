# SPDX-License-Identifier: Apache-2.0
"""Writes notears.json: the augmented Lagrangian of NOTEARS and its slope at given
weights by scipy's matrix exponential, and graphs by scipy's L-BFGS-B on W split
into two non-negative parts, as published. See PROVENANCE.md."""

import json
import os
import sys

import numpy
from scipy.linalg import expm
from scipy.optimize import minimize

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "structure"))
from sem import Stream, structure  # noqa: E402

PENALTY, LEAST = 0.1, 0.3


class Problem:
    def __init__(self, values):
        values = values - values.mean(0)
        self.count = values.shape[1]
        self.covariance = values.T @ values / len(values)
        self.multiplier, self.price = 0.0, 1.0

    def acyclicity(self, weights):
        return numpy.trace(expm(weights * weights)) - self.count

    def value(self, weights):
        rest = numpy.eye(self.count) - weights
        product = self.covariance @ rest
        power = expm(weights * weights)
        h = numpy.trace(power) - self.count
        slope = 2 * (self.multiplier + self.price * h) * power.T * weights \
            - product
        numpy.fill_diagonal(slope, 0)
        return (rest * product).sum() / 2 + self.multiplier * h \
            + self.price * h * h / 2, slope

    def join(self, parts):
        both = parts.reshape(2, self.count, self.count)
        return both[0] - both[1]

    def both(self, parts):
        value, slope = self.value(self.join(parts))
        return value + PENALTY * parts.sum(), numpy.concatenate(
            [(slope + PENALTY).ravel(), (PENALTY - slope).ravel()])

    def solve(self):
        n = self.count
        bounds = [(0, 0) if i == j else (0, None)
                  for _ in range(2) for i in range(n) for j in range(n)]
        parts, before = numpy.zeros(2 * n * n), numpy.inf
        for _ in range(100):
            while True:
                made = minimize(self.both, parts, jac=True, bounds=bounds,
                                method="L-BFGS-B",
                                options={"ftol": 1e-12, "gtol": 1e-8,
                                         "maxiter": 15000, "maxfun": 50000})
                h = self.acyclicity(self.join(made.x))
                if h <= 0.25 * before or self.price >= 1e16:
                    break
                self.price *= 10
            parts, before = made.x, h
            self.multiplier += self.price * h
            if h <= 1e-8 or self.price >= 1e16:
                break
        return self.join(parts)


def graph(nodes, degree, seed, rows):
    weights = Problem(structure(nodes, degree, seed, rows, Stream.normal)[0]).solve()
    return {"nodes": nodes, "degree": degree, "seed": seed, "rows": rows,
            "edges": [[int(i), int(j), float(weights[i, j])] for i, j in
                      zip(*numpy.nonzero(abs(weights) >= LEAST))]}


def point(nodes, multiplier, price, size):
    problem = Problem(structure(nodes, 2, 1, 500, Stream.normal)[0])
    random = numpy.random.default_rng(nodes)
    weights = numpy.round(random.uniform(-size, size, (nodes, nodes)), 3)
    numpy.fill_diagonal(weights, 0)
    problem.multiplier, problem.price = multiplier, price
    value, slope = problem.value(weights)
    return {"nodes": nodes, "multiplier": multiplier, "price": price,
            "weights": weights.tolist(), "value": float(value),
            "h": float(problem.acyclicity(weights)), "slope": slope.tolist()}


def main():
    content = {"points": [point(5, 0.5, 2.0, 0.3), point(8, 0.1, 10.0, 0.9)],
               "graphs": [graph(10, 2, 1, 1000), graph(10, 2, 2, 1000),
                          graph(10, 2, 3, 1000), graph(10, 4, 1, 1000),
                          graph(20, 2, 1, 1000)]}
    with open(os.path.join(HERE, "notears.json"), "w") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")


main()
