/* A table by id, oldest letter first. */
#include "broker/mail_desk.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/memory.h"

struct record {
	struct letter letter; /* first, so that the two convert */
	UT_hash_handle hh;
};

struct mail_desk {
	struct record *letters;
};

struct mail_desk *mail_desk_new(void)
{
	return xcalloc(1, sizeof(struct mail_desk));
}

static struct record *find(const struct mail_desk *d, uint64_t id)
{
	struct record *r;

	HASH_FIND(hh, d->letters, &id, sizeof id, r);
	return r;
}

/* The code goes with the letter. */
static void forget(struct mail_desk *d, struct record *r)
{
	HASH_DEL(d->letters, r);
	secret_wipe(r, sizeof *r);
	free(r);
}

bool mail_desk_add(struct mail_desk *d, const struct letter *letter)
{
	struct record *r;

	if (HASH_COUNT(d->letters) >= MAIL_DESK_MAX)
		return false;
	r = xcalloc(1, sizeof *r);
	r->letter = *letter;
	HASH_ADD(hh, d->letters, letter.id, sizeof r->letter.id, r);
	return true;
}

static bool is_held(const struct letter *l, uint64_t now_ms)
{
	return l->mailer != 0 && now_ms < l->lease_until_ms;
}

/* What this mailer was offered and has not yet taken; NULL: nothing. */
static struct letter *offer_of(struct mail_desk *d, uint64_t mailer, uint64_t now_ms)
{
	for (struct record *r = d->letters; r != NULL; r = r->hh.next) {
		if (r->letter.is_offered && r->letter.mailer == mailer &&
		    is_held(&r->letter, now_ms) && now_ms < r->letter.expires_ms)
			return &r->letter;
	}
	return NULL;
}

const struct letter *mail_desk_take(struct mail_desk *d, uint64_t mailer, uint64_t now_ms)
{
	struct letter *offer = offer_of(d, mailer, now_ms);

	if (offer != NULL) {
		if (now_ms - offer->given_ms < MAIL_AGAIN_MS)
			return NULL;
		offer->given_ms = now_ms;
		return offer;
	}
	for (struct record *r = d->letters; r != NULL; r = r->hh.next) {
		struct letter *l = &r->letter;

		if (now_ms >= l->expires_ms || is_held(l, now_ms))
			continue;
		l->mailer = mailer;
		l->is_offered = true;
		l->given_ms = now_ms;
		l->lease_until_ms = now_ms + MAIL_OFFER_MS;
		return l;
	}
	return NULL;
}

const struct letter *mail_desk_get(const struct mail_desk *d, uint64_t letter)
{
	const struct record *r = find(d, letter);

	return r != NULL ? &r->letter : NULL;
}

bool mail_desk_report(struct mail_desk *d, uint64_t mailer, uint64_t letter,
		      enum mail_state state, uint64_t retry_ms, uint64_t now_ms)
{
	struct record *r = find(d, letter);

	if (r == NULL || (r->letter.mailer != 0 && r->letter.mailer != mailer))
		return false;
	switch (state) {
	case MAIL_TAKEN:
	case MAIL_DEFERRED:
		r->letter.mailer = mailer;
		r->letter.is_offered = false;
		/* retry_ms is the mailer's word: no lease is longer than an hour for it. */
		r->letter.lease_until_ms = now_ms + MAIL_LEASE_MS +
					   (retry_ms < 3600000 ? retry_ms : 3600000);
		return true;
	case MAIL_SENT:
	case MAIL_REFUSED:
	case MAIL_EXPIRED:
		forget(d, r);
		return true;
	case MAIL_QUEUED:
		r->letter.mailer = 0; /* given back */
		r->letter.is_offered = false;
		return true;
	case MAIL_WITHHELD:
		break; /* not a mailer's to say */
	}
	return false;
}

bool mail_desk_note(struct mail_desk *d, uint64_t letter, enum mail_state state,
		    uint64_t attempt)
{
	struct record *r = find(d, letter);

	if (r == NULL || (r->letter.state == state && r->letter.attempt == attempt))
		return false;
	r->letter.state = state;
	r->letter.attempt = attempt;
	return true;
}

void mail_desk_withdraw(struct mail_desk *d, uint64_t letter)
{
	struct record *r = find(d, letter);

	if (r != NULL)
		forget(d, r);
}

void mail_desk_expire(struct mail_desk *d, uint64_t now_ms)
{
	struct record *r, *next;

	HASH_ITER (hh, d->letters, r, next) {
		if (now_ms >= r->letter.expires_ms)
			forget(d, r);
	}
}

const struct letter *mail_desk_oldest(const struct mail_desk *d)
{
	return d->letters != NULL ? &d->letters->letter : NULL;
}

size_t mail_desk_held_by(const struct mail_desk *d, uint64_t mailer, uint64_t now_ms)
{
	size_t n = 0;

	for (const struct record *r = d->letters; r != NULL; r = r->hh.next)
		n += r->letter.mailer == mailer && is_held(&r->letter, now_ms) ? 1 : 0;
	return n;
}

size_t mail_desk_count(const struct mail_desk *d)
{
	return HASH_COUNT(d->letters);
}

void mail_desk_free(struct mail_desk **d)
{
	if (d == NULL || *d == NULL)
		return;
	while ((*d)->letters != NULL)
		forget(*d, (*d)->letters);
	free(*d);
	*d = NULL;
}

void mail_reference_make(const struct entropy *e, char out[REFERENCE_SIZE])
{
	static const char alphabet[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

	for (size_t i = 0; i < REFERENCE_SIZE - 1; i++)
		out[i] = i == 3 ? '-' : alphabet[e->below(e->ctx, sizeof alphabet - 1)];
	out[REFERENCE_SIZE - 1] = '\0';
}
