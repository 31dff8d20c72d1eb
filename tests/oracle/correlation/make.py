# SPDX-License-Identifier: Apache-2.0
"""Writes correlation.json: Pearson and Spearman correlations, p-values and
intervals of scipy.stats on generated data. See PROVENANCE.md."""

import json
import os

import numpy
from scipy import stats

HERE = os.path.dirname(os.path.abspath(__file__))


def window(values, i, j, lag):
    rows = len(values)
    x, y = values[:rows - lag, i], values[lag:, j]
    both = ~(numpy.isnan(x) | numpy.isnan(y))
    return x[both], y[both]


def correlate(values, most):
    out = []
    nodes = values.shape[1]
    for lag in range(most + 1):
        for i in range(nodes):
            for j in range(nodes):
                if lag == 0 and i >= j:
                    continue
                x, y = window(values, i, j, lag)
                pearson = stats.pearsonr(x, y)
                interval = pearson.confidence_interval(0.95)
                spearman = stats.spearmanr(x, y)
                out.append([i, j, lag, float(pearson.statistic),
                            float(pearson.pvalue), float(interval.low),
                            float(interval.high), float(spearman.statistic),
                            float(spearman.pvalue)])
    return out


def dataset(seed, rows, nodes, missing):
    random = numpy.random.default_rng(seed)
    values = random.standard_normal((rows, nodes))
    for t in range(1, rows):
        values[t] += 0.3 * values[t - 1]
        values[t, 1] += 0.6 * values[t - 1, 0]
    values[:, 2] = numpy.round(values[:, 2] + 0.5 * values[:, 0])
    values = numpy.round(values, 4)
    values[random.random((rows, nodes)) < missing] = numpy.nan
    return values


def content(seed, rows, nodes, missing, most):
    values = dataset(seed, rows, nodes, missing)
    return {"max_lag": most, "cells": correlate(values, most),
            "values": [[None if numpy.isnan(x) else x for x in row]
                       for row in values.tolist()]}


def main():
    sets = [content(1, 200, 4, 0.0, 3), content(2, 120, 4, 0.1, 2)]
    with open(os.path.join(HERE, "correlation.json"), "w") as file:
        json.dump(sets, file, separators=(",", ":"))
        file.write("\n")


main()
