/* SPDX-License-Identifier: BSD-3-Clause */
/* One user's second factors as an administrator reads them. */
#include <stdio.h>
#include <string.h>

#include "admin_view.h"
#include "mail.h"

static const char *const side_names[XS_SIDES] = {"own", "other"};

/* When the method may be tried again from that side; 0: now. */
static int64_t
waiting_until(
    const struct admin_view *view, enum xs_method method, enum xs_side side)
{
	int64_t until = 0;

	return xs_throttle_gate(&view->account, view->throttle, method, side,
		   view->now, &until) == XS_GATE_WAITING
	    ? until
	    : 0;
}

static unsigned
failures(const struct admin_view *view, enum xs_method method)
{
	const struct xs_side_count *side = view->account.methods[method].side;

	return side[XS_OWN].failures + side[XS_OTHER].failures;
}

static unsigned
budget_left(const struct admin_view *view, enum xs_side side)
{
	unsigned all = view->throttle->budget[side];
	unsigned spent = view->account.budgets[side].spent;

	return spent < all ? all - spent : 0;
}

/* The method that the first prompt asks for; -1: none is set up. */
static int
first_method(const struct xs_account *account)
{
	if (account->default_method >= 0 &&
	    xs_account_has(account, account->default_method))
		return account->default_method;
	for (int method = 0; method < XS_METHODS; method++) {
		if (xs_account_has(account, method))
			return method;
	}
	return -1;
}

static void
add_gate(
    json_object *object, const struct admin_view *view, enum xs_method method)
{
	json_object *wait = json_object_new_object();

	admin_json_number(object, "failures", failures(view, method));
	admin_json_bool(
	    object, "disabled", view->account.methods[method].disabled);
	for (int side = 0; side < XS_SIDES; side++)
		admin_json_time(
		    wait, side_names[side], waiting_until(view, method, side));
	json_object_object_add(object, "waiting_until", wait);
}

static json_object *
app_json(const struct admin_view *view)
{
	const struct xs_app *app = &view->account.app;
	json_object *object;

	if (!xs_account_has(&view->account, XS_APP))
		return NULL;
	object = json_object_new_object();
	admin_json_time(object, "enrolled", app->made.time);
	admin_json_text(object, "by", app->made.by);
	admin_json_number(object, "digits", app->totp.digits);
	admin_json_number(object, "period", app->totp.period);
	admin_json_text(
	    object, "algorithm", xs_totp_algorithm_name(app->totp.algorithm));
	add_gate(object, view, XS_APP);
	return object;
}

static json_object *
sms_json(const struct admin_view *view)
{
	json_object *object;

	if (!xs_account_has(&view->account, XS_SMS))
		return NULL;
	object = json_object_new_object();
	admin_json_time(object, "enrolled", view->account.phone.made.time);
	admin_json_text(object, "by", view->account.phone.made.by);
	add_gate(object, view, XS_SMS);
	return object;
}

/* The own codes; where there are none, the helpdesk's. */
static json_object *
backup_json(const struct admin_view *view)
{
	const struct xs_backup *backup = &view->account.backup;
	const struct xs_helpdesk_code *helpdesk = &backup->helpdesk;
	bool own = backup->count > 0;
	const struct xs_made *made = own ? &backup->made : &helpdesk->made;
	json_object *object;

	if (!own && !helpdesk->set)
		return NULL;
	object = json_object_new_object();
	admin_json_time(object, "issued", made->time);
	admin_json_text(object, "by", made->by);
	admin_json_time(object, "expires", own ? 0 : helpdesk->expires);
	admin_json_number(object, "left", own ? backup->count : 1);
	add_gate(object, view, XS_BACKUP);
	return object;
}

/* The helpdesk's code, beside own ones or alone. */
static json_object *
helpdesk_json(const struct admin_view *view)
{
	const struct xs_helpdesk_code *helpdesk =
	    &view->account.backup.helpdesk;
	json_object *object;

	if (!helpdesk->set)
		return NULL;
	object = json_object_new_object();
	admin_json_time(object, "issued", helpdesk->made.time);
	admin_json_text(object, "by", helpdesk->made.by);
	admin_json_time(object, "expires", helpdesk->expires);
	return object;
}

static json_object *
budget_json(const struct admin_view *view)
{
	json_object *object = json_object_new_object(), *one;

	for (int side = 0; side < XS_SIDES; side++) {
		one = json_object_new_object();
		admin_json_number(one, "left", budget_left(view, side));
		admin_json_number(one, "of", view->throttle->budget[side]);
		json_object_object_add(object, side_names[side], one);
	}
	return object;
}

static json_object *
history_json(const struct xs_history *history)
{
	json_object *object;

	if (history->count == 0)
		return NULL;
	object = json_object_new_object();
	admin_json_number(object, "count", history->count);
	admin_json_time(object, "first", history->first);
	admin_json_time(object, "last", history->last);
	admin_json_text(object, "from", history->from);
	return object;
}

/* Where notices go, as far as others may see it. */
static json_object *
addresses_json(const struct xs_account *account)
{
	json_object *list = json_object_new_array();
	char shown[XS_MAIL_MASK_MAX];

	for (unsigned i = 0; i < account->mail_count; i++) {
		xs_mail_mask(account->mails[i], shown);
		json_object_array_add(list, json_object_new_string(shown));
	}
	return list;
}

static json_object *
places_json(const struct xs_account *account)
{
	json_object *list = json_object_new_array(), *one;

	for (unsigned i = 0; i < account->place_count; i++) {
		one = json_object_new_object();
		admin_json_text(one, "from", account->places[i].from);
		admin_json_time(one, "since", account->places[i].made);
		json_object_array_add(list, one);
	}
	return list;
}

static json_object *
events_json(const struct xs_account *account)
{
	json_object *list = json_object_new_array(), *one;

	for (unsigned i = 0; i < account->event_count; i++) {
		one = json_object_new_object();
		admin_json_time(one, "time", account->events[i].time);
		admin_json_text(one, "event", account->events[i].word);
		admin_json_text(one, "from", account->events[i].from);
		admin_json_text(one, "by", account->events[i].by);
		json_object_array_add(list, one);
	}
	return list;
}

void
admin_view_print_json(const struct admin_view *view)
{
	const struct xs_account *account = &view->account;
	json_object *answer = json_object_new_object();
	int first = first_method(account);
	char phone[32] = "";

	if (account->phone.number[0] != '\0')
		xs_phone_mask(account->phone.number, phone);
	admin_json_text(answer, "user", account->name);
	admin_json_number(answer, "uid", account->uid);
	json_object_object_add(answer, "app", app_json(view));
	admin_json_text(answer, "phone", phone);
	json_object_object_add(answer, "sms", sms_json(view));
	json_object_object_add(answer, "addresses", addresses_json(account));
	admin_json_text(
	    answer, "default", first < 0 ? "" : xs_method_name(first));
	json_object_object_add(answer, "backup", backup_json(view));
	json_object_object_add(answer, "helpdesk", helpdesk_json(view));
	admin_json_text(answer, "language", account->language);
	json_object_object_add(answer, "budget", budget_json(view));
	json_object_object_add(
	    answer, "failed_attempts", history_json(&account->history));
	admin_json_time(answer, "last_success", account->last_success);
	admin_json_time(answer, "latest_time_seen", account->latest);
	json_object_object_add(answer, "remembered", places_json(account));
	json_object_object_add(answer, "events", events_json(account));
	admin_json_print(answer);
}

static void
print_made(const struct xs_made *made)
{
	char time[ADMIN_TIME_MAX];

	admin_time_human(made->time, time);
	printf("%s by %s", time, made->by);
}

/* "disabled", "waits until ...", or nothing. */
static void
print_gate(const struct admin_view *view, enum xs_method method)
{
	char time[ADMIN_TIME_MAX];
	int64_t until;

	if (failures(view, method) > 0)
		printf(", %u failed since its last success",
		    failures(view, method));
	if (view->account.methods[method].disabled) {
		fputs(", SWITCHED OFF until unlocked", stdout);
		return;
	}
	for (int side = 0; side < XS_SIDES; side++) {
		until = waiting_until(view, method, side);
		if (until == 0)
			continue;
		admin_time_human(until, time);
		printf(", waits until %s for %s attempts", time,
		    side == XS_OWN ? "the user's own" : "others'");
	}
}

static void
print_app(const struct admin_view *view)
{
	const struct xs_app *app = &view->account.app;

	fputs("  Authenticator app  ", stdout);
	if (!xs_account_has(&view->account, XS_APP)) {
		puts("none");
		return;
	}
	fputs("set up ", stdout);
	print_made(&app->made);
	printf(", %u digits, %u s, %s", app->totp.digits, app->totp.period,
	    xs_totp_algorithm_name(app->totp.algorithm));
	print_gate(view, XS_APP);
	putchar('\n');
}

static void
print_phone(const struct admin_view *view)
{
	char phone[32] = "none";

	if (xs_account_has(&view->account, XS_SMS))
		xs_phone_mask(view->account.phone.number, phone);
	printf("  Mobile number      %s", phone);
	if (xs_account_has(&view->account, XS_SMS))
		print_gate(view, XS_SMS);
	putchar('\n');
}

static void
print_addresses(const struct xs_account *account)
{
	char shown[XS_MAIL_MASK_MAX];

	for (unsigned i = 0; i < account->mail_count; i++) {
		xs_mail_mask(account->mails[i], shown);
		printf("  %s%s\n",
		    i == 0 ? "Notices            " : "                   ",
		    shown);
	}
}

static void
print_backup(const struct admin_view *view)
{
	const struct xs_backup *backup = &view->account.backup;
	char time[ADMIN_TIME_MAX];

	fputs("  Backup code        ", stdout);
	if (backup->count > 0) {
		fputs("made ", stdout);
		print_made(&backup->made);
		printf(", %u left", backup->count);
	}
	if (backup->helpdesk.set) {
		admin_time_human(backup->helpdesk.expires, time);
		printf("%sfrom the helpdesk (%s), until %s",
		    backup->count > 0 ? "; " : "", backup->helpdesk.made.by,
		    time);
		if (!xs_account_helpdesk_valid(&view->account, view->now))
			fputs(": OVER", stdout);
	}
	if (backup->count == 0 && !backup->helpdesk.set)
		fputs("none", stdout);
	else
		print_gate(view, XS_BACKUP);
	putchar('\n');
}

static void
print_places(const struct xs_account *account)
{
	char time[ADMIN_TIME_MAX];

	for (unsigned i = 0; i < account->place_count; i++) {
		admin_time_human(account->places[i].made, time);
		printf("  %s%s since %s\n",
		    i == 0 ? "Remembered         " : "                   ",
		    account->places[i].from, time);
	}
}

static void
print_past(const struct xs_account *account)
{
	const struct xs_history *history = &account->history;
	char time[ADMIN_TIME_MAX];

	if (history->count > 0) {
		admin_time_human(history->first, time);
		printf(
		    "  Failed attempts    %u since %s", history->count, time);
		admin_time_human(history->last, time);
		printf(", last %s%s%s\n", time,
		    history->from[0] ? " from " : "", history->from);
	}
	if (account->last_success != 0) {
		admin_time_human(account->last_success, time);
		printf("  Last success       %s\n", time);
	}
	for (unsigned i = 0; i < account->event_count; i++) {
		const struct xs_event *event = &account->events[i];

		admin_time_human(event->time, time);
		printf("  %s%s %s%s%s%s%s\n",
		    i == 0 ? "Events             " : "                   ",
		    time, event->word, event->from[0] ? " from " : "",
		    event->from, event->by[0] ? " by " : "", event->by);
	}
}

void
admin_view_print(const struct admin_view *view)
{
	const struct xs_account *account = &view->account;
	int first = first_method(account);

	printf("%s (uid %u)\n", account->name, account->uid);
	print_app(view);
	print_phone(view);
	print_addresses(account);
	printf("  Default method     %s\n",
	    first < 0 ? "none" : xs_method_name(first));
	print_backup(view);
	printf("  Language           %s\n",
	    account->language[0] ? account->language : "the host's");
	printf("  Attempts left      %u of %u from the user's own place, "
	       "%u of %u from elsewhere\n",
	    budget_left(view, XS_OWN), view->throttle->budget[XS_OWN],
	    budget_left(view, XS_OTHER), view->throttle->budget[XS_OTHER]);
	print_places(account);
	print_past(account);
}

/* One line: name, uid, methods, and what stands in the way of one. */
void
admin_view_print_row(const struct admin_view *view)
{
	const struct xs_account *account = &view->account;
	const char *separator = "";
	char methods[32] = "";

	for (int method = 0; method < XS_METHODS; method++) {
		if (!xs_account_has(account, method))
			continue;
		strcat(methods, separator);
		strcat(methods, xs_method_name(method));
		separator = ",";
	}
	printf("%-20s %10u  %s", account->name, account->uid,
	    methods[0] ? methods : "no method");
	for (int method = 0; method < XS_METHODS; method++) {
		if (account->methods[method].disabled)
			printf("  %s switched off", xs_method_name(method));
		else if (waiting_until(view, method, XS_OWN) != 0 ||
		    waiting_until(view, method, XS_OTHER) != 0)
			printf("  %s waits", xs_method_name(method));
	}
	putchar('\n');
}

void
admin_view_settle(struct admin_view *view, const struct admin *admin)
{
	view->throttle = &admin->config.throttle;
	view->now = xs_env_system.now(xs_env_system.context);
	xs_throttle_settle(&view->account, view->throttle, view->now);
}
