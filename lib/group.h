/* SPDX-License-Identifier: BSD-3-Clause */
/* Membership of groups, from the system's directory (NSS). */
#ifndef XS_GROUP_H
#define XS_GROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "fault.h"

/*
 * Is the account with that name and primary group a member? A group that
 * does not resolve, or a directory that errs, is XS_E_STATE: nobody may slip
 * out of a group because its server is away. Also XS_E_NOMEM.
 */
int xs_group_has(const char *group, const char *name, gid_t primary,
    bool *member, struct xs_fault *fault) __attribute__((warn_unused_result));

#endif
