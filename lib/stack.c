/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack.h"

#include <stdlib.h>
#include <string.h>

const char *
xs_pam_result_name(int result)
{
	static const char *const names[XS_PAM_RESULTS] = {
	    "success",
	    "open_err",
	    "symbol_err",
	    "service_err",
	    "system_err",
	    "buf_err",
	    "perm_denied",
	    "auth_err",
	    "cred_insufficient",
	    "authinfo_unavail",
	    "user_unknown",
	    "maxtries",
	    "new_authtok_reqd",
	    "acct_expired",
	    "session_err",
	    "cred_unavail",
	    "cred_expired",
	    "cred_err",
	    "no_module_data",
	    "conv_err",
	    "authtok_err",
	    "authtok_recover_err",
	    "authtok_lock_busy",
	    "authtok_disable_aging",
	    "try_again",
	    "ignore",
	    "abort",
	    "authtok_expired",
	    "module_unknown",
	    "bad_item",
	    "conv_again",
	    "incomplete",
	};

	return result >= 0 && result < XS_PAM_RESULTS ? names[result] : "?";
}

const char *
xs_stack_type_name(enum xs_stack_type type)
{
	static const char *const names[XS_STACK_TYPES] = {
	    "auth", "account", "password", "session"};

	return names[type];
}

bool
xs_step_is(const struct xs_step *step, const char *module)
{
	const char *base;
	size_t length = strlen(module);

	if (step->kind != XS_STEP_MODULE)
		return false;
	base = strrchr(step->module, '/');
	base = base == NULL ? step->module : base + 1;
	return strncmp(base, module, length) == 0 &&
	    (base[length] == '\0' || strcmp(base + length, ".so") == 0);
}

static void
free_stack(struct xs_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		free(stack->steps[i].text);
		free(stack->steps[i].argv);
	}
	free(stack->steps);
}

void
xs_service_free(struct xs_service *service)
{
	for (int i = 0; i < XS_STACK_TYPES; i++) {
		free_stack(&service->own[i]);
		free_stack(&service->other[i]);
	}
	for (unsigned i = 0; i < service->files_count; i++)
		free(service->files[i]);
	*service = (struct xs_service){0};
}

const struct xs_stack *
xs_service_stack(const struct xs_service *service, enum xs_stack_type type)
{
	return service->own[type].count > 0 ? &service->own[type]
					    : &service->other[type];
}
