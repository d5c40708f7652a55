/* A table by ticket in the order of asking, and one by the connection that waits. */
#include "broker/logins.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/memory.h"
#include "common/utf8.h"

struct waiter {
	uint64_t gateway, client;
};

struct record {
	struct login login; /* first, so that the two convert */
	struct waiter waiter;
	bool is_awaited; /* in by_waiter */
	UT_hash_handle hh, hh_waiter;
};

struct logins {
	struct record *by_ticket; /* oldest first */
	struct record *by_waiter;
	uint64_t ttl_ms, tries;
	logins_fn *on_end;
	void *ctx;
};

struct logins *logins_new(uint64_t ttl_ms, uint64_t tries)
{
	struct logins *l = xcalloc(1, sizeof *l);

	l->ttl_ms = ttl_ms;
	l->tries = tries;
	return l;
}

void logins_set_tries(struct logins *l, uint64_t tries)
{
	l->tries = tries;
}

void logins_set_ttl(struct logins *l, uint64_t ttl_ms)
{
	l->ttl_ms = ttl_ms;
}

void logins_on_end(struct logins *l, logins_fn *on_end, void *ctx)
{
	l->on_end = on_end;
	l->ctx = ctx;
}

void logins_set_client(struct logins *l, struct login *login, uint64_t gateway,
		       uint64_t client)
{
	struct record *r = (struct record *)login;
	struct record *other;

	if (r->is_awaited)
		HASH_DELETE(hh_waiter, l->by_waiter, r);
	login->gateway = gateway;
	login->client = client;
	r->waiter = (struct waiter){gateway, client};
	r->is_awaited = gateway != 0;
	if (!r->is_awaited)
		return;
	HASH_FIND(hh_waiter, l->by_waiter, &r->waiter, sizeof r->waiter, other);
	if (other != NULL) /* a connection waits for one login: its latest */
		logins_end(l, &other->login);
	HASH_ADD(hh_waiter, l->by_waiter, waiter, sizeof r->waiter, r);
}

void logins_end(struct logins *l, struct login *login)
{
	struct record *r = (struct record *)login;

	if (r->is_awaited)
		HASH_DELETE(hh_waiter, l->by_waiter, r);
	HASH_DEL(l->by_ticket, r);
	if (l->on_end != NULL)
		l->on_end(l->ctx, login);
	free(r);
}

static uint64_t end_time(const struct logins *l, uint64_t now_ms)
{
	return l->ttl_ms == 0 ? UINT64_MAX : now_ms + l->ttl_ms;
}

struct login *logins_restore(struct logins *l, const struct login *login)
{
	struct record *r = xcalloc(1, sizeof *r);

	if (HASH_COUNT(l->by_ticket) >= LOGINS_MAX)
		logins_end(l, &l->by_ticket->login);
	r->login = *login;
	r->login.gateway = r->login.client = 0;
	HASH_ADD(hh, l->by_ticket, login.ticket, sizeof r->login.ticket, r);
	logins_set_client(l, &r->login, login->gateway, login->client);
	return &r->login;
}

struct login *logins_add(struct logins *l, const struct secret_hash *ticket,
			 uint64_t now_ms)
{
	struct login login = {.ticket = *ticket,
			      .expires_ms = end_time(l, now_ms),
			      .tries_left = l->tries};

	return logins_restore(l, &login);
}

static struct login *if_alive(struct record *r, uint64_t now_ms)
{
	return r == NULL || now_ms >= r->login.expires_ms ? NULL : &r->login;
}

struct login *logins_find(const struct logins *l, const struct secret_hash *ticket,
			  uint64_t now_ms)
{
	struct record *r;

	HASH_FIND(hh, l->by_ticket, ticket, sizeof *ticket, r);
	return if_alive(r, now_ms);
}

struct login *logins_of_client(const struct logins *l, uint64_t gateway, uint64_t client,
			       uint64_t now_ms)
{
	struct waiter key = {gateway, client};
	struct record *r;

	HASH_FIND(hh_waiter, l->by_waiter, &key, sizeof key, r);
	return if_alive(r, now_ms);
}

void logins_set_code(struct logins *l, struct login *login,
		     const struct secret_hash *code, uint64_t now_ms)
{
	login->code = *code;
	login->expires_ms = end_time(l, now_ms);
}

bool login_has_code(const struct login *login)
{
	static const struct secret_hash none;

	return !secret_hash_equal(&login->code, &none);
}

bool login_is_redeemed(const struct login *login)
{
	static const struct secret_hash none;

	return !secret_hash_equal(&login->claim, &none);
}

enum login_try logins_try(struct login *login, const struct secret_hash *code)
{
	static const struct secret_hash none;
	/* All comparisons are made whatever the first ones say: SECURITY C9. */
	bool is_right = secret_hash_equal(&login->code, code);
	bool has_code = !secret_hash_equal(&login->code, &none);
	bool is_alive = login->tries_left > 0;

	if (!is_alive)
		return LOGIN_DEAD;
	if (is_right && has_code)
		return LOGIN_RIGHT;
	return --login->tries_left == 0 ? LOGIN_LAST : LOGIN_WRONG;
}

uint64_t login_number(const struct login *login)
{
	uint64_t number;

	memcpy(&number, login->ticket.bytes, sizeof number); /* as random as its hash */
	return number;
}

void logins_each(struct logins *l, logins_each_fn *each, void *ctx)
{
	struct record *r, *next;

	HASH_ITER (hh, l->by_ticket, r, next)
		each(ctx, &r->login);
}

void logins_expire(struct logins *l, uint64_t now_ms)
{
	struct record *r, *next;

	HASH_ITER (hh, l->by_ticket, r, next) {
		if (now_ms >= r->login.expires_ms)
			logins_end(l, &r->login);
	}
}

void logins_end_redeemed(struct logins *l, const struct secret_hash *owner)
{
	struct record *r, *next;

	HASH_ITER (hh, l->by_ticket, r, next) {
		if (login_is_redeemed(&r->login) &&
		    secret_hash_equal(&r->login.owner, owner))
			logins_end(l, &r->login);
	}
}

size_t logins_count(const struct logins *l)
{
	return HASH_COUNT(l->by_ticket);
}

void logins_free(struct logins **l)
{
	if (l == NULL || *l == NULL)
		return;
	(*l)->on_end = NULL;
	while ((*l)->by_ticket != NULL)
		logins_end(*l, &(*l)->by_ticket->login);
	free(*l);
	*l = NULL;
}

void login_code_make(const struct entropy *e, char out[LOGIN_CODE_SIZE])
{
	uint32_t value = e->below(e->ctx, 100000000); /* 10 to the LOGIN_CODE_DIGITS */

	if (!fmt(out, LOGIN_CODE_SIZE, "%08" PRIu32, value))
		abort(); /* below() broke its contract */
}

/* A digit's value, -1 for what may stand between digits, -2 for anything else. */
static int digit_of(uint32_t c)
{
	if (c >= '0' && c <= '9')
		return (int)(c - '0');
	if (c >= 0xff10 && c <= 0xff19) /* full-width */
		return (int)(c - 0xff10);
	return c == ' ' || c == '\t' || c == '-' || c == 0x2010 || c == 0x2011 ||
			       c == 0x2013 || c == 0xa0
		       ? -1
		       : -2;
}

bool login_code_read(struct slice typed, char out[LOGIN_CODE_SIZE])
{
	char run[LOGIN_CODE_SIZE] = "";
	size_t n = 0, codes = 0;
	bool more = true;

	out[0] = '\0';
	while (more) {
		uint32_t c;
		int digit = -2; /* the end of the text ends a run, too */

		more = utf8_next(&typed, &c);
		if (more)
			digit = digit_of(c);
		if (digit >= 0 && n < LOGIN_CODE_DIGITS)
			run[n] = (char)('0' + digit);
		if (digit >= 0)
			n++;
		if (digit != -2)
			continue;
		if (n == LOGIN_CODE_DIGITS) {
			memcpy(out, run, sizeof run);
			codes++;
		}
		n = 0;
	}
	secret_wipe(run, sizeof run);
	return typed.len == 0 && codes == 1;
}
