/* Bans in the journal.  What they are of is found by hashes; the words of operators are sealed. */
#include <stdlib.h>
#include <string.h>

#include "broker/store_private.h"
#include "common/log.h"
#include "common/memory.h"

void store_put_ban(struct store *s, const struct ban *b)
{
	unsigned char sealed[STORE_BAN_MAX + SECRET_SEAL_EXTRA];
	char text[STORE_BAN_MAX];
	struct slice plain;

	if (s == NULL)
		return;
	if (!fmt(text, sizeof text, "%s\n%s", b->value, b->reason))
		abort(); /* STORE_BAN_MAX is too small for its fields */
	plain = slice_of(text);
	secret_seal(&s->secret, STORE_BAN_DOMAIN, &entropy_system, plain, sealed);
	store_run(s, PUT_BAN, "nnnnnnb", b->id, (uint64_t)b->kind, b->since_ms,
		  b->until_ms, b->numbers.at[0], b->numbers.at[1],
		  (struct slice){(char *)sealed, plain.len + SECRET_SEAL_EXTRA});
}

void store_drop_ban(struct store *s, uint64_t id)
{
	store_run(s, DROP_BAN, "n", id);
}

enum status store_on_ban(struct store *s, sqlite3_stmt *q,
			 const struct store_reader *reader)
{
	struct ban b = {.id = store_number(q, 0),
			.kind = (enum ban_kind)store_number(q, 1),
			.since_ms = store_number(q, 2),
			.until_ms = store_number(q, 3),
			.numbers = {{store_number(q, 4), store_number(q, 5)}}};
	char plain[STORE_BAN_MAX];
	struct slice value, reason;

	if (b.id == 0 || b.kind < BAN_NAME || b.kind >= BAN_KINDS)
		return ST_DAMAGED;
	/* Its hashes are of that other secret, too: they would find nobody. */
	if (store_open_column(s, STORE_BAN_DOMAIN, q, 6, plain, sizeof plain) != ST_OK) {
		log_warn("ban_dropped", "why=\"it was sealed with another secret\"");
		return ST_OK;
	}
	slice_cut(slice_of(plain), '\n', &value, &reason);
	if (!fmt(b.value, sizeof b.value, "%.*s", SLICE_ARGS(value)) ||
	    !fmt(b.reason, sizeof b.reason, "%.*s", SLICE_ARGS(reason)))
		return ST_DAMAGED;
	reader->ban(reader->ctx, &b);
	return ST_OK;
}
