/* The keys beside the file: one for hashes, chain and outbox; a pair for addresses. */
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/secret_box.h"
#include "mailer/audit_private.h"

/* The opener may be kept elsewhere: once there is a sealer, it is not made again. */
static enum status load_sealer(struct audit *a, const struct entropy *e)
{
	char *seal = xasprintf("%s.seal-key", a->path);
	char *open = xasprintf("%s.open-key", a->path);
	unsigned char trial[1 + SECRET_BOX_EXTRA];
	struct secret opener;
	enum status st = ST_OK;

	if (access(seal, F_OK) != 0) {
		st = secret_load(open, e, &opener);
		secret_box_sealer(&opener, &a->sealer);
		secret_wipe(&opener, sizeof opener);
		if (st == ST_OK)
			st = secret_save(seal, &a->sealer);
		/* two that start at once: the other one's is as good, if it has the same opener */
		if (st != ST_OK && access(seal, F_OK) == 0)
			st = secret_load(seal, e, &a->sealer);
	} else {
		st = secret_load(seal, e, &a->sealer);
	}
	if (st == ST_OK && secret_box_seal(&a->sealer, S("?"), trial) != ST_OK) {
		log_error("secret_refused",
			  "path=%s why=\"nothing can be sealed for it\"", seal);
		st = ST_DAMAGED;
	}
	free(seal);
	free(open);
	return st;
}

enum status audit_load_keys(struct audit *a, const struct entropy *e, bool has_rows,
			    const char **why)
{
	char *key = xasprintf("%s.key", a->path);
	enum status st = ST_OK;

	if (has_rows && access(key, F_OK) != 0) {
		*why = "its key FILE.key is gone: put it back, or move the file away";
		st = ST_ABSENT;
	}
	if (st == ST_OK)
		st = secret_load(key, e, &a->key);
	if (st == ST_OK)
		st = load_sealer(a, e);
	if (st != ST_OK && *why == NULL)
		*why = "a key beside it cannot be used: see the line before";
	free(key);
	return st;
}
