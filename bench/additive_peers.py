# SPDX-License-Identifier: Apache-2.0
"""CPU seconds and structural Hamming distances of the additive learner and of
its peers, means over seeds, on one core. Started by additive.sh."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time

from peers import give_up

SHAPES = ["linear", "quadratic", "sigmoid", "gaussian", "joint"]
PEERS = ["grandag", "notears-mlp", "resit", "ges"]


try:
    import numpy
except ImportError as error:
    give_up("%s; set CAUS_PYTHON" % error)


def run_caus(program, shape, size, seed):
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        words = [program, shape] + [str(x) for x in size] + [str(seed),
                                                             file.name]
        text = subprocess.run(words, check=True, stdout=subprocess.PIPE,
                              text=True).stdout
        values = numpy.fromfile(file.name)
    return json.loads(text), values.reshape(size[2], size[0])


def grandag(values):
    from castle.algorithms import GraNDAG
    model = GraNDAG(input_dim=values.shape[1], device_type="cpu")
    model.learn(values)
    return numpy.asarray(model.causal_matrix) != 0


def notears_mlp(values):
    import torch
    from castle.algorithms import NotearsNonlinear
    torch.set_default_dtype(torch.float64)
    model = NotearsNonlinear(device_type="cpu")
    model.learn(values)
    torch.set_default_dtype(torch.float32)
    return numpy.asarray(model.causal_matrix) != 0


def resit(values):
    from lingam import RESIT
    from sklearn.ensemble import RandomForestRegressor
    model = RESIT(regressor=RandomForestRegressor(max_depth=4, random_state=0))
    model.fit(values)
    return numpy.asarray(model.adjacency_matrix_).T != 0


def ges(values):
    from causallearn.search.ScoreBased.GES import ges as search
    graph = search(values)["G"].graph  # i --> j: [j, i] = 1 and [i, j] = -1
    return (graph.T == 1) | ((graph == -1) & (graph.T == -1))


FUNCTIONS = {"grandag": grandag, "notears-mlp": notears_mlp, "resit": resit,
             "ges": ges}


def distance(edges, matrix):
    """Pairs whose marks differ; matrix [source, target]; both = undirected."""
    nodes = len(matrix)
    true = numpy.zeros((nodes, nodes), bool)
    for source, target, directed in edges:
        true[source, target] = True
        true[target, source] |= not directed
    return sum(int(true[i, j] != matrix[i, j] or true[j, i] != matrix[j, i])
               for i in range(nodes) for j in range(i))


def run_peer(name, values):
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()), \
            contextlib.redirect_stderr(io.StringIO()):
        matrix = FUNCTIONS[name](values.copy())
    return time.process_time() - start, matrix


def main():
    if len(sys.argv) < 6:
        sys.exit("usage: additive_peers.py BENCH_ADDITIVE NODES EDGES ROWS "
                 "SEEDS [PEER | SHAPE...]")
    program = os.path.abspath(sys.argv[1])
    size, seeds = [int(x) for x in sys.argv[2:5]], int(sys.argv[5])
    peers = [x for x in sys.argv[6:] if x in PEERS] or PEERS
    shapes = [x for x in sys.argv[6:] if x in SHAPES] or SHAPES
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    ran = False
    print("| shape | method | SHD | CPU s | times caus |\n|---|---|---|---|---|")
    for shape in shapes:
        runs = [run_caus(program, shape, size, s + 1) for s in range(seeds)]
        cpu = numpy.mean([r[0]["cpu_s"] for r in runs])
        row(shape, "caus additive", [r[0]["shd"] for r in runs], cpu, cpu)
        row(shape, "caus xges", [r[0]["xges_shd"] for r in runs],
            numpy.mean([r[0]["xges_cpu_s"] for r in runs]), cpu)
        for name in peers:
            try:
                found = [run_peer(name, values) for _, values in runs]
            except ImportError as error:
                print("%s cannot be had: %s" % (name, error))
                continue
            ran = True
            row(shape, name, [distance(runs[k][0]["true"], found[k][1])
                              for k in range(seeds)],
                numpy.mean([f[0] for f in found]), cpu)
    if not ran:
        give_up("no peer could be had")


def row(shape, name, wrong, cpu, ours):
    print("| %s | %s | %.1f | %.4g | %.0f |"
          % (shape, name, numpy.mean(wrong), cpu, cpu / ours))
    sys.stdout.flush()


main()
