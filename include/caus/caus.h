/* SPDX-License-Identifier: Apache-2.0 */
/* The whole public interface of libcaus. */
#ifndef CAUS_CAUS_H
#define CAUS_CAUS_H

#include "base.h"
#include "config.h"
#include "correlation.h"
#include "csv.h"
#include "dagma.h"
#include "discovery.h"
#include "discrete.h"
#include "events.h"
#include "fci.h"
#include "granger.h"
#include "graph.h"
#include "incident.h"
#include "independence.h"
#include "jpcmciplus.h"
#include "knowledge.h"
#include "lingam.h"
#include "lpcmci.h"
#include "quality.h"
#include "recording.h"
#include "render.h"
#include "run.h"
#include "series.h"
#include "single_test.h"
#include "stability.h"
#include "structure.h"
#include "structure_tests.h"
#include "telemetry.h"
#include "time.h"
#include "trace_evidence.h"
#include "var.h"
#include "windows.h"
#include "world.h"

#endif
