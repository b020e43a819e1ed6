/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A module that answers as its arguments say: auth=N cred=N account=N, or,
 * with step=N, as the program that loaded it says at that moment.
 */
#include <security/pam_modules.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY __attribute__((visibility("default")))

/* The program's, if it has them. */
extern int stub_results[] __attribute__((weak));
extern int stub_ran[] __attribute__((weak));

static int
answer(const char *key, int argc, const char **argv)
{
	size_t length = strlen(key);

	for (int i = 0; i < argc; i++) {
		if (stub_results != NULL && strncmp(argv[i], "step=", 5) == 0) {
			long step = strtol(argv[i] + 5, NULL, 10);

			stub_ran[step] = 1;
			return stub_results[step];
		}
		if (strncmp(argv[i], key, length) == 0)
			return (int)strtol(argv[i] + length, NULL, 10);
	}
	return PAM_SERVICE_ERR;
}

ENTRY int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags;
	return answer("auth=", argc, argv);
}

ENTRY int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags;
	return answer("cred=", argc, argv);
}

ENTRY int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags;
	return answer("account=", argc, argv);
}
