/* SPDX-License-Identifier: Apache-2.0 */
/* What windows and regimes share. */
#ifndef CAUS_SRC_DISCOVERY_WINDOWS_INTERNAL_H
#define CAUS_SRC_DISCOVERY_WINDOWS_INTERNAL_H

#include "caus/windows.h"
#include "discovery/discovery_internal.h"

/* Fails for methods that make their own series. */
caus_status caus_windows_check(const caus_pcmci_options *options,
                               caus_error *err);

#endif
