/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a shared store tells of itself and of the way to it, for the command
 * check: facts, not what they are worth. Text that is too long is cut.
 */
#ifndef XS_STORE_SURVEY_H
#define XS_STORE_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

struct xs_store_survey {
	char server[256];  /* who answered */
	char lookups[512]; /* hosts whose names are looked up, by comma */
	char sslmode[16];  /* as the option says or leaves it */
	bool socket;       /* no network in between */
	bool tls;          /* of this very connection */
	unsigned version;  /* 150004 */
	int64_t clock;     /* the server's, in seconds */
	bool superuser;    /* the role's rights */
	bool may_list;
	bool may_delete;
	bool owns;
	unsigned role_settings;  /* stored for the role, but for durability */
	bool sees_standbys;      /* else sync_standbys is 0 */
	char standby_names[256]; /* synchronous_standby_names */
	unsigned standbys;
	unsigned sync_standbys;
	char durability[24];     /* synchronous_commit, by default */
	char own_durability[24]; /* and within our transactions */
	bool fsync;
	bool full_page_writes;
	unsigned connections; /* max_connections */
};

#endif
