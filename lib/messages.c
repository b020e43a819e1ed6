/* SPDX-License-Identifier: BSD-3-Clause */
#include "messages.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static const char *const english[XS_MSG_COUNT] = {
#define XS_MESSAGE_TEXT(id, text) [XS_MSG_##id] = text,
    XS_MESSAGES(XS_MESSAGE_TEXT)
#undef XS_MESSAGE_TEXT
};

static const char *const dutch[XS_MSG_COUNT] = {
#include "messages_nl.inc" /* made from po/nl.po */
};

const char *
xs_message(const char *language, enum xs_message id)
{
	return strcmp(language, "nl") == 0 ? dutch[id] : english[id];
}

void
xs_message_duration(
    const char *language, int64_t seconds, char *out, size_t size)
{
	static const struct {
		int64_t below; /* seconds */
		int64_t unit;  /* seconds */
		enum xs_message one, many;
	} scale[] = {
	    {60, 1, XS_MSG_SECONDS_ONE, XS_MSG_SECONDS},
	    {2L * 3600, 60, XS_MSG_MINUTES_ONE, XS_MSG_MINUTES},
	    {INT64_MAX, 3600, XS_MSG_HOURS_ONE, XS_MSG_HOURS},
	};
	size_t i = 0;
	int64_t count;

	if (seconds < 1)
		seconds = 1;
	while (seconds >= scale[i].below && scale[i].below != INT64_MAX)
		i++;
	count = seconds / scale[i].unit + (seconds % scale[i].unit != 0);
	(void)snprintf(out, size,
	    xs_message(language, count == 1 ? scale[i].one : scale[i].many),
	    (unsigned)count);
}

void
xs_message_validity(
    const char *language, unsigned seconds, char *out, size_t size)
{
	if (seconds >= 60 && seconds % 60 == 0)
		xs_message_duration(language, seconds, out, size);
	else
		(void)snprintf(out, size,
		    xs_message(language,
			seconds == 1 ? XS_MSG_SECONDS_ONE : XS_MSG_SECONDS),
		    seconds);
}

static void
format_time(int64_t seconds, const char *format, char *out, size_t size)
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL ||
	    strftime(out, size, format, &tm) == 0)
		(void)snprintf(out, size, "?");
}

void
xs_message_day(int64_t time, char *out, size_t size)
{
	format_time(time, "%Y-%m-%d", out, size);
}

void
xs_message_date(int64_t time, char *out, size_t size)
{
	format_time(time, "%Y-%m-%d %H:%M UTC", out, size);
}

void
xs_message_time(int64_t time, int64_t now, char *out, size_t size)
{
	if (time / 86400 == now / 86400)
		format_time(time, "%H:%M UTC", out, size);
	else
		xs_message_date(time, out, size);
}

void
xs_message_until(int64_t time, int64_t now, char *out, size_t size)
{
	xs_message_time(time + 59 - (time + 59) % 60, now, out, size);
}
