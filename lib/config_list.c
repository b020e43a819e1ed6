/* SPDX-License-Identifier: BSD-3-Clause */
/* The kinds of values that are texts, and lists of texts. */
#include "config_option.h"
#include "network.h"

#include <arpa/inet.h>
#include <string.h>

#define ISSUER_MAX 64 /* bytes: twice in the QR code, with room to scan it */
#define PREFIX_MAX 15 /* digits of an E.164 number */
#define COUNTRY_MAX 3 /* digits of a country code */

static bool
is_none(const struct xs_option *option, const char *value)
{
	return value[0] == '\0' && option->fallback[0] == '\0';
}

static const char *
parse_text(const struct xs_option *option, const char *value, void *field)
{
	const char *why = NULL;

	if (!is_none(option, value))
		why = value[0] == '\0' ? "" : option->kind->check(value);
	if (why == NULL)
		memcpy(field, value, strlen(value) + 1);
	return why;
}

static void
format_text(
    const struct xs_option *option, const void *field, char out[XS_OPTION_MAX])
{
	(void)option;
	snprintf(out, XS_OPTION_MAX, "%s", (const char *)field);
}

/*
 * Takes the next item of a list, without the blanks around it. Returns what
 * is left of the list, NULL after the last item.
 */
static const char *
next_item(const char *list, char item[XS_OPTION_MAX])
{
	size_t whole = strcspn(list, ",");
	size_t start = strspn(list, " ");
	size_t end = whole;

	if (start > whole)
		start = whole;
	while (end > start && list[end - 1] == ' ')
		end--;
	memcpy(item, list + start, end - start);
	item[end - start] = '\0';
	return list[whole] == ',' ? list + whole + 1 : NULL;
}

static const char *
parse_list(const struct xs_option *option, const char *value, void *field)
{
	char item[XS_OPTION_MAX], list[XS_OPTION_MAX];
	const char *rest = is_none(option, value) ? NULL : value;
	size_t used = 0;

	list[0] = '\0';
	while (rest != NULL) {
		const char *why;

		rest = next_item(rest, item);
		if (item[0] == '\0')
			return "an item is empty";
		why = option->kind->check(item);
		/* A check's answer is a literal, never a part of the item. */
		if (why != NULL)
			/* cppcheck-suppress returnDanglingLifetime */
			return why;
		/* Never longer than the value: blanks only fall out. */
		used += (size_t)snprintf(list + used, sizeof(list) - used,
		    "%s%s", used == 0 ? "" : ",", item);
	}
	memcpy(field, list, used + 1);
	return NULL;
}

static const char *
parse_methods(const struct xs_option *option, const char *value, void *field)
{
	char item[XS_OPTION_MAX];
	unsigned methods = 0;

	(void)option;
	while (value != NULL) {
		int method;

		value = next_item(value, item);
		method = xs_method_parse(item);
		if (method < 0)
			return "";
		if ((methods & (1u << method)) != 0)
			return "one stands there twice";
		methods |= 1u << method;
	}
	memcpy(field, &methods, sizeof(methods));
	return NULL;
}

static void
format_methods(
    const struct xs_option *option, const void *field, char out[XS_OPTION_MAX])
{
	unsigned methods;
	size_t used = 0;

	(void)option;
	memcpy(&methods, field, sizeof(methods));
	out[0] = '\0';
	for (int i = 0; i < XS_METHODS; i++) {
		if ((methods & (1u << i)) == 0)
			continue;
		used += (size_t)snprintf(out + used, XS_OPTION_MAX - used,
		    "%s%s", used == 0 ? "" : ",",
		    xs_method_name((enum xs_method)i));
	}
}

static const char *
check_text(const char *text)
{
	(void)text;
	return NULL;
}

/* In an otpauth URI a colon parts the issuer from the account. */
static const char *
check_issuer(const char *text)
{
	bool good = strchr(text, ':') == NULL && strlen(text) <= ISSUER_MAX;

	return good ? NULL : "";
}

static const char *
check_path(const char *path)
{
	const char *part = path;

	if (path[0] != '/')
		return "";
	while ((part = strstr(part, "/..")) != NULL) {
		part += 3;
		if (part[0] == '/' || part[0] == '\0')
			return "";
	}
	return NULL;
}

/* It is executed as it stands: what follows a blank would be no argument. */
static const char *
check_command(const char *path)
{
	return strchr(path, ' ') == NULL ? check_path(path) : "";
}

/* A colon ends a name in passwd(5) and group(5); else names may be odd. */
static const char *
check_name(const char *name)
{
	bool good = strchr(name, ':') == NULL && strlen(name) < XS_NAME_MAX;

	return good ? NULL : "";
}

static const char *
check_service(const char *name)
{
	return strpbrk(name, "/ ") == NULL ? check_name(name) : "";
}

static bool
all_digits(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static const char *
check_country(const char *text)
{
	bool good =
	    all_digits(text) && text[0] != '0' && strlen(text) <= COUNTRY_MAX;

	return good ? NULL : "";
}

static const char *
check_prefix(const char *text)
{
	bool good = text[0] == '+' && all_digits(text + 1) && text[1] != '0' &&
	    strlen(text + 1) <= PREFIX_MAX;

	return good ? NULL : "";
}

/*
 * What comes from loopback may be a tunnel of anyone's making, so no network
 * that reaches into it is exempt (test_networks_with_loopback_are_refused).
 * IPv4 within IPv6 is compared as IPv4, so such a network would never match.
 */
static const char *
check_network(const char *text)
{
	static const struct xs_network loopback4 = {AF_INET, 32, 8, {127}};
	static const struct xs_network loopback6 = {
	    AF_INET6, 128, 128, {[15] = 1}};
	static const struct xs_network mapped = {
	    AF_INET6, 128, 96, {[10] = 0xff, [11] = 0xff}};
	struct xs_network network;

	if (!xs_network_parse(text, &network))
		return "";
	if (xs_network_has_host_bits(&network))
		return "there are bits set behind the network's part";
	if (xs_network_overlap(&network, &loopback4) ||
	    xs_network_overlap(&network, &loopback6))
		return "loopback cannot be exempt";
	if (xs_network_overlap(&network, &mapped))
		return "IPv4 is written as IPv4";
	return NULL;
}

/*
 * The options can be read by everybody, and module arguments are shown by
 * check; so a password is refused, and never quoted
 * (test_a_connection_is_not_quoted).
 */
static const char *
check_conninfo(const char *text)
{
	static const char word[] = "password";
	const char *at = text;

	while ((at = strstr(at, word)) != NULL) {
		at += sizeof(word) - 1;
		if (at[strspn(at, " \t\r\n")] == '=')
			return "it belongs in a passfile";
	}
	return check_text(text);
}

const struct xs_kind xs_kind_conninfo = {.parse = parse_text,
    .format = format_text,
    .check = check_conninfo,
    .allowed = "a connection without password",
    .hidden = true};
const struct xs_kind xs_kind_methods = {.parse = parse_methods,
    .format = format_methods,
    .allowed = "a list of app, sms and backup, each at most once"};

#define TEXT(name, checker, words)                        \
	const struct xs_kind name = {.parse = parse_text, \
	    .format = format_text,                        \
	    .check = (checker),                           \
	    .allowed = (words)}
#define LIST(name, checker, words)                        \
	const struct xs_kind name = {.parse = parse_list, \
	    .format = format_text,                        \
	    .check = (checker),                           \
	    .allowed = (words)}

TEXT(xs_kind_path, check_path, "an absolute path without \"..\"");
TEXT(xs_kind_command, check_command,
    "an absolute path without \"..\", blanks and arguments");
TEXT(xs_kind_issuer, check_issuer, "a text of up to 64 bytes without a colon");
TEXT(xs_kind_name, check_name, "a name");
TEXT(xs_kind_country, check_country,
    "1 to 3 digits, of which the first is not 0");
LIST(xs_kind_names, check_name, "a list of names, by comma");
LIST(xs_kind_services, check_service, "a list of PAM services, by comma");
LIST(xs_kind_networks, check_network,
    "a list of networks as 192.0.2.0/24, by comma");
LIST(xs_kind_prefixes, check_prefix, "a list of prefixes as +31, by comma");
