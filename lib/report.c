/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <stdio.h>
#include <string.h>

const char *
xs_log_value(const char *value, char out[XS_LOG_VALUE_MAX])
{
	size_t n = 0;

	for (; *value != '\0' && n + 8 < XS_LOG_VALUE_MAX; value++) {
		unsigned char c = (unsigned char)*value;

		if (c > 0x20 && c < 0x7f && strchr("\"\\=", c) == NULL)
			out[n++] = (char)c;
		else
			n += (size_t)snprintf(out + n, 5, "\\x%02x", c);
	}
	if (*value != '\0')
		n += (size_t)snprintf(out + n, 4, "...");
	out[n] = '\0';
	return out;
}
