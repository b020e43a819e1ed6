/* SPDX-License-Identifier: BSD-3-Clause */
/* Stacks whose account line leads people to set up their second step. */
#ifndef TESTS_MODULE_ENROL_STACK_H
#define TESTS_MODULE_ENROL_STACK_H

#include "tests/module/phases.h"

#define ENROL " not_enrolled=enrol enrol_services=service "

/* Our lines with these options in front of pam_permit. */
static inline void
begin_with(struct phases *phases, struct world *world, const char *password,
    const char *auth, const char *account)
{
	char stack[4096];

	(void)snprintf(stack, sizeof(stack),
	    "%sauth required %%s %s\nauth required pam_permit.so\n"
	    "account required %%s %s\naccount required pam_permit.so\n",
	    password, auth, account);
	phases_begin(phases, world, stack);
}

static inline void
begin(struct phases *phases, struct world *world, const char *options)
{
	char all[1024];

	(void)snprintf(all, sizeof(all), ENROL "%s", options);
	begin_with(phases, world, "", all, all);
}

/* Until that day it can be put off. */
static inline void
begin_until(
    struct phases *phases, struct world *world, int days, const char *options)
{
	char all[512];

	(void)snprintf(
	    all, sizeof(all), "enrol_by=%s %s", day_from_now(days), options);
	begin(phases, world, all);
}

#endif
