# SPDX-License-Identifier: Apache-2.0
"""Writes direct.json, known.json and var.json: what lingam and statsmodels say.
Columns of direct.json and known.json are those of tests/oracle/structure/sem.py; those of
var.json are in the file. See PROVENANCE.md."""

import json
import os
import sys
import warnings

import lingam
import numpy
from statsmodels.tsa.api import VAR

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "structure"))
from sem import Stream, structure  # noqa: E402


def direct(nodes, degree, seed, rows):
    values, _ = structure(nodes, degree, seed, rows, Stream.even)
    model = lingam.DirectLiNGAM()
    return {"nodes": nodes, "degree": degree, "seed": seed, "rows": rows,
            **learned(model, values)}


def known(nodes, tier_count, required, seed, rows):
    """Tiers drawn without a look at the truth, and true links required."""
    values, weights = structure(nodes, 3, seed, rows, Stream.even)
    random = numpy.random.default_rng(seed)
    tiers = random.integers(0, tier_count, nodes)
    prior = numpy.full((nodes, nodes), -1)
    for i in range(nodes):
        for j in range(nodes):
            if tiers[j] > tiers[i]:
                prior[i, j] = 0
    links = [(int(j), int(i)) for j, i in zip(*numpy.nonzero(weights))
             if tiers[j] <= tiers[i]]
    links = [links[k] for k in sorted(random.permutation(len(links))[:required])]
    for j, i in links:
        prior[i, j] = 1
    model = lingam.DirectLiNGAM(prior_knowledge=prior,
                                apply_prior_knowledge_softly=True)
    found = learned(model, values)
    for j, i in links:
        assert any(e[0] == j and e[1] == i for e in found["edges"])
    return {"nodes": nodes, "degree": 3, "seed": seed, "rows": rows,
            "tiers": [int(t) for t in tiers], "required": links, **found}


def learned(model, values):
    model.fit(values)
    matrix = model.adjacency_matrix_
    return {"order": [int(v) for v in model.causal_order_],
            "edges": [[int(j), int(i), float(matrix[i, j])]
                      for i, j in zip(*numpy.nonzero(matrix))]}


def lagged(seed, rows, nodes, lags):
    random = numpy.random.default_rng(seed)
    noise = random.laplace(size=(rows + 100, nodes))
    now = numpy.zeros((nodes, nodes))
    for i in range(1, nodes):
        now[i, random.integers(0, i)] = random.choice([-0.8, 0.6])
    solve = numpy.linalg.inv(numpy.eye(nodes) - now)
    past = [random.uniform(-0.4, 0.4, (nodes, nodes)) *
            (random.random((nodes, nodes)) < 0.4) / (k + 1)
            for k in range(lags)]
    values = numpy.zeros((rows + 100, nodes))
    for t in range(lags, rows + 100):
        drive = noise[t] + 0.3
        for k in range(lags):
            drive = drive + past[k] @ values[t - 1 - k]
        values[t] = solve @ drive
    return numpy.round(values[100:], 6)


def autoregression(values, most):
    chosen = {}
    selection = VAR(values).select_order(most, trend="c")
    for name in ("aic", "bic", "hqic"):
        chosen[name] = {"order": int(getattr(selection, name)),
                        "scores": [float(x) for x in selection.ics[name]]}
    fits = []
    for order in (1, 2, most):
        fit = VAR(values).fit(order, trend="c")
        model = lingam.VARLiNGAM(ar_coefs=fit.coefs, prune=True)
        model.fit(values)
        fits.append({
            "order": order, "coefs": fit.coefs.tolist(),
            "intercept": fit.intercept.tolist(),
            "covariance": fit.sigma_u.tolist(),
            "causal_order": [int(v) for v in model.causal_order_],
            "matrices": model.adjacency_matrices_.tolist()})
    return {"values": values.tolist(), "max_lag": most, "chosen": chosen,
            "fits": fits}


def write(name, content):
    with open(os.path.join(HERE, name), "w") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")


def main():
    warnings.simplefilter("ignore")
    write("direct.json", [direct(10, 2, 1, 1000), direct(10, 4, 3, 200),
                          direct(20, 2, 1, 1000), direct(20, 4, 2, 500),
                          direct(50, 2, 1, 1000)])
    write("known.json", [known(6, 2, 2, 1, 400), known(8, 3, 0, 2, 600),
                         known(10, 1, 6, 3, 500), known(12, 4, 3, 4, 400),
                         known(10, 10, 0, 5, 300), known(20, 3, 8, 6, 800)])
    write("var.json", [autoregression(lagged(1, 400, 4, 2), 4),
                       autoregression(lagged(2, 250, 6, 1), 3)])


main()
