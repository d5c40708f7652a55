/* config_file.h - a file of options, one `name = value` per line.
 *
 * Names are those of the command line without dashes; a secret is NAME = VALUE in a file that only
 * its owner can read, or NAME-file = PATH.  Blank lines and lines that begin with # say nothing.  A
 * value goes to the end of its line (LF or CR LF), without spaces at its ends.  A list may be given on several
 * lines.  The file is regular, of at most CONFIG_FILE_MAX bytes. */
#ifndef COMMON_CONFIG_FILE_H
#define COMMON_CONFIG_FILE_H

#include <stddef.h>

#include "common/attr.h"
#include "common/config.h"
#include "common/config_name.h"
#include "common/status.h"

enum { CONFIG_FILE_MAX = 65536, CONFIG_FILE_ENTRIES_MAX = 512 };

struct config_entry {
	const struct config_option *option;
	enum config_form form;
	const char *value; /* for the life of the process */
	unsigned line;
};

struct config_file {
	size_t n;
	struct config_entry entries[CONFIG_FILE_ENTRIES_MAX];
};

/* Reads the whole file; complains of the first thing that is wrong with it. */
enum status config_file_read(const char *path, const struct config_program *program,
			     const struct config_source *source,
			     struct config_file *out) ATTR_USE_RESULT;

#endif
