/* Logins in the order of asking, a table by ticket, and one by the connection that waits. */
#include "broker/logins.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/pool.h"
#include "common/table.h"
#include "common/utf8.h"

struct waiter {
	uint64_t gateway, client;
};

struct record {
	struct login login; /* first, so that the two convert */
	char *who;          /* name and email, each terminated */
};

struct logins {
	struct pool *records; /* oldest first */
	struct table *by_ticket;
	struct table *by_waiter; /* those that somebody waits for */
	uint64_t ttl_ms, tries;
	logins_fn *on_end;
	void *ctx;
};

static uint64_t ticket_hash(const void *records, uint32_t number)
{
	const struct login *login = pool_at(records, number);

	return secret_scatter(&login->ticket, sizeof login->ticket);
}

static bool is_ticket(const void *records, uint32_t number, void *ticket)
{
	const struct login *login = pool_at(records, number);

	return secret_hash_equal(&login->ticket, ticket);
}

static uint64_t waiter_hash(const void *records, uint32_t number)
{
	const struct login *login = pool_at(records, number);
	const struct waiter w = {login->gateway, login->client};

	return secret_scatter(&w, sizeof w);
}

static bool is_waiter(const void *records, uint32_t number, void *waiter)
{
	const struct login *login = pool_at(records, number);
	const struct waiter *w = waiter;

	return login->gateway == w->gateway && login->client == w->client;
}

static uint32_t number_of(const struct logins *l, const struct secret_hash *ticket)
{
	struct secret_hash key = *ticket;

	return table_find(l->by_ticket, secret_scatter(&key, sizeof key), is_ticket,
			  &key);
}

static struct login *waited_for(const struct logins *l, uint64_t gateway, uint64_t client)
{
	struct waiter w = {gateway, client};
	uint32_t number =
		table_find(l->by_waiter, secret_scatter(&w, sizeof w), is_waiter, &w);

	return number != TABLE_NONE ? pool_at(l->records, number) : NULL;
}

struct logins *logins_new(uint64_t ttl_ms, uint64_t tries)
{
	struct logins *l = xcalloc(1, sizeof *l);

	l->records = pool_new(sizeof(struct record));
	l->by_ticket = table_new(l->records, ticket_hash);
	l->by_waiter = table_new(l->records, waiter_hash);
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
	uint32_t number = number_of(l, &login->ticket);
	struct login *other;

	if (login->gateway != 0)
		table_remove(l->by_waiter, number);
	login->gateway = gateway;
	login->client = client;
	if (gateway == 0)
		return;
	other = waited_for(l, gateway, client);
	if (other != NULL) /* a connection waits for one login: its latest */
		logins_end(l, other);
	table_add(l->by_waiter, number);
}

void logins_set_who(struct logins *l, struct login *login, struct slice name,
		    struct slice email)
{
	struct record *r = pool_at(l->records, number_of(l, &login->ticket));
	char *who = xasprintf("%.*s%c%.*s", SLICE_ARGS(name), '\0', SLICE_ARGS(email));

	free(r->who);
	r->who = who;
	login->name = who;
	login->email = who + strlen(who) + 1;
}

void logins_end(struct logins *l, struct login *login)
{
	struct record *r = (struct record *)login;
	uint32_t number = number_of(l, &login->ticket);

	if (login->gateway != 0)
		table_remove(l->by_waiter, number);
	table_remove(l->by_ticket, number);
	if (l->on_end != NULL)
		l->on_end(l->ctx, login);
	free(r->who);
	pool_remove(l->records, number);
}

static uint64_t end_time(const struct logins *l, uint64_t now_ms)
{
	return l->ttl_ms == 0 ? UINT64_MAX : now_ms + l->ttl_ms;
}

struct login *logins_restore(struct logins *l, const struct login *login)
{
	struct login *copy;
	uint32_t number;

	if (pool_count(l->records) >= LOGINS_MAX)
		logins_end(l, pool_at(l->records, pool_first(l->records)));
	number = pool_add(l->records);
	copy = pool_at(l->records, number);
	*copy = *login;
	copy->gateway = copy->client = 0;
	table_add(l->by_ticket, number);
	logins_set_who(l, copy, slice_of(login->name), slice_of(login->email));
	logins_set_client(l, copy, login->gateway, login->client);
	return copy;
}

struct login *logins_add(struct logins *l, const struct secret_hash *ticket,
			 uint64_t now_ms)
{
	struct login login = {.ticket = *ticket,
			      .expires_ms = end_time(l, now_ms),
			      .tries_left = l->tries};

	return logins_restore(l, &login);
}

static struct login *if_alive(struct login *login, uint64_t now_ms)
{
	return login == NULL || now_ms >= login->expires_ms ? NULL : login;
}

struct login *logins_find(const struct logins *l, const struct secret_hash *ticket,
			  uint64_t now_ms)
{
	uint32_t number = number_of(l, ticket);

	return number != TABLE_NONE ? if_alive(pool_at(l->records, number), now_ms)
				    : NULL;
}

struct login *logins_of_client(const struct logins *l, uint64_t gateway, uint64_t client,
			       uint64_t now_ms)
{
	return if_alive(waited_for(l, gateway, client), now_ms);
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
	uint32_t next;

	for (uint32_t i = pool_first(l->records); i != POOL_NONE; i = next) {
		next = pool_next(l->records, i);
		each(ctx, pool_at(l->records, i));
	}
}

void logins_expire(struct logins *l, uint64_t now_ms)
{
	uint32_t next;

	for (uint32_t i = pool_first(l->records); i != POOL_NONE; i = next) {
		struct login *login = pool_at(l->records, i);

		next = pool_next(l->records, i);
		if (now_ms >= login->expires_ms)
			logins_end(l, login);
	}
}

void logins_end_redeemed(struct logins *l, const struct secret_hash *owner)
{
	uint32_t next;

	for (uint32_t i = pool_first(l->records); i != POOL_NONE; i = next) {
		struct login *login = pool_at(l->records, i);

		next = pool_next(l->records, i);
		if (login_is_redeemed(login) && secret_hash_equal(&login->owner, owner))
			logins_end(l, login);
	}
}

size_t logins_count(const struct logins *l)
{
	return pool_count(l->records);
}

void logins_free(struct logins **l)
{
	if (l == NULL || *l == NULL)
		return;
	(*l)->on_end = NULL;
	while (pool_count((*l)->records) > 0)
		logins_end(*l, pool_at((*l)->records, pool_first((*l)->records)));
	table_free(&(*l)->by_ticket);
	table_free(&(*l)->by_waiter);
	pool_free(&(*l)->records);
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
