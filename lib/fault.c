/* SPDX-License-Identifier: BSD-3-Clause */
#include "fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
xs_fault_set(struct xs_fault *fault, int err, const char *format, ...)
{
	/* Apart from the fault, whose own text may be among the arguments. */
	struct xs_fault made;
	char *text = made.text;
	int saved = errno;
	va_list ap;

	if (fault == NULL)
		return err;
	va_start(ap, format);
	if (vsnprintf(text, sizeof(made.text), format, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	/* Paths and names come from outside; a log line must stay a line. */
	for (char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
	memcpy(fault->text, text, strlen(text) + 1);
	errno = saved;
	return err;
}

const char *
xs_err_word(int err)
{
	switch (err) {
	case XS_OK:
		return "ok";
	case XS_E_NOMEM:
		return "memory";
	case XS_E_CONV:
		return "conversation";
	case XS_E_CONFIG:
		return "config";
	case XS_E_NORECORD:
		return "no-record";
	case XS_E_EXISTS:
		return "exists";
	case XS_E_STATE:
		return "state";
	case XS_E_MISMATCH:
		return "mismatch";
	case XS_E_COMMIT:
		return "commit";
	case XS_E_BUSY:
		return "busy";
	case XS_E_INVALID:
		return "invalid";
	case XS_E_NOTSUP:
		return "unsupported";
	case XS_E_PROGRAM:
		return "program";
	default:
		return "internal";
	}
}
