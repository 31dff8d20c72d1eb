/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAUS_SRC_PROGRAM_PROGRAM_INTERNAL_H
#define CAUS_SRC_PROGRAM_PROGRAM_INTERNAL_H

#include "program.h"

#endif
