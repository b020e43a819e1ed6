/* SPDX-License-Identifier: BSD-3-Clause */
#include "place.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* In host order: this network, loopback and link-local are nobody's own. */
static bool
is_somebodys_4(uint32_t address)
{
	return address >> 24 != 0 && address >> 24 != IN_LOOPBACKNET &&
	    address >> 16 != 0xa9fe;
}

/* Among ::/96 are the unspecified address and loopback. */
static bool
is_somebodys_6(const struct in6_addr *address)
{
	static const uint8_t zero[12];

	return memcmp(address->s6_addr, zero, sizeof(zero)) != 0 &&
	    !IN6_IS_ADDR_LINKLOCAL(address);
}

bool
xs_place_read(const char *address, char out[XS_ADDRESS_MAX])
{
	struct in6_addr six;
	struct in_addr four;
	bool is_four = inet_pton(AF_INET, address, &four) == 1;

	/* An address with a scope is no numeric address here. */
	if (!is_four && inet_pton(AF_INET6, address, &six) != 1)
		return false;
	if (!is_four && IN6_IS_ADDR_V4MAPPED(&six)) {
		memcpy(&four, &six.s6_addr[12], sizeof(four));
		is_four = true;
	}
	if (is_four)
		return is_somebodys_4(ntohl(four.s_addr)) &&
		    inet_ntop(AF_INET, &four, out, XS_ADDRESS_MAX) != NULL;
	return is_somebodys_6(&six) &&
	    inet_ntop(AF_INET6, &six, out, XS_ADDRESS_MAX) != NULL;
}

/*
 * The clock alone decides that a success lies in the past, the later of it
 * and the latest time seen how long ago that is.
 */
static bool
is_within(const struct xs_place *place, const struct xs_account *account,
    unsigned seconds, int64_t now)
{
	int64_t latest = now > account->latest ? now : account->latest;

	return place->made <= now &&
	    (uint64_t)latest - (uint64_t)place->made < seconds;
}

void
xs_place_keep(struct xs_account *account, unsigned remember,
    const char *address, int64_t now)
{
	struct xs_place kept[XS_PLACES_MAX] = {{.made = now}};
	unsigned count = 1;

	if (remember == 0 || !xs_place_read(address, kept[0].from))
		return;
	for (unsigned i = 0; i < account->place_count && count < XS_PLACES_MAX;
	     i++) {
		const struct xs_place *place = &account->places[i];

		if (is_within(place, account, XS_REMEMBER_MAX, now) &&
		    strcmp(place->from, kept[0].from) != 0)
			kept[count++] = *place;
	}
	account->place_count = count;
	memcpy(account->places, kept, sizeof(kept));
}

bool
xs_place_holds(const struct xs_account *account, unsigned remember,
    const char *address, int64_t now)
{
	char from[XS_ADDRESS_MAX];

	if (!xs_place_read(address, from))
		return false;
	for (unsigned i = 0; i < account->place_count; i++)
		if (strcmp(account->places[i].from, from) == 0)
			return is_within(
			    &account->places[i], account, remember, now);
	return false;
}
