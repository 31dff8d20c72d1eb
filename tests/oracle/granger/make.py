# SPDX-License-Identifier: Apache-2.0
"""Writes granger.json: what statsmodels says of the data sets in
tests/oracle/lingam/var.json. See PROVENANCE.md."""

import json
import os
import warnings

import numpy
from scipy import stats
from statsmodels.tsa.api import VAR
from statsmodels.tsa.stattools import grangercausalitytests

HERE = os.path.dirname(os.path.abspath(__file__))


def conditional(values, lag):
    fit = VAR(values).fit(lag, trend="c")
    rows = []
    for source in range(values.shape[1]):
        for target in range(values.shape[1]):
            if source == target:
                continue
            test = fit.test_causality([target], [source], kind="f")
            f = float(test.test_statistic)
            # the exact distribution of one equation; VAR takes that of all
            p = float(stats.f.sf(f, lag, fit.df_resid))
            rows.append([source, target, f, p])
    return rows


def pairwise(values, lag):
    rows = []
    for source in range(values.shape[1]):
        for target in range(values.shape[1]):
            if source == target:
                continue
            tests = grangercausalitytests(values[:, [target, source]], [lag])
            f, p, _, _ = tests[lag][0]["ssr_ftest"]
            chi, chi_p, _ = tests[lag][0]["ssr_chi2test"]
            rows.append([source, target, float(f), float(p), float(chi),
                         float(chi_p)])
    return rows


def pair_lags(values, most):
    return [[i, j, chosen(values[:, [i, j]], most)]
        for i in range(values.shape[1]) for j in range(i)]


def chosen(values, most):
    scores = VAR(values).select_order(most, trend="c").ics["bic"]
    return 1 + int(numpy.argmin(scores[1:]))


def main():
    warnings.simplefilter("ignore")
    with open(os.path.join(HERE, "../lingam/var.json")) as file:
        sets = json.load(file)
    out = []
    for content in sets:
        values = numpy.array(content["values"])
        most = content["max_lag"]
        out.append({"lags": [{"lag": lag,
                              "conditional": conditional(values, lag),
                              "pairwise": pairwise(values, lag)}
                             for lag in (1, most)],
                    "pair_lags": pair_lags(values, most)})
    with open(os.path.join(HERE, "granger.json"), "w") as file:
        json.dump(out, file, separators=(",", ":"))
        file.write("\n")


main()
