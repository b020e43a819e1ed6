/* SPDX-License-Identifier: BSD-3-Clause */
/* Who did what to whom: one line a change in the system's log. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "admin.h"
#include "report.h"

void
admin_log(
    const char *word, const char *user, const char *by, const char *format, ...)
{
	char who[XS_LOG_VALUE_MAX], actor[XS_LOG_VALUE_MAX];
	char tail[2 * XS_LOG_VALUE_MAX];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(tail, sizeof tail, format, list);
	va_end(list);
	openlog(admin_program, LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_NOTICE, "%s user=%s by=%s%s%s", word,
	    xs_log_value(user, who), xs_log_value(by, actor),
	    *tail != '\0' ? " " : "", tail);
	closelog();
}
