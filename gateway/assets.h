/* assets.h - the files of the page, read once at the start and served from memory.
 *
 * What is not in the table does not exist: no path reaches the file system after the start, so there
 * is no listing and nothing to climb out of.  Bounds: ASSETS_MAX files, ASSETS_BYTES_MAX bytes. */
#ifndef GATEWAY_ASSETS_H
#define GATEWAY_ASSETS_H

#include <stddef.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

enum {
	ASSETS_MAX = 256,
	ASSETS_BYTES_MAX = 16 << 20,
	ASSET_ETAG_SIZE = 24,
};

struct asset {
	char *path;                 /* "/static/js/main.js" */
	const char *type;           /* Content-Type */
	char etag[ASSET_ETAG_SIZE]; /* a hash of the body, in quotes (RFC 9110 8.8.3) */
	char *body;
	size_t len;
};

struct assets;

/* Reads the folder: its index.html becomes "/", everything "/static/...".  Hidden files, symbolic links, pipes and other
 * special files, and files of unknown kinds are left out.  Logs why not. */
enum status assets_load(const char *dir, struct assets **out) ATTR_USE_RESULT;
void assets_free(struct assets **a);
/* Borrowed; NULL: there is none.  path is compared as it came, byte for byte. */
const struct asset *assets_find(const struct assets *a, struct slice path);

#endif
