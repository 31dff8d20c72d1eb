/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka behind one header: it needs these four includes in this order. */
#ifndef CAUS_TESTS_TEST_H
#define CAUS_TESTS_TEST_H
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#endif
