/* SPDX-License-Identifier: BSD-3-Clause */
/* Networks as administrators write them: 192.0.2.0/24, 2001:db8::/32. */
#ifndef XS_NETWORK_H
#define XS_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

struct xs_network {
	int family;    /* AF_INET or AF_INET6 */
	unsigned size; /* bits of an address */
	unsigned bits; /* of the network's part */
	uint8_t address[16];
};

/* An address without "/bits" is a network of its own. False: malformed. */
bool xs_network_parse(const char *text, struct xs_network *network);

/* Are bits set behind the network's part? */
bool xs_network_has_host_bits(const struct xs_network *network);

bool xs_network_overlap(const struct xs_network *a, const struct xs_network *b);

/*
 * Does a numeric address lie in one of the networks of a list, by comma?
 * IPv4 within IPv6 counts as IPv4. No name, and no malformed network, matches.
 */
bool xs_network_list_holds(const char *list, const char *address);

#endif
