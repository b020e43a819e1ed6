/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_backend.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#define MARKER_HEAD "xsuite-store 1\n"
#define MARKER_ID_SIZE 16 /* bytes */

void
xs_plain_wipe(struct xs_plain *plain)
{
	OPENSSL_cleanse(plain, sizeof(*plain));
}

void
xs_store_rest(struct xs_store *store)
{
	if (store->ops != NULL && store->ops->rest != NULL)
		store->ops->rest(store);
}

void
xs_store_close(struct xs_store *store)
{
	if (store->ops != NULL)
		store->ops->close(store);
	*store = (struct xs_store){0};
}

struct xs_uid_key
xs_uid_key(uid_t uid)
{
	struct xs_uid_key key;

	(void)snprintf(key.text, sizeof(key.text), "%lu", (unsigned long)uid);
	return key;
}

int
xs_uid_key_parse(const char *text, uid_t *uid)
{
	uint64_t value = 0;
	size_t n = 0;

	for (; text[n] >= '0' && text[n] <= '9' && n < 10; n++)
		value = value * 10 + (uint64_t)(text[n] - '0');
	/* (uid_t)-1 is nobody's: it means "no change" to the kernel. */
	if (n == 0 || text[n] != '\0' || (text[0] == '0' && n > 1) ||
	    value >= UINT32_MAX)
		return 0;
	*uid = (uid_t)value;
	return 1;
}

int
xs_marker_make(
    const struct xs_env *env, struct xs_plain *plain, struct xs_fault *fault)
{
	uint8_t id[MARKER_ID_SIZE];
	char *p = plain->text;

	if (env->random(env->context, id, sizeof(id)) != 0)
		return xs_fault_set(fault, XS_E_COMMIT, "no random bytes");
	p += snprintf(p, sizeof(plain->text), MARKER_HEAD "id ");
	for (size_t i = 0; i < sizeof(id); i++)
		p += snprintf(p, 3, "%02x", id[i]);
	*p++ = '\n';
	plain->length = (size_t)(p - plain->text);
	return 0;
}

bool
xs_marker_is_right(const struct xs_plain *plain)
{
	const size_t head = sizeof(MARKER_HEAD) - 1;

	return plain->length > head &&
	    memcmp(plain->text, MARKER_HEAD, head) == 0;
}
