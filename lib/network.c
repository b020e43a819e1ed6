/* SPDX-License-Identifier: BSD-3-Clause */
#include "network.h"

#include <arpa/inet.h>
#include <string.h>

#define TEXT_MAX 64 /* bytes of the longest network */

static bool
bit_at(const struct xs_network *network, unsigned bit)
{
	return (network->address[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

bool
xs_network_has_host_bits(const struct xs_network *network)
{
	for (unsigned bit = network->bits; bit < network->size; bit++) {
		if (bit_at(network, bit))
			return true;
	}
	return false;
}

bool
xs_network_overlap(const struct xs_network *a, const struct xs_network *b)
{
	unsigned bits = a->bits < b->bits ? a->bits : b->bits;

	if (a->family != b->family)
		return false;
	for (unsigned bit = 0; bit < bits; bit++) {
		if (bit_at(a, bit) != bit_at(b, bit))
			return false;
	}
	return true;
}

/* One to three digits without a leading zero. */
static bool
read_bits(const char *text, unsigned *bits)
{
	size_t length = strspn(text, "0123456789");

	if (length == 0 || length > 3 || text[length] != '\0' ||
	    (text[0] == '0' && length > 1))
		return false;
	for (*bits = 0; *text != '\0'; text++)
		*bits = *bits * 10 + (unsigned)(*text - '0');
	return true;
}

bool
xs_network_parse(const char *text, struct xs_network *network)
{
	char address[TEXT_MAX];
	size_t length = strcspn(text, "/");

	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	memset(network, 0, sizeof(*network));
	network->family = strchr(address, ':') == NULL ? AF_INET : AF_INET6;
	network->size = network->family == AF_INET ? 32 : 128;
	network->bits = network->size;
	if (inet_pton(network->family, address, network->address) != 1)
		return false;
	if (text[length] == '\0')
		return true;
	return read_bits(text + length + 1, &network->bits) &&
	    network->bits <= network->size;
}

static bool
parse_address(const char *text, struct xs_network *address)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (strchr(text, '/') != NULL || !xs_network_parse(text, address))
		return false;
	if (address->family == AF_INET6 &&
	    memcmp(address->address, mapped, sizeof(mapped)) == 0) {
		memmove(address->address, address->address + 12, 4);
		address->family = AF_INET;
		address->size = address->bits = 32;
	}
	return true;
}

bool
xs_network_list_holds(const char *list, const char *address)
{
	struct xs_network network, one;

	if (!parse_address(address, &one))
		return false;
	while (*list != '\0') {
		char item[TEXT_MAX];
		size_t length = strcspn(list, ",");

		if (length < sizeof(item)) {
			memcpy(item, list, length);
			item[length] = '\0';
			if (xs_network_parse(item, &network) &&
			    xs_network_overlap(&network, &one))
				return true;
		}
		list += length + (list[length] == ',');
	}
	return false;
}
