#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The additive learner on random graphs of several shapes, beside gcastle's
# GraN-DAG and NOTEARS-MLP, lingam's RESIT, causal-learn's GES and the linear
# search of caus, on the same data in the same run.
#
#   additive.sh NODES EDGES ROWS SEEDS [PEER | SHAPE...]
#
#   CAUS_BUILD   the build folder (build/release)
#   CAUS_PYTHON  an interpreter that has what the peers need; a peer that
#                cannot be had is named, without any the exit status is 77
here=$(dirname "$0")
exec "${CAUS_PYTHON:-python3}" "$here/additive_peers.py" \
    "${CAUS_BUILD:-$here/../build/release}/bench/bench_additive" "$@"
