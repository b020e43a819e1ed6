/* SPDX-License-Identifier: BSD-3-Clause */
/* Notices of what an administrator or the helpdesk did. */
#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "notice.h"
#include "report.h"
#include "verify.h"

struct telling {
	const char *user;
	char by[XS_BY_MAX];
	bool failed;
};

static void
log_notice(void *context, const struct xs_report *report)
{
	struct telling *telling = context;
	char what[XS_LOG_VALUE_MAX];

	if (report->what == NULL) {
		admin_log(report->word, telling->user, telling->by, "reason=%s",
		    report->reason);
		return;
	}
	telling->failed = true;
	admin_log(report->word, telling->user, telling->by, "reason=%s what=%s",
	    report->reason, xs_log_value(report->what, what));
	admin_say("%s could not be told now: %s", telling->user, report->what);
}

bool
admin_tell(struct admin *admin, const struct xs_identity *who)
{
	const struct xs_notifier notifier = xs_notice_notifier(&admin->config);
	struct telling telling = {.user = who->name};
	struct xs_verify verify = {.store = &admin->store,
	    .config = &admin->config,
	    .env = &xs_env_system,
	    .who = *who,
	    .untold = true};

	if (!xs_notice_is_offered(&admin->config))
		return true;
	/* What was asked for is there before anybody waits. */
	(void)fflush(stdout);
	admin_actor(telling.by);
	xs_notice_tell(&verify, &notifier, log_notice, &telling);
	return !telling.failed;
}

void
admin_tell_removed(struct admin *admin, struct xs_account *account)
{
	const struct xs_notifier notifier = xs_notice_notifier(&admin->config);
	struct telling telling = {.user = account->name};

	if (!xs_notice_is_offered(&admin->config))
		return;
	(void)fflush(stdout);
	admin_actor(telling.by);
	xs_account_event(account, xs_env_system.now(xs_env_system.context),
	    "removed", "", telling.by);
	xs_store_rest(&admin->store);
	xs_notice_tell_event(account, &account->events[0], &notifier,
	    admin->config.language, log_notice, &telling);
}
