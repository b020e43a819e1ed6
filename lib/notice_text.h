/* SPDX-License-Identifier: BSD-3-Clause */
/* The kinds of notices. Inside lib/notice*.c only. */
#ifndef XS_NOTICE_TEXT_H
#define XS_NOTICE_TEXT_H

#include "messages.h"
#include "notice.h"

struct xs_notice_kind {
	const char
	    *word; /* the event's; with '-' at its end a number follows */
	enum xs_message what;
	enum xs_message advice; /* if it was not you */
};

/* NULL: there is no notice of that. */
const struct xs_notice_kind *xs_notice_kind_find(const char *word);

#endif
