/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands in an SMS. */
#include "sms.h"

#include <stdio.h>
#include <string.h>

#include "messages.h"

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

#define HOST_MAX 256 /* bytes of a host name, or an issuer, with NUL */

/*
 * Characters that are one septet of GSM-7 in every gateway's table; '_' is
 * one too, but many translate it to something else.
 */
static char
plain(char c)
{
	if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z'))
		return c;
	if (c == '.' || c == ':' || c == '/' || c == ' ')
		return c;
	return '-';
}

static void
make_host(const char *host, size_t room, char out[HOST_MAX])
{
	size_t n = strnlen(host, HOST_MAX - 1);
	bool cut = n > room;

	if (cut)
		n = room;
	for (size_t i = 0; i < n; i++)
		out[i] = plain(host[i]);
	if (cut && n >= 2)
		memset(&out[n - 2], '.', 2);
	out[n] = '\0';
}

static void
make_text(enum xs_message id, const char *language, const char *host,
    const char *code, unsigned valid, char out[XS_SMS_TEXT_MAX])
{
	const char *sentence = xs_message(language, id);
	char validity[32], name[HOST_MAX] = "", bare[2 * XS_SMS_TEXT_MAX];
	int used;

	if (host[0] == '\0')
		host = "this host";
	xs_message_validity(language, valid, validity, sizeof(validity));
	used = snprintf(bare, sizeof(bare), sentence, code, name, validity);
	explicit_bzero(bare, sizeof(bare));
	if (used >= 0 && used < XS_SMS_TEXT_MAX)
		make_host(host, (size_t)(XS_SMS_TEXT_MAX - 1 - used), name);
	(void)snprintf(out, XS_SMS_TEXT_MAX, sentence, code, name, validity);
}

void
xs_sms_text_login(const char *language, const char *host, const char *code,
    unsigned valid, char out[XS_SMS_TEXT_MAX])
{
	make_text(XS_MSG_SMS_TEXT_LOGIN, language, host, code, valid, out);
}

void
xs_sms_text_confirm(const char *language, const char *host, const char *code,
    unsigned valid, char out[XS_SMS_TEXT_MAX])
{
	make_text(XS_MSG_SMS_TEXT_CONFIRM, language, host, code, valid, out);
}

void
xs_sms_text_replaced(
    const char *language, const char *host, char out[XS_SMS_TEXT_MAX])
{
	char name[HOST_MAX] = "";
	const char *sentence = xs_message(language, XS_MSG_SMS_TEXT_REPLACED);
	char bare[2 * XS_SMS_TEXT_MAX];
	int used = snprintf(bare, sizeof(bare), sentence, name);

	if (used >= 0 && used < XS_SMS_TEXT_MAX)
		make_host(host[0] != '\0' ? host : "this host",
		    (size_t)(XS_SMS_TEXT_MAX - 1 - used), name);
	(void)snprintf(out, XS_SMS_TEXT_MAX, sentence, name);
}
