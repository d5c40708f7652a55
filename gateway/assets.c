/* The folder is walked once without following links. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "gateway/assets.h"

#include <errno.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"

struct assets {
	struct asset items[ASSETS_MAX];
	size_t n, bytes;
};

/* nftw() has no argument for its callback: what assets_load() is filling, for its duration. */
static struct assets *loading;
static size_t loading_prefix;

static const struct {
	const char *ending, *type;
} types[] = {
	{".html", "text/html; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".ico", "image/x-icon"},
	{".json", "application/json"},
	{".txt", "text/plain; charset=utf-8"},
	{".webmanifest", "application/manifest+json"},
	{".woff2", "font/woff2"},
};

static const char *type_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot != NULL && i < NELEMS(types); i++) {
		if (strcmp(dot, types[i].ending) == 0)
			return types[i].type;
	}
	return NULL;
}

static bool read_body(const char *path, size_t len, struct asset *out)
{
	FILE *f = fopen(path, "rbe");
	bool good;

	out->body = xcalloc(1, len + 1);
	out->len = len;
	good = f != NULL && fread(out->body, 1, len + 1, f) == len && !ferror(f);
	if (f != NULL)
		fclose(f);
	return good;
}

static void set_etag(struct asset *x)
{
	static const struct secret public; /* no secret: the hash is of public bytes */
	struct secret_hash h =
		secret_hash(&public, "etag", (struct slice){x->body, x->len});
	size_t n = 0;

	x->etag[n++] = '"';
	for (size_t i = 0; i < 10; i++, n += 2) {
		if (!fmt(x->etag + n, 3, "%02x", h.bytes[i]))
			abort(); /* three bytes hold two digits */
	}
	x->etag[n] = '"';
}

static int visit(const char *path, const struct stat *sb, int kind, struct FTW *at)
{
	struct assets *a = loading;
	const char *name = path + loading_prefix;
	struct asset *x = &a->items[a->n];

	(void)at;
	if (strstr(name, "/.") != NULL)
		return 0; /* hidden, or in a hidden folder */
	if (kind == FTW_DNR || kind == FTW_NS)
		return EACCES;
	/* FTW_F is all that is no folder and no link: a pipe would be waited for. */
	if (kind != FTW_F || !S_ISREG(sb->st_mode) || type_of(path) == NULL)
		return 0;
	if (a->n == ASSETS_MAX || (size_t)sb->st_size > ASSETS_BYTES_MAX - a->bytes)
		return EFBIG;
	if (!read_body(path, (size_t)sb->st_size, x)) {
		free(x->body);
		return EIO;
	}
	x->path = strcmp(name, "/index.html") == 0 ? xstrdup("/")
						   : xasprintf("/static%s", name);
	x->type = type_of(path);
	set_etag(x);
	a->bytes += x->len;
	a->n++;
	return 0;
}

enum status assets_load(const char *dir, struct assets **out)
{
	struct assets *a = xcalloc(1, sizeof *a);
	char *root = realpath(
		dir, NULL); /* the folder itself may be a link, what is in it not */
	int rc;

	*out = NULL;
	loading = a;
	loading_prefix = root != NULL ? strlen(root) : 0;
	rc = root != NULL ? nftw(root, visit, 16, FTW_PHYS) : -1;
	loading = NULL;
	if (rc != 0 || assets_find(a, S("/")) == NULL) {
		char quoted[256];

		log_error("static_refused", "dir=%s why=\"%s\"",
			  log_quote(quoted, sizeof quoted, slice_of(dir)),
			  rc == 0 ? "it has no index.html"
				  : strerror(rc == -1 ? errno : rc));
		assets_free(&a);
	}
	free(root);
	*out = a;
	return a != NULL ? ST_OK : ST_IO;
}

void assets_free(struct assets **a)
{
	if (a == NULL || *a == NULL)
		return;
	for (size_t i = 0; i < (*a)->n; i++) {
		free((*a)->items[i].path);
		free((*a)->items[i].body);
	}
	free(*a);
	*a = NULL;
}

const struct asset *assets_find(const struct assets *a, struct slice path)
{
	for (size_t i = 0; i < a->n; i++) {
		if (slice_equal(slice_of(a->items[i].path), path))
			return &a->items[i];
	}
	return NULL;
}
