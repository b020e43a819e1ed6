/* SPDX-License-Identifier: BSD-3-Clause */
#include "account.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const char *const method_names[XS_METHODS] = {
    [XS_APP] = "app",
    [XS_SMS] = "sms",
    [XS_BACKUP] = "backup",
};

const char *
xs_method_name(enum xs_method method)
{
	if ((int)method < 0 || method >= XS_METHODS)
		return "none";
	return method_names[method];
}

int
xs_method_parse(const char *name)
{
	int method;

	for (method = 0; method < XS_METHODS; method++)
		if (strcmp(name, method_names[method]) == 0)
			return method;
	return -1;
}

/* Cut at the size; an account never holds bytes behind the NUL. */
static void
copy_cut(char *out, size_t size, const char *text)
{
	size_t length = text != NULL ? strnlen(text, size - 1) : 0;

	memset(out, 0, size);
	if (length > 0)
		memcpy(out, text, length);
}

void
xs_account_init(struct xs_account *account, const struct xs_identity *who)
{
	memset(account, 0, sizeof(*account));
	copy_cut(account->name, sizeof(account->name), who->name);
	account->uid = who->uid;
	account->default_method = -1;
}

void
xs_account_wipe(struct xs_account *account)
{
	explicit_bzero(account, sizeof(*account));
}

int
xs_account_check_owner(const struct xs_account *account,
    const struct xs_identity *who, struct xs_fault *fault)
{
	if (account->uid == who->uid && strcmp(account->name, who->name) == 0)
		return 0;
	return xs_fault_set(fault, XS_E_MISMATCH,
	    "the record for %s (uid %u) is that of %s (uid %u)", who->name,
	    (unsigned)who->uid, account->name, (unsigned)account->uid);
}

bool
xs_account_has(const struct xs_account *account, enum xs_method method)
{
	switch (method) {
	case XS_APP:
		return account->app.set;
	case XS_SMS:
		return account->phone.number[0] != '\0';
	case XS_BACKUP:
		return account->backup.count > 0 ||
		    account->backup.helpdesk.set;
	case XS_METHODS:
		break;
	}
	return false;
}

bool
xs_account_helpdesk_valid(const struct xs_account *account, int64_t now)
{
	/* A clock that was set back does not bring an expired code back. */
	int64_t latest = now > account->latest ? now : account->latest;

	return account->backup.helpdesk.set &&
	    latest < account->backup.helpdesk.expires;
}

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

void
xs_account_forget_places(struct xs_account *account)
{
	memset(account->places, 0, sizeof(account->places));
	account->place_count = 0;
}

/*
 * Where all places are taken the oldest event goes that its owner was told of,
 * or needs not be: who adds others pushes out none that is still to be told
 * (test_account_events: test_untold_events_are_not_pushed_out).
 */
static unsigned
event_to_drop(const struct xs_account *account)
{
	for (unsigned i = XS_EVENTS_MAX; i-- > 0;)
		if ((account->untold.events & 1U << i) == 0)
			return i;
	return XS_EVENTS_MAX - 1;
}

/* Room in front. */
static void
make_room(struct xs_account *account)
{
	const uint32_t untold = account->untold.events;
	unsigned last = account->event_count;
	uint32_t newer;

	if (last < XS_EVENTS_MAX)
		account->event_count++;
	else
		last = event_to_drop(account);
	memmove(&account->events[1], &account->events[0],
	    last * sizeof(account->events[0]));
	/* The bits stay those of their events. */
	newer = untold & ((1U << last) - 1);
	account->untold.events = (untold & ~((2U << last) - 1)) | newer << 1;
}

/*
 * What stands in an event must never keep the record from being written, so
 * a word of other characters is bent and an odd address left out.
 *
 * Every change to a record by its owner, an administrator or the helpdesk
 * makes an event, so none can leave a place remembered (test_place:
 * test_every_change_forgets_places; test_remember.py:
 * test_every_command_forgets_places).
 */
void
xs_account_event(struct xs_account *account, int64_t now, const char *word,
    const char *from, const char *by)
{
	struct xs_event *event = &account->events[0];
	char ignored[XS_ADDRESS_MAX];
	char *c;

	xs_account_forget_places(account);
	make_room(account);
	memset(event, 0, sizeof(*event));
	event->time = now;
	copy_cut(event->word, sizeof(event->word), word);
	for (c = event->word; *c != '\0'; c++)
		if (!is_alnum(*c) && (*c != '-' || c == event->word))
			*c = '_';
	if (from != NULL && xs_address_normalise(from, ignored))
		copy_cut(event->from, sizeof(event->from), from);
	copy_cut(event->by, sizeof(event->by), by);
}

/* A network interface's name, as it stands behind the '%' of an address. */
static bool
zone_ok(const char *zone)
{
	size_t i;

	for (i = 0; zone[i] != '\0'; i++)
		if (!is_alnum(zone[i]) && strchr("._-", zone[i]) == NULL)
			return false;
	return i > 0;
}

/*
 * All of a link share fe80::/64, and fe80::1 may be another machine on
 * another interface: link-local addresses stay whole, with their zone
 * (test_address_link_local_keeps_host_and_zone).
 */
static bool
normalise_link_local(
    const struct in6_addr *address, const char *zone, char out[XS_ADDRESS_MAX])
{
	char text[INET6_ADDRSTRLEN];
	char whole[XS_ADDRESS_MAX];
	int length;

	if (inet_ntop(AF_INET6, address, text, sizeof(text)) == NULL)
		return false;
	length = snprintf(whole, sizeof(whole), "%s%s%s", text,
	    zone != NULL ? "%" : "", zone != NULL ? zone : "");
	if (length < 0 || (size_t)length >= sizeof(whole))
		return false;
	copy_cut(out, XS_ADDRESS_MAX, whole);
	return true;
}

static bool
normalise_6(
    struct in6_addr *address, const char *zone, char out[XS_ADDRESS_MAX])
{
	char text[INET6_ADDRSTRLEN];
	const char *shown;

	if (IN6_IS_ADDR_LINKLOCAL(address))
		return normalise_link_local(address, zone, out);
	if (zone != NULL)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(address)) {
		shown = inet_ntop(
		    AF_INET, &address->s6_addr[12], text, sizeof(text));
	} else {
		memset(&address->s6_addr[8], 0, 8);
		shown = inet_ntop(AF_INET6, address, text, sizeof(text));
	}
	if (shown == NULL)
		return false;
	copy_cut(out, XS_ADDRESS_MAX, text);
	return true;
}

bool
xs_address_normalise(const char *text, char out[XS_ADDRESS_MAX])
{
	char host[XS_ADDRESS_MAX];
	struct in_addr four;
	struct in6_addr six;
	char *zone;

	if (strnlen(text, sizeof(host)) == sizeof(host))
		return false;
	copy_cut(host, sizeof(host), text);
	if (inet_pton(AF_INET, host, &four) == 1) {
		copy_cut(out, XS_ADDRESS_MAX, host);
		return true;
	}
	zone = strchr(host, '%');
	if (zone != NULL) {
		*zone++ = '\0';
		if (!zone_ok(zone))
			return false;
	}
	if (inet_pton(AF_INET6, host, &six) != 1)
		return false;
	return normalise_6(&six, zone, out);
}

/*
 * ITU-T E.164: zones 1 and 7 are one code each; these have two digits; all
 * others three.
 */
static size_t
country_code_length(const char *digits)
{
	static const char two[][3] = {"20", "27", "30", "31", "32", "33", "34",
	    "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49",
	    "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62",
	    "63", "64", "65", "66", "81", "82", "84", "86", "90", "91", "92",
	    "93", "94", "95", "98"};
	size_t i;

	if (digits[0] == '1' || digits[0] == '7')
		return 1;
	for (i = 0; i < sizeof(two) / sizeof(two[0]); i++)
		if (strncmp(digits, two[i], 2) == 0)
			return 2;
	return 3;
}

/*
 * Six stars whatever the length. A number too short to have more to hide than
 * it would show is stars alone (test_phone_mask_hides_short_numbers).
 */
void
xs_phone_mask(const char *number, char out[32])
{
	static const size_t shown = 2, least = 6;
	size_t length = strnlen(number, XS_PHONE_MAX);
	size_t country;

	if (number[0] != '+' || length == XS_PHONE_MAX ||
	    strspn(number + 1, "0123456789") != length - 1) {
		copy_cut(out, 32, "******");
		return;
	}
	country = country_code_length(number + 1);
	if (length < 1 + country + least) {
		copy_cut(out, 32, "******");
		return;
	}
	(void)snprintf(out, 32, "+%.*s ******%s", (int)country, number + 1,
	    number + length - shown);
}
