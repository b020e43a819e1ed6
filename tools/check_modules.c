/* SPDX-License-Identifier: BSD-3-Clause */
/* The modules that a stack may name: what they are, what they can answer. */
#include "check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef XS_PAM_DIR
#define XS_PAM_DIR "/usr/lib/security"
#endif

#define BIT(result) (1U << (result))
#define ALL (BIT(XS_PAM_INCOMPLETE) - 1)
#define YES BIT(XS_PAM_SUCCESS)
#define IGNORE BIT(XS_PAM_IGNORE)
#define NO (ALL & ~YES & ~IGNORE & ~BIT(XS_PAM_NEW_AUTHTOK_REQD))

/*
 * What authenticate of each can give. A module that is not here can give
 * anything: the check may then warn of what never happens, and misses
 * nothing.
 */
static const struct check_module modules[] = {
    {"pam_xsuite", CHECK_OURS, YES | IGNORE | NO},

    {"pam_unix", CHECK_PASSWORD, YES | NO},
    {"pam_sss", CHECK_PASSWORD, YES | IGNORE | NO},
    {"pam_ldap", CHECK_PASSWORD, YES | IGNORE | NO},
    {"pam_krb5", CHECK_PASSWORD, YES | IGNORE | NO},
    {"pam_winbind", CHECK_PASSWORD, YES | IGNORE | NO},
    {"pam_userdb", CHECK_PASSWORD, YES | IGNORE | NO},
    {"pam_pwdfile", CHECK_PASSWORD, YES | NO},
    {"pam_radius_auth", CHECK_PASSWORD, YES | IGNORE | NO},
    {"pam_tacplus", CHECK_PASSWORD, YES | IGNORE | NO},
    {"pam_himmelblau", CHECK_PASSWORD, YES | IGNORE | NO},
    {"pam_systemd_home", CHECK_PASSWORD, YES | IGNORE | NO},
    {"pam_extrausers", CHECK_PASSWORD, YES | NO},
    {"pam_fprintd", CHECK_PASSWORD, YES | IGNORE | NO},
    {"pam_pkcs11", CHECK_PASSWORD, YES | IGNORE | NO},

    {"pam_rootok", CHECK_ROOTOK, YES | NO},

    {"pam_succeed_if", CHECK_CONDITION, YES | IGNORE | NO},
    {"pam_access", CHECK_CONDITION, YES | IGNORE | NO},
    {"pam_listfile", CHECK_CONDITION, YES | IGNORE | NO},
    {"pam_localuser", CHECK_CONDITION, YES | NO},
    {"pam_wheel", CHECK_CONDITION, YES | IGNORE | NO},
    {"pam_time", CHECK_CONDITION, YES | IGNORE | NO},
    {"pam_usertype", CHECK_CONDITION, YES | NO},
    {"pam_shells", CHECK_CONDITION, YES | IGNORE | NO},
    {"pam_securetty", CHECK_CONDITION, YES | IGNORE | NO},
    {"pam_nologin", CHECK_CONDITION, YES | IGNORE | NO},
    {"pam_issue", CHECK_SETUP, IGNORE | NO},

    {"pam_permit", CHECK_SETUP, YES},
    {"pam_deny", CHECK_SETUP, NO},
    {"pam_faildelay", CHECK_SETUP, IGNORE | NO},
    {"pam_env", CHECK_SETUP, IGNORE | NO},
    {"pam_group", CHECK_SETUP, IGNORE | NO},
    {"pam_warn", CHECK_SETUP, IGNORE},
    {"pam_echo", CHECK_SETUP, IGNORE | NO},
    {"pam_mail", CHECK_SETUP, IGNORE | NO},
    {"pam_keyinit", CHECK_SETUP, YES | IGNORE | NO},
    {"pam_faillock", CHECK_SETUP, YES | IGNORE | NO},
    {"pam_tally2", CHECK_SETUP, YES | IGNORE | NO},
    {"pam_cap", CHECK_SETUP, YES | IGNORE | NO},
    {"pam_mount", CHECK_SETUP, YES | IGNORE | NO},
    {"pam_gnome_keyring", CHECK_SETUP, YES | IGNORE | NO},
    {"pam_ecryptfs", CHECK_SETUP, YES | IGNORE | NO},
    {"pam_selinux", CHECK_SETUP, YES | IGNORE | NO},
};

static const struct check_module unknown = {"", CHECK_UNKNOWN, ALL};

const struct check_module *
check_module_of(const struct xs_step *step)
{
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		if (xs_step_is(step, modules[i].name))
			return &modules[i];
	}
	return &unknown;
}

bool
check_module_is_there(const struct xs_step *step)
{
	/* Debian's libpam looks in its own directory and in that of old. */
	static const char *const dirs[] = {XS_PAM_DIR, "/lib/security"};
	char path[4096];

	if (step->module[0] == '/')
		return access(step->module, R_OK) == 0;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		(void)snprintf(
		    path, sizeof(path), "%s/%s", dirs[i], step->module);
		if (access(path, R_OK) == 0)
			return true;
	}
	return false;
}
