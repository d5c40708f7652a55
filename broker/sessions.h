/* sessions.h - authenticated logins, found by the keyed hash of their token.
 *
 * What uses a session is its person: redeeming a code, resuming, posting, writing.  A connection that
 * is merely open does not, so a tab forgotten in a library is signed out in the end.
 * Bound: SESSIONS_MAX; over it the one unused for longest ends.  Times are wall clock, because
 * a session outlives the process. */
#ifndef BROKER_SESSIONS_H
#define BROKER_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/secret.h"

enum { SESSIONS_MAX = 200000 };

struct session {
	struct secret_hash token;
	uint64_t person; /* the name claim's id */
	uint64_t used_ms;
};

struct sessions;

/* ttl_ms: how long a session lives without use; 0: for ever. */
struct sessions *sessions_new(uint64_t ttl_ms);
/* From now on, for all. */
void sessions_set_ttl(struct sessions *s, uint64_t ttl_ms);
void sessions_free(struct sessions **s);

typedef void sessions_fn(void *ctx, const struct session *session);
/* Adds one, borrowed; when that passes the bound, on_end() hears which one ended. */
const struct session *sessions_add(struct sessions *s, const struct session *session,
				   sessions_fn *on_end, void *ctx);
/* Marks it used and gives it (borrowed); NULL: there is none, or it is too old. */
const struct session *sessions_use(struct sessions *s, const struct secret_hash *token,
				   uint64_t now_ms);
/* Ends those that were not used for the ttl. */
void sessions_expire(struct sessions *s, uint64_t now_ms, sessions_fn *on_end, void *ctx);
/* Ends this one, if it is there. */
void sessions_end(struct sessions *s, const struct secret_hash *token,
		  sessions_fn *on_end, void *ctx);
typedef bool sessions_test_fn(void *ctx, const struct session *session);
/* Ends those that the test says yes to. */
void sessions_end_if(struct sessions *s, sessions_test_fn *test, sessions_fn *on_end,
		     void *ctx);
/* Is it there?  Asking is no use of it. */
bool sessions_has(const struct sessions *s, const struct secret_hash *token);
/* How exactly the last use has to be known: a use this soon after the last one noted need not be. */
uint64_t sessions_grain(const struct sessions *s);
size_t sessions_count(const struct sessions *s);

#endif
