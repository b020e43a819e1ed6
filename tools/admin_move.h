/* SPDX-License-Identifier: BSD-3-Clause */
/* import record: the other end of export. */
#ifndef XS_ADMIN_MOVE_H
#define XS_ADMIN_MOVE_H

#include "admin.h"

int import_record(struct admin *admin, int argc, char **argv);

#endif
