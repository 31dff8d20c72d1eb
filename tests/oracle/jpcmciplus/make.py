#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes jpcmciplus.json by running tigramite's J-PCMCI+ as a black box."""
import json
import sys

import numpy as np
import tigramite.data_processing as pp
from tigramite.independence_tests.parcorr_mult import ParCorrMult
from tigramite.jpcmciplus import JPCMCIplus

MISSING = 999.0


def simulate(seed, environments, rows, strength=1.0, lengths=None):
    """Three system variables, a time and a space context, and one of each
    that nobody measures. Environments start at their own offsets."""
    rng = np.random.default_rng(seed)
    warm = 30
    total = warm + rows + environments
    clock = rng.standard_normal(total)
    hidden_clock = rng.standard_normal(total)
    place = rng.standard_normal(environments)
    hidden_place = rng.standard_normal(environments)
    on = rng.random(6) < 0.6
    data, offsets = [], []
    for m in range(environments):
        offset = m if lengths else 0
        length = lengths[m] if lengths else rows
        end = warm + offset + length
        x = np.zeros((end, 3))
        noise = rng.standard_normal((end, 3))
        for t in range(2, end):
            x[t, 0] = (0.3 * x[t - 1, 0] + 0.6 * on[0] * clock[t]
                       + strength * on[1] * hidden_clock[t - 1] + noise[t, 0]
                       + strength * 0.8 * on[2] * hidden_place[m])
            x[t, 1] = (0.4 * x[t - 1, 1] + 0.5 * clock[t - 1]
                       + 0.5 * on[3] * x[t, 0] + noise[t, 1]
                       + strength * 0.8 * on[4] * hidden_place[m])
            x[t, 2] = (0.3 * x[t - 1, 2] - 0.5 * on[5] * x[t - 2, 1]
                       + strength * hidden_clock[t - 1] + 0.7 * place[m]
                       + noise[t, 2])
        first = warm + offset
        data.append(np.column_stack([x[first:], clock[first:end],
                                     np.full(length, place[m])]).round(5))
        offsets.append(offset)
    return data, offsets


def run(data, offsets, columns, time_dummy, space_dummy, missing, params):
    roles = ["system"] * 3 + ["time_context", "space_context"]
    roles = [roles[c] for c in columns]
    last = max(o + len(d) for o, d in zip(offsets, data))
    vectors = {k: [(k, 0)] for k in range(len(columns))}
    width = len(columns)
    parts = {}
    for m, (d, o) in enumerate(zip(data, offsets)):
        parts[m] = [d[:, columns]]
    for is_time, wanted in ((True, time_dummy), (False, space_dummy)):
        if not wanted:
            continue
        count = last if is_time else len(data)
        vectors[len(vectors)] = [(width + k, 0) for k in range(count)]
        roles.append("time_dummy" if is_time else "space_dummy")
        width += count
        for m, (d, o) in enumerate(zip(data, offsets)):
            one = (np.eye(last)[o:o + len(d)] if is_time
                   else np.tile(np.eye(len(data))[m], (len(d), 1)))
            parts[m].append(one)
    frame = pp.DataFrame(
        data={m: np.column_stack(p) for m, p in parts.items()},
        vector_vars=vectors, analysis_mode="multiple",
        time_offsets=dict(enumerate(offsets)),
        missing_flag=MISSING if missing else None)
    search = JPCMCIplus(dataframe=frame, cond_ind_test=ParCorrMult(),
                        node_classification=dict(enumerate(roles)))
    return roles, search.run_jpcmciplus(**params)


def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.item() if hasattr(value, "item") else value


def digits(matrix):
    return [[[float("%.10g" % v) for v in lags] for lags in row]
            for row in matrix]


def main():
    datasets, cases, skipped = {}, [], []
    base = dict(tau_min=0, tau_max=2, pc_alpha=0.05)
    kinds = [
        ("observed", [0, 1, 2, 3, 4], True, True, {}),
        ("hidden", [0, 1, 2], True, True, {}),
        ("no_dummies", [0, 1, 2, 3, 4], False, False, {}),
        ("space_dummy", [0, 1, 2, 3], False, True, {}),
        ("time_dummy", [0, 1, 2, 4], True, False, {}),
        ("strict", [0, 1, 2, 3, 4], True, True, {"pc_alpha": 0.01}),
        ("conservative", [0, 1, 2, 4], True, True,
         {"contemp_collider_rule": "conservative"}),
        ("no_conflict", [0, 1, 2], True, True,
         {"conflict_resolution": False, "pc_alpha": 0.2}),
        ("reset", [0, 1, 2, 3, 4], True, True, {"reset_lagged_links": True}),
        ("small_sets", [0, 1, 2, 3, 4], True, True, {"max_conds_dim": 1}),
        ("combinations", [0, 1, 2, 3, 4], True, True,
         {"max_combinations": 3}),
    ]
    for d, (seed, environments, rows, strength) in enumerate(
            [(1, 5, 40, 1.0), (2, 8, 30, 0.5), (3, 4, 60, 2.0), (4, 6, 36, 1.0),
             (5, 10, 24, 1.5)]):
        lengths = None
        missing = d == 4
        if d == 3:
            lengths = [36, 30, 36, 25, 33, 36]
        data, offsets = simulate(seed, environments, rows, strength, lengths)
        if missing:
            rng = np.random.default_rng(100 + seed)
            for part in data:
                part[:, :3][rng.random((len(part), 3)) < 0.03] = MISSING
        name = "set%d" % seed
        datasets[name] = {"offsets": offsets,
                          "rows": [part.tolist() for part in data]}
        for kind, columns, time_dummy, space_dummy, extra in kinds:
            params = dict(base, **extra)
            try:
                roles, found = run(data, offsets, columns, time_dummy,
                                   space_dummy, missing, params)
            except ValueError as error:
                skipped.append((name, kind, str(error)))
                continue
            cases.append(dict(
                params, name=name + "_" + kind, data=name, columns=columns,
                roles=roles,
                graph=found["graph"].tolist(),
                val_matrix=digits(found["val_matrix"]),
                p_matrix=digits(found["p_matrix"]),
                ambiguous_triples=plain(found["ambiguous_triples"])))
    print("skipped:", skipped, file=sys.stderr)
    print(len(cases), "cases", file=sys.stderr)
    with open(sys.argv[1], "w") as out:
        json.dump({"missing": MISSING, "datasets": datasets, "cases": cases},
                  out, separators=(",", ":"))


main()
