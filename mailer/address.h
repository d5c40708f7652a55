/* address.h - which mail addresses a letter is sent to. */
#ifndef MAILER_ADDRESS_H
#define MAILER_ADDRESS_H

#include <stdbool.h>

#include "common/slice.h"

/* A dot-string of ASCII at a host name, as RFC 5321 4.1.2 has it without quotes and
 * address literals, within its lengths: nothing that has a meaning in a header, in a
 * command or to an API. */
bool address_is_valid(struct slice address);

#endif
