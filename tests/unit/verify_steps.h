/* SPDX-License-Identifier: BSD-3-Clause */
/* The locked steps of verify.h, as tests take them. */
#ifndef TESTS_VERIFY_STEPS_H
#define TESTS_VERIFY_STEPS_H

#include "login_fixture.h"

static inline enum xs_verdict
app(struct fixture *f, const char *code)
{
	struct xs_account account;
	enum xs_verdict verdict = XS_WRONG;

	assert_int_equal(
	    xs_verify_app(&f->verify, code, &account, &verdict), 0);
	return verdict;
}

static inline enum xs_verdict
backup(struct fixture *f, const char *code, struct xs_successor *successor)
{
	struct xs_account account;
	enum xs_verdict verdict = XS_WRONG;

	assert_int_equal(
	    xs_verify_backup(&f->verify, code, &account, successor, &verdict),
	    0);
	return verdict;
}

static inline enum xs_verdict
confirm(struct fixture *f, const struct xs_successor *successor)
{
	struct xs_account account;
	enum xs_verdict verdict = XS_WRONG;

	assert_int_equal(
	    xs_verify_confirm(&f->verify, successor, &account, &verdict), 0);
	return verdict;
}

#endif
