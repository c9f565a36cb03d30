/* SPDX-License-Identifier: MIT */
/* doors.c - one row a door.  The parser, --help and the README's table follow from it. */
#include "door/doors.h"

#include "door/http/http_door.h"
#include "door/stdin_door.h"
#include "door/translate_door.h"

#include <stddef.h>

const struct door *const doors[] = {
    &stdin_door,
    &http_door,
    &translate_door,
    NULL,
};
