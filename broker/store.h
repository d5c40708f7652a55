/* store.h - the broker's journal: one SQLite file, one transaction per batch.
 *
 * What is put between store_begin() and store_commit() is all kept or all forgotten; a crash at any
 * moment leaves the state before or after.  WAL mode: with STORE_NORMAL a commit survives the
 * death of the process, with STORE_FULL also the loss of power.
 *
 * Bounds: the tables are those of memory, with their bounds; the WAL is brought back every 1,000 pages, and
 * cut to 4 MiB when a transaction was larger.
 *
 * The first error of a transaction sticks: the puts after it do nothing, and store_commit() returns
 * it.  A NULL store is one that forgets: every put on it succeeds and does nothing.
 * Times that must hold over a restart are wall clock here. */
#ifndef BROKER_STORE_H
#define BROKER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/bans.h"
#include "broker/gateways.h"
#include "broker/history.h"
#include "broker/logins.h"
#include "broker/mail_desk.h"
#include "broker/names.h"
#include "broker/proofs.h"
#include "broker/sessions.h"
#include "broker/tally.h"
#include "broker/trail.h"
#include "common/secret.h"
#include "common/status.h"

struct store;

enum store_sync { STORE_NORMAL, STORE_FULL };

/* Opens or makes the file, for this process alone.  Logs why not: ST_BUSY another broker has it;
 * ST_DAMAGED not a journal of ours, or damaged; ST_VERSION made by a newer version; ST_DENIED
 * not writable; ST_IO.  The file is never overwritten.  secret seals what is secret in it. */
enum status store_open(const char *path, enum store_sync sync,
		       const struct secret *secret, struct store **out) ATTR_USE_RESULT;
void store_close(struct store **s);

void store_begin(struct store *s);
enum status store_commit(struct store *s) ATTR_USE_RESULT;

/* Brings what was committed into the file itself: what was dropped is nowhere any more.  A failure
 * costs nothing but that. */
void store_settle(struct store *s);
/* Is the file not at its path any more?  What is in it goes with this process. */
bool store_is_gone(const struct store *s);

/* While suspended - the disk is full - puts and commits succeed and do nothing. */
void store_suspend(struct store *s, bool is_suspended);

void store_put_epoch(struct store *s, uint64_t epoch);
void store_put_post(struct store *s, const struct history_post *post);
/* The newest seq, where posts themselves are not kept. */
void store_put_newest(struct store *s, uint64_t seq);
/* Forgets the posts up to seq. */
void store_trim_posts(struct store *s, uint64_t seq);
void store_put_name(struct store *s, const struct name_claim *claim);
void store_drop_name(struct store *s, uint64_t id);
void store_put_session(struct store *s, const struct session *session);
void store_drop_session(struct store *s, const struct secret_hash *token);
/* wall_ms: when the login ends; its other times are wall clock here, too. */
void store_put_login(struct store *s, const struct login *login, uint64_t wall_ms);
void store_drop_login(struct store *s, const struct secret_hash *ticket);
void store_put_letter(struct store *s, const struct letter *letter, uint64_t wall_ms);
/* Who holds the letter until when, or was offered it. */
void store_put_lease(struct store *s, const struct letter *letter, uint64_t wall_ms);
void store_drop_letter(struct store *s, uint64_t id);
void store_put_tally(struct store *s, enum tally_kind kind, const struct secret_hash *key,
		     uint64_t wall_ms);
/* Forgets what was counted up to this time. */
void store_trim_tally(struct store *s, enum tally_kind kind, uint64_t wall_ms);
/* When the bucket of all mails will be full. */
void store_put_mail_pace(struct store *s, uint64_t wall_ms);
void store_put_proof(struct store *s, const struct proof *proof);
void store_drop_proof(struct store *s, const struct secret_hash *token);
void store_put_trail(struct store *s, const struct trail_row *row);
void store_drop_trail(struct store *s, uint64_t id);
/* The newest row that is with some mailer. */
void store_put_trail_kept(struct store *s, uint64_t number);
void store_put_ban(struct store *s, const struct ban *ban);
void store_drop_ban(struct store *s, uint64_t id);
void store_put_gateway(struct store *s, const struct gateway *gateway);
/* since_ms: when it became silent, wall clock; 0: it was heard again. */
void store_put_silence(struct store *s, uint64_t gateway, uint64_t since_ms);
void store_drop_gateway(struct store *s, uint64_t id);
void store_put_client(struct store *s, uint64_t gateway, const struct client *client);
void store_drop_client(struct store *s, uint64_t gateway, uint64_t number);
/* A person who is here or in grace. */
void store_put_present(struct store *s, uint64_t person);
void store_drop_present(struct store *s, uint64_t person);

/* Forgets every gateway, client and person present, to write them anew. */
void store_drop_attached(struct store *s);

/* What store_load() calls for each thing kept, in this order; posts by seq. */
struct store_reader {
	void *ctx;
	void (*epoch)(void *ctx, uint64_t epoch);
	void (*newest)(void *ctx, uint64_t seq); /* ever given; 0: none */
	void (*name)(void *ctx, const struct name_claim *claim);
	void (*session)(void *ctx, const struct session *session);
	void (*post)(void *ctx, const struct history_post *post);
	void (*login)(void *ctx, const struct login *login, uint64_t wall_ms);
	void (*letter)(void *ctx, const struct letter *letter, uint64_t wall_ms);
	/* silent_ms: as in store_put_silence() */
	void (*gateway)(void *ctx, uint64_t id, uint64_t number, struct slice reply,
			bool is_keyed, uint64_t silent_ms);
	void (*client)(void *ctx, uint64_t gateway, const struct client *client);
	void (*present)(void *ctx, uint64_t person);
	/* Oldest first. */
	void (*tally)(void *ctx, enum tally_kind kind, const struct secret_hash *key,
		      uint64_t wall_ms);
	void (*mail_pace)(void *ctx, uint64_t wall_ms);
	void (*proof)(void *ctx, const struct proof *proof); /* by time of use */
	void (*trail)(void *ctx, const struct trail_row *row);
	void (*trail_kept)(void *ctx, uint64_t number); /* 0: none */
	void (*ban)(void *ctx, const struct ban *ban);  /* by id */
};
/* keep: how many of the newest posts are wanted. */
enum status store_load(struct store *s, size_t keep,
		       const struct store_reader *reader) ATTR_USE_RESULT;

#endif
