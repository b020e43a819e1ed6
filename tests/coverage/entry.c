/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The entry points of a module that counts what it runs. The process that
 * sshd asks its questions from leaves by _exit, and what it counted would be
 * lost: here it is written at the end of every call.
 */
#include <pthread.h>

#include <security/pam_modules.h>

#define ENTRY __attribute__((visibility("default")))

void __gcov_dump(void);
void __gcov_reset(void);

static void
write_counts(void)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

	(void)pthread_mutex_lock(&one);
	__gcov_dump();
	/* What comes later is added to it. */
	__gcov_reset();
	(void)pthread_mutex_unlock(&one);
}

/* The Makefile gives the module's own the names on the right. */
#define COUNTED(name, counted)                                          \
	int counted(pam_handle_t *, int, int, const char **);           \
	ENTRY int name(                                                 \
	    pam_handle_t *pamh, int flags, int argc, const char **argv) \
	{                                                               \
		int result = counted(pamh, flags, argc, argv);          \
                                                                        \
		write_counts();                                         \
		return result;                                          \
	}

COUNTED(pam_sm_authenticate, xs_sm_authenticate)
COUNTED(pam_sm_setcred, xs_sm_setcred)
COUNTED(pam_sm_acct_mgmt, xs_sm_acct_mgmt)
COUNTED(pam_sm_chauthtok, xs_sm_chauthtok)
COUNTED(pam_sm_open_session, xs_sm_open_session)
COUNTED(pam_sm_close_session, xs_sm_close_session)
