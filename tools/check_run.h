/* SPDX-License-Identifier: BSD-3-Clause */
/* Other programs that are asked what they make of their own files. */
#ifndef XS_CHECK_RUN_H
#define XS_CHECK_RUN_H

#include <stdbool.h>

/*
 * Runs a program by its absolute path, with no environment but PATH and
 * LC_ALL=C, and gives what it printed, from malloc. False: it is not there,
 * failed, or took longer than ten seconds.
 */
bool check_run(const char *const *argv, char **ret)
    __attribute__((warn_unused_result));

#endif
