/* SPDX-License-Identifier: BSD-3-Clause */
/* A module that answers as its arguments say: auth=N cred=N account=N. */
#include <security/pam_modules.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY __attribute__((visibility("default")))

static int
answer(const char *key, int argc, const char **argv)
{
	size_t length = strlen(key);

	for (int i = 0; i < argc; i++) {
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
