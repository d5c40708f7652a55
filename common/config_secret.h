/* config_secret.h - a secret is the first line of a file that only its owner can read. */
#ifndef COMMON_CONFIG_SECRET_H
#define COMMON_CONFIG_SECRET_H

#include <stdbool.h>

#include "common/attr.h"
#include "common/status.h"

struct stat;

enum { CONFIG_SECRET_MAX = 4096 }; /* bytes of the whole file */

/* Gives the secret in *out, for the life of the process (config_value_keep).  On error
 * *out is NULL and *why a text, until the next such call, never with anything of the secret. */
enum status config_secret_read(const char *path, const char **out,
			       const char **why) ATTR_USE_RESULT;

/* Can only its owner read and write it?  systemd gives what it hands over in $CREDENTIALS_DIRECTORY to the user of
 * the unit by an access list, whose mask stands where else the rights of the group do: those may be to read. */
bool config_file_is_private(const char *path, const struct stat *st);

enum config_file_kind { CONFIG_FILE_PUBLIC, CONFIG_FILE_PRIVATE };

/* Is it a regular file that we can read and, when it is private, that nobody else can?  *why is a
 * text when not, until the next such call. */
enum status config_file_check(const char *path, enum config_file_kind kind,
			      const char **why) ATTR_USE_RESULT;

#endif
