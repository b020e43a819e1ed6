/* SPDX-License-Identifier: BSD-3-Clause */
#include "group.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

#define BUFFER_MAX ((size_t)16777216) /* bytes of one group's entry */
#define GROUPS_MAX 65536              /* of one account */

/* The entry, its strings in *buffer, which the caller frees. */
static int
look_up(const char *group, struct group *entry, char **buffer,
    struct xs_fault *fault)
{
	struct group *found = NULL;
	size_t size = 1024;
	int err = ERANGE;

	*buffer = NULL;
	while (err == ERANGE && size < BUFFER_MAX) {
		free(*buffer);
		size *= 4;
		*buffer = malloc(size);
		if (*buffer == NULL)
			return xs_fault_set(
			    fault, XS_E_NOMEM, "group %s: no memory", group);
		err = getgrnam_r(group, entry, *buffer, size, &found);
	}
	if (found != NULL)
		return 0;
	free(*buffer);
	*buffer = NULL;
	return xs_fault_set(fault, XS_E_STATE, "group %s: %s", group,
	    err == 0 ? "there is none" : xs_errno_text(err));
}

static bool
is_listed(const struct group *entry, const char *name)
{
	char **member = entry->gr_mem;

	for (; member != NULL && *member != NULL; member++)
		if (strcmp(*member, name) == 0)
			return true;
	return false;
}

/* Directories that do not list a group's members still know a member's. */
static int
is_among_own(gid_t gid, const char *name, gid_t primary, bool *member,
    struct xs_fault *fault)
{
	int count = 64;
	gid_t *gids = NULL;
	bool found = false;

	for (;;) {
		int room = count;
		gid_t *more = realloc(gids, (size_t)room * sizeof(*gids));

		if (more == NULL || room > GROUPS_MAX) {
			free(more == NULL ? gids : more);
			return xs_fault_set(
			    fault, XS_E_NOMEM, "too many groups");
		}
		gids = more;
		if (getgrouplist(name, primary, gids, &count) >= 0)
			break;
		if (count <= room)
			count = room * 2;
	}
	for (int i = 0; i < count; i++)
		found |= gids[i] == gid;
	free(gids);
	*member = found;
	return 0;
}

int
xs_group_has(const char *group, const char *name, gid_t primary, bool *member,
    struct xs_fault *fault)
{
	struct group entry = {0};
	char *buffer;
	int r = look_up(group, &entry, &buffer, fault);

	if (r != 0)
		return r;
	if (entry.gr_gid == primary || is_listed(&entry, name))
		*member = true;
	else
		r = is_among_own(entry.gr_gid, name, primary, member, fault);
	free(buffer);
	return r;
}
