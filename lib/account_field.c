/* SPDX-License-Identifier: BSD-3-Clause */
#include "account_field.h"

#include <string.h>

#include "base32.h"

/*
 * One entry a field, expanded three times: the table, the longest line, the
 * sum. C names a value: kind, member, lowest and highest.
 */
#define MUST(key, values) F(key, MUST, 1, 0, 0, values)
#define MAY(key, values) F(key, MAY, 1, 0, 0, values)
#define FIRST(key, flag, values) F(key, FIRST, 1, 0, AT(flag), values)
#define REST(key, flag, values) F(key, REST, 1, 0, AT(flag), values)
#define COUNTED(key, max, array, count, values) \
	F(key, COUNTED, max, SIZE(array[0]), AT(count), values)

#define U32(member) C(U32, member, 0, UINT32_MAX)
#define TIME(member) C(TIME, member, 0, XS_FIELD_TIME_MAX)
#define TIMES(member) C(TIMES, member, 1, XS_FIELD_TIME_MAX)
#define BYTES(member) C(BYTES, member, 0, 0)
#define FROM(member) C(ADDRESS, member, 0, 0)
#define MADE(member) TIME(member.time) C(TEXT, member.by, 0, 0)

/* clang-format off */
#define SIDE(member) U32(member.failures) TIME(member.not_before)
#define METHOD(name, nth) \
	MUST(name "-disabled", C(YESNO, methods[nth].disabled, 0, 0)) \
	MUST(name "-stop", U32(methods[nth].stop)) \
	MUST(name "-own", SIDE(methods[nth].side[XS_OWN])) \
	MUST(name "-other", SIDE(methods[nth].side[XS_OTHER]))
#define BUDGET(name, nth) \
	MUST(name, U32(budgets[nth].spent) TIME(budgets[nth].since))

/* uid 4294967295 is -1: nobody. A secret under 10 bytes is none. */
#define FIELDS \
	MUST("name", C(TEXT, name, 1, 0)) \
	MUST("uid", C(U32, uid, 0, UINT32_MAX - 1)) \
	MUST("enrolment", BYTES(enrolment)) \
	MUST("latest", TIME(latest)) \
	MUST("default", C(METHOD, default_method, 0, 0)) \
	MAY("language", C(WORD, language, 1, 0)) \
	FIRST("app-secret", app.set, C(SECRET, app.totp, 10, 0)) \
	REST("app-algorithm", app.set, C(ALGORITHM, app.totp.algorithm, 0, 0)) \
	REST("app-digits", app.set, C(U32, app.totp.digits, 6, 8)) \
	REST("app-period", app.set, C(U32, app.totp.period, 15, 60)) \
	REST("app-step", app.set, C(U64, app.last_step, 0, UINT64_MAX)) \
	REST("app-made", app.set, MADE(app.made)) \
	MAY("phone", C(PHONE, phone.number, 0, 0)) \
	MAY("phone-made", MADE(phone.made)) \
	MAY("phone-changes", TIMES(phone.changes)) \
	MAY("backup-argon2id", C(COST, backup.cost, 0, 0) BYTES(backup.salt)) \
	MAY("backup-format", C(FORMAT, backup.format, 0, 0)) \
	MAY("backup-made", MADE(backup.made)) \
	COUNTED("backup-code", XS_CODES_MAX, backup.hashes, backup.count, \
	    BYTES(backup.hashes[0])) \
	FIRST("helpdesk-format", backup.helpdesk.set, \
	    C(FORMAT, backup.helpdesk.format, 0, 0)) \
	REST("helpdesk-code", backup.helpdesk.set, \
	    BYTES(backup.helpdesk.hash)) \
	REST("helpdesk-expires", backup.helpdesk.set, \
	    TIME(backup.helpdesk.expires)) \
	REST("helpdesk-made", backup.helpdesk.set, MADE(backup.helpdesk.made)) \
	METHOD("app", XS_APP) \
	METHOD("sms", XS_SMS) \
	METHOD("backup", XS_BACKUP) \
	BUDGET("budget-own", XS_OWN) \
	BUDGET("budget-other", XS_OTHER) \
	MAY("history", U32(history.count) TIME(history.first) \
	    TIME(history.last) FROM(history.from)) \
	MAY("home", FROM(home)) \
	MAY("last-success", TIME(last_success)) \
	MAY("sms-sent", TIMES(sends)) \
	MAY("notices-sent", TIMES(notices)) \
	MAY("unconfirmed", TIME(unconfirmed.time) FROM(unconfirmed.from)) \
	COUNTED("place", XS_PLACES_MAX, places, place_count, \
	    FROM(places[0].from) TIME(places[0].made)) \
	COUNTED("event", XS_EVENTS_MAX, events, event_count, \
	    TIME(events[0].time) C(WORD, events[0].word, 0, 0) \
	    FROM(events[0].from) C(TEXT, events[0].by, 0, 0)) \
	MAY("untold", C(U32, untold.events, 0, (1U << XS_EVENTS_MAX) - 1) \
	    U32(untold.tries) TIME(untold.next)) \
	COUNTED("mail", XS_MAILS_MAX, mails, mail_count, \
	    C(TEXT, mails[0], 1, 0))
/* clang-format on */

_Static_assert(sizeof(uid_t) == 4 && sizeof(unsigned) == 4,
    "uids, counts and the like are read as 32 bits");

#define AT(member) offsetof(struct xs_account, member)
#define SIZE(member) sizeof(((struct xs_account *)NULL)->member)

#define C(kind, member, low, high) \
	{XS_FIELD_##kind, AT(member), SIZE(member), low, high},
#define F(key, need, max, stride, where, ...) \
	{key, XS_NEED_##need, max, stride, where, {__VA_ARGS__}},
/* clang-format off */
const struct xs_field xs_fields[] = {
	FIELDS
	{NULL, XS_NEED_MAY, 0, 0, 0, {{XS_FIELD_END, 0, 0, 0, 0}}},
};
/* clang-format on */
#undef C
#undef F

/* The most characters that a value of each kind takes. */
#define WIDTH_TEXT(size) (3 * ((size)-1))
#define WIDTH_WORD(size) ((size)-1)
#define WIDTH_ADDRESS(size) ((size)-1)
#define WIDTH_PHONE(size) ((size)-1)
#define WIDTH_U32(size) 10
#define WIDTH_U64(size) 20
#define WIDTH_TIME(size) 12
#define WIDTH_TIMES(size) (13 * (size) / sizeof(int64_t) - 1)
#define WIDTH_YESNO(size) 3
#define WIDTH_METHOD(size) 6
#define WIDTH_BYTES(size) XS_BASE64_LENGTH(size)
#define WIDTH_SECRET(size) XS_BASE32_LENGTH(XS_TOTP_SECRET_MAX)
#define WIDTH_ALGORITHM(size) 6
#define WIDTH_FORMAT(size) 9
#define WIDTH_COST(size) 24

#define C(kind, member, low, high) +1 + WIDTH_##kind(SIZE(member))
#define F(key, need, max, stride, where, ...) \
	_Static_assert(sizeof(key) __VA_ARGS__ < XS_FIELD_LINE_MAX, key);
FIELDS
#undef F

#define F(key, need, max, stride, where, ...) +(max) * (sizeof(key) __VA_ARGS__)
_Static_assert(sizeof(XS_FIELD_VERSION) - 1 FIELDS <= XS_PLAIN_MAX,
    "a record with every field at its maximum must fit a slot");
#undef C
#undef F

static void *
at(struct xs_account *account, const struct xs_field *field,
    const struct xs_column *column, unsigned nth)
{
	return (char *)account + column->offset + nth * field->stride;
}

static const void *
at_const(const struct xs_account *account, const struct xs_field *field,
    const struct xs_column *column, unsigned nth)
{
	return (const char *)account + column->offset + nth * field->stride;
}

/* What of a value's bytes tells whether it is blank. */
static size_t
telling_size(const struct xs_column *column)
{
	switch (column->kind) {
	case XS_FIELD_TEXT:
	case XS_FIELD_WORD:
	case XS_FIELD_ADDRESS:
	case XS_FIELD_PHONE:
		return 1;
	case XS_FIELD_TIMES:
		return sizeof(int64_t);
	default:
		return column->size;
	}
}

bool
xs_field_blank(const struct xs_field *field, const struct xs_account *account,
    unsigned nth)
{
	const struct xs_column *column;
	size_t i;

	for (column = field->columns; column->kind != XS_FIELD_END; column++) {
		const char *bytes = at_const(account, field, column, nth);

		for (i = 0; i < telling_size(column); i++)
			if (bytes[i] != 0)
				return false;
	}
	return true;
}

bool
xs_field_put(const struct xs_field *field, const struct xs_account *account,
    unsigned nth, struct xs_line *line)
{
	const struct xs_column *column;

	line->length = 0;
	if (!xs_value_add(line, field->key))
		return false;
	for (column = field->columns; column->kind != XS_FIELD_END; column++)
		if (!xs_value_add(line, " ") ||
		    !xs_value_put(
			line, column, at_const(account, field, column, nth)))
			return false;
	return true;
}

static bool
take_values(const struct xs_field *field, struct xs_account *account,
    unsigned nth, char *text)
{
	const struct xs_column *column;

	(void)strsep(&text, " ");
	for (column = field->columns; column->kind != XS_FIELD_END; column++) {
		char *value = strsep(&text, " ");

		if (value == NULL ||
		    !xs_value_take(
			column, value, at(account, field, column, nth)))
			return false;
	}
	return text == NULL;
}

/*
 * Values are read leniently; that they were written in the one right way is
 * seen by writing them again (test_any_changed_byte_is_refused_or_meant).
 */
bool
xs_field_take(const struct xs_field *field, struct xs_account *account,
    unsigned nth, const struct xs_line *line)
{
	struct xs_line copy;
	bool taken;

	/* What it holds beyond its length costs time, and is nothing. */
	memcpy(copy.text, line->text, line->length + 1);
	taken = take_values(field, account, nth, copy.text);
	explicit_bzero(copy.text, line->length + 1);
	if (!taken)
		return false;
	taken = xs_field_put(field, account, nth, &copy) &&
	    strcmp(copy.text, line->text) == 0 &&
	    (field->need != XS_NEED_MAY ||
		!xs_field_blank(field, account, nth));
	explicit_bzero(copy.text, copy.length + 1);
	return taken;
}
