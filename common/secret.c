/* The only file that knows libsodium. */
#include "common/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "common/log.h"
#include "common/memory.h"

_Static_assert(SECRET_SIZE == crypto_generichash_KEYBYTES, "the secret keys BLAKE2b");
_Static_assert(SECRET_SIZE == crypto_secretbox_xchacha20poly1305_KEYBYTES, "and seals");
_Static_assert(SECRET_SEAL_EXTRA == crypto_secretbox_xchacha20poly1305_NONCEBYTES +
					    crypto_secretbox_xchacha20poly1305_MACBYTES,
	       "what sealing adds");

enum { HEX_LEN = 2 * SECRET_SIZE, NONCE = crypto_secretbox_xchacha20poly1305_NONCEBYTES };

static void system_bytes(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	randombytes_buf(buf, len);
}

static uint32_t system_below(void *ctx, uint32_t bound)
{
	(void)ctx;
	return randombytes_uniform(bound);
}

const struct entropy entropy_system = {system_bytes, system_below, NULL};

uint64_t entropy_id(const struct entropy *e)
{
	uint64_t id;

	do
		e->bytes(e->ctx, &id, sizeof id);
	while (id == 0);
	return id;
}

/* Of the process, drawn once: what it hashes is never kept. */
static unsigned char scatter_key[crypto_shorthash_KEYBYTES];

enum status secret_init(void)
{
	if (sodium_init() < 0)
		return ST_IO;
	if (sodium_is_zero(scatter_key, sizeof scatter_key))
		crypto_shorthash_keygen(scatter_key);
	return ST_OK;
}

void secret_random(const struct entropy *e, struct secret *out)
{
	e->bytes(e->ctx, out->bytes, sizeof out->bytes);
}

uint64_t secret_number(struct slice key)
{
	unsigned char hash[crypto_generichash_BYTES];
	uint64_t number = 0;

	crypto_generichash(hash, sizeof hash, (const unsigned char *)key.ptr, key.len,
			   NULL, 0);
	for (size_t i = 0; i < sizeof number; i++)
		number = number << 8 | hash[i];
	return number != 0 ? number : 1;
}

void secret_to_hex(const struct secret *s, char out[2 * SECRET_SIZE + 1])
{
	sodium_bin2hex(out, HEX_LEN + 1, s->bytes, sizeof s->bytes);
}

static enum status refuse(const char *path, const char *why, enum status st)
{
	log_error("secret_refused", "path=%s why=\"%s\"", path, why);
	return st;
}

static enum status read_secret(int fd, const char *path, struct secret *out)
{
	char text[HEX_LEN + 2];
	struct stat sb;
	ssize_t n;
	size_t len = 0;

	if (fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode))
		return refuse(path, "not a regular file", ST_IO);
	if ((sb.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return refuse(path, "group or others may read it: chmod 600", ST_DENIED);
	n = read(fd, text, sizeof text);
	if (n < 0)
		return refuse(path, strerror(errno), ST_IO);
	if (n == HEX_LEN + 1 && text[HEX_LEN] == '\n')
		n = HEX_LEN;
	if (n != HEX_LEN ||
	    sodium_hex2bin(out->bytes, sizeof out->bytes, text, HEX_LEN, NULL, &len,
			   NULL) != 0 ||
	    len != SECRET_SIZE)
		return refuse(path, "it does not hold 64 hexadecimal digits", ST_DAMAGED);
	secret_wipe(text, sizeof text);
	return ST_OK;
}

static bool write_secret(int fd, const struct secret *s)
{
	char text[HEX_LEN + 1];
	bool written;

	secret_to_hex(s, text);
	text[HEX_LEN] = '\n';
	written = write(fd, text, sizeof text) == (ssize_t)sizeof text && fsync(fd) == 0;
	secret_wipe(text, sizeof text);
	return written;
}

/* Whole or not there, whenever the process ends: written under another name first.  link() never overwrites. */
enum status secret_save(const char *path, const struct secret *s)
{
	char *part = xasprintf("%s.part", path);
	enum status st = ST_OK;
	int fd;

	unlink(part);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0 || !write_secret(fd, s) || link(part, path) != 0)
		st = refuse(path, strerror(errno), ST_IO);
	if (fd >= 0)
		close(fd);
	unlink(part);
	free(part);
	return st;
}

enum status secret_load(const char *path, const struct entropy *e, struct secret *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	enum status st;

	memset(out, 0, sizeof *out);
	if (fd < 0 && errno == ENOENT) {
		secret_random(e, out);
		return secret_save(path, out);
	}
	if (fd < 0)
		return refuse(path, strerror(errno), ST_IO);
	st = read_secret(fd, path, out);
	close(fd);
	return st;
}

/* A key of its own for each domain, so that hashes and seals never meet. */
static void domain_key(const struct secret *s, const char *domain,
		       unsigned char key[SECRET_SIZE])
{
	crypto_generichash(key, SECRET_SIZE, (const unsigned char *)domain,
			   strlen(domain), s->bytes, sizeof s->bytes);
}

struct secret_hash secret_hash(const struct secret *s, const char *domain,
			       struct slice text)
{
	unsigned char key[SECRET_SIZE];
	struct secret_hash hash;

	domain_key(s, domain, key);
	crypto_generichash(hash.bytes, sizeof hash.bytes, (const unsigned char *)text.ptr,
			   text.len, key, sizeof key);
	return hash;
}

bool secret_hash_equal(const struct secret_hash *a, const struct secret_hash *b)
{
	return sodium_memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

uint64_t secret_scatter(const void *bytes, size_t len)
{
	uint64_t hash;

	_Static_assert(sizeof hash == crypto_shorthash_BYTES, "SipHash-2-4");
	crypto_shorthash((unsigned char *)&hash, bytes, len, scatter_key);
	return hash;
}

bool secret_text_equal(struct slice a, struct slice b)
{
	return a.len == b.len && sodium_memcmp(a.ptr, b.ptr, a.len) == 0;
}

void secret_token(const struct entropy *e, char out[SECRET_TOKEN_LEN + 1])
{
	unsigned char bytes[32];

	e->bytes(e->ctx, bytes, sizeof bytes);
	sodium_bin2base64(out, SECRET_TOKEN_LEN + 1, bytes, sizeof bytes,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void secret_seal(const struct secret *s, const char *domain, const struct entropy *e,
		 struct slice text, unsigned char *out)
{
	unsigned char key[SECRET_SIZE];

	domain_key(s, domain, key);
	e->bytes(e->ctx, out, NONCE);
	crypto_secretbox_xchacha20poly1305_easy(
		out + NONCE, (const unsigned char *)text.ptr, text.len, out, key);
}

enum status secret_open(const struct secret *s, const char *domain, struct slice sealed,
			char *out)
{
	const unsigned char *bytes = (const unsigned char *)sealed.ptr;
	unsigned char key[SECRET_SIZE];

	if (sealed.len < SECRET_SEAL_EXTRA)
		return ST_DAMAGED;
	domain_key(s, domain, key);
	if (crypto_secretbox_xchacha20poly1305_open_easy(
		    (unsigned char *)out, bytes + NONCE, sealed.len - NONCE, bytes,
		    key) != 0)
		return ST_DAMAGED;
	return ST_OK;
}

void secret_wipe(void *p, size_t len)
{
	sodium_memzero(p, len);
}
