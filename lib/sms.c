/* SPDX-License-Identifier: BSD-3-Clause */
#include "sms.h"

#include <string.h>

#include "child.h"
#include "phone.h"

static int
send_text(
    void *context, const char *number, const char *text, struct xs_fault *fault)
{
	const struct xs_config *config = context;
	const char *const argv[] = {config->sms_command, number, NULL};
	const struct xs_child child = {.argv = argv,
	    .user = config->sms_user,
	    .text = text,
	    .length = strlen(text),
	    .timeout_ms = config->sms_timeout * 1000};

	/* It stands on a command line. The number itself is not logged. */
	if (!xs_phone_ok(number))
		return xs_fault_set(
		    fault, XS_E_INVALID, "sms: the number is not one");
	if (config->sms_command[0] == '\0')
		return xs_fault_set(
		    fault, XS_E_PROGRAM, "sms_command: there is none");
	return xs_child_run(&child, fault);
}

struct xs_sender
xs_sms_sender(const struct xs_config *config)
{
	struct xs_sender sender = {.send = send_text};

	/* The context is handed back as it was given: const. */
	memcpy(&sender.context, &config, sizeof(sender.context));
	return sender;
}

bool
xs_sms_is_offered(const struct xs_config *config)
{
	return config->sms_command[0] != '\0' &&
	    (config->sms_allow[0] != '\0' || config->country_code[0] != '\0');
}
