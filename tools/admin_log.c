/* SPDX-License-Identifier: BSD-3-Clause */
/* Who did what to whom: one line a change in the system's log. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "admin.h"

/* Printable ASCII but space, quote, backslash, '='; the rest as \xHH. */
const char *
admin_log_escape(const char *value, char out[ADMIN_LOG_VALUE_MAX])
{
	size_t n = 0;

	for (; *value != '\0' && n + 8 < ADMIN_LOG_VALUE_MAX; value++) {
		unsigned char c = (unsigned char)*value;

		if (c > 0x20 && c < 0x7f && strchr("\"\\=", c) == NULL)
			out[n++] = (char)c;
		else
			n += (size_t)snprintf(out + n, 5, "\\x%02x", c);
	}
	if (*value != '\0')
		n += (size_t)snprintf(out + n, 4, "...");
	out[n] = '\0';
	return out;
}

void
admin_log(
    const char *word, const char *user, const char *by, const char *format, ...)
{
	char who[ADMIN_LOG_VALUE_MAX], actor[ADMIN_LOG_VALUE_MAX];
	char tail[2 * ADMIN_LOG_VALUE_MAX];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(tail, sizeof tail, format, list);
	va_end(list);
	openlog(admin_program, LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_NOTICE, "%s user=%s by=%s%s%s", word,
	    admin_log_escape(user, who), admin_log_escape(by, actor),
	    *tail != '\0' ? " " : "", tail);
	closelog();
}
