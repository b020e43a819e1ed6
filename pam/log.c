/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include <security/pam_ext.h>

#include "report.h"
#include "session.h"

/* Who: an unknown name may be a password typed in the wrong place. */
static const char *
user_of(const struct xs_session *session, char out[XS_LOG_VALUE_MAX])
{
	if (!session->is_account)
		return "(unknown)";
	return xs_log_value(session->name, out);
}

/* A fault's text stands in quotes, so it holds none. */
static void
copy_unquoted(char *out, size_t size, const char *text)
{
	(void)snprintf(out, size, "%s", text == NULL ? "" : text);
	for (; *out != '\0'; out++)
		if (*out == '"')
			*out = '\'';
}

void
xs_session_report(void *context, const struct xs_report *report)
{
	const struct xs_session *session = context;
	char user[XS_LOG_VALUE_MAX], rhost[XS_LOG_VALUE_MAX], tail[128] = "";
	char what[sizeof(session->fault.text)];
	size_t n = 0;
	struct tm tm;
	time_t until = (time_t)report->until;

	if (report->failures > 0)
		n += (size_t)snprintf(
		    tail, sizeof(tail), " failures=%u", report->failures);
	if (report->until > 0 && gmtime_r(&until, &tm) != NULL)
		(void)strftime(tail + n, sizeof(tail) - n,
		    " until=%Y-%m-%dT%H:%M:%SZ", &tm);
	copy_unquoted(what, sizeof(what), report->what);
	pam_syslog(session->pamh,
	    strcmp(report->word, "refused") == 0 ? LOG_NOTICE : LOG_INFO,
	    "%s user=%s%s%s%s%s%s%s%s%s%s%s%s%s", report->word,
	    user_of(session, user), report->method != NULL ? " method=" : "",
	    report->method != NULL ? report->method : "",
	    report->setting != NULL ? " setting=" : "",
	    report->setting != NULL ? report->setting : "",
	    report->reason != NULL ? " reason=" : "",
	    report->reason != NULL ? report->reason : "", tail,
	    session->rhost[0] != '\0' ? " rhost=" : "",
	    xs_log_value(session->rhost, rhost),
	    what[0] != '\0' ? " what=\"" : "", what,
	    what[0] != '\0' ? "\"" : "");
}

static int
severity_of(int err)
{
	switch (err) {
	case XS_E_STATE:
	case XS_E_MISMATCH:
		return LOG_ALERT;
	case XS_E_NOMEM:
	case XS_E_COMMIT:
	case XS_E_INTERNAL:
		return LOG_CRIT;
	case XS_E_CONV:
		return LOG_NOTICE;
	default:
		return LOG_ERR;
	}
}

void
xs_session_log_error(struct xs_session *session, int err)
{
	char user[XS_LOG_VALUE_MAX], rhost[XS_LOG_VALUE_MAX];
	char what[sizeof(session->fault.text)];
	const char *word = err == XS_E_CONV ? "refused" : "unavailable";

	if (session->config.enforce == XS_ENFORCE_LOG)
		word = "would-refuse";
	copy_unquoted(what, sizeof(what), session->fault.text);
	pam_syslog(session->pamh, severity_of(err),
	    "%s user=%s reason=%s%s%s%s%s%s", word, user_of(session, user),
	    xs_err_word(err), session->rhost[0] != '\0' ? " rhost=" : "",
	    xs_log_value(session->rhost, rhost),
	    what[0] != '\0' ? " what=\"" : "", what,
	    what[0] != '\0' ? "\"" : "");
}
