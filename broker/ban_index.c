/* Slots of a hash table, each with the bans of one number. */
#include "broker/ban_index.h"

#include <assert.h>
#include <stdlib.h>

#include <uthash.h>
#include <utlist.h>

#include "common/memory.h"

/* What kind of number it is: bans of different kinds may have the same. */
enum class {
	OF_NAME,
	OF_OWNER,
	OF_FOLDED,
	OF_MUTED_OWNER,
	OF_MUTED_FOLDED,
	OF_NETWORK, /* and its bits more */
};

struct key {
	uint64_t class, number;
};

struct link {
	const struct ban *ban;
	struct link *next;
};

struct slot {
	struct key key;
	struct link *links;
	UT_hash_handle hh;
};

static const enum class classes[BAN_KINDS][BAN_NUMBERS] = {
	[BAN_NAME] = {OF_NAME, OF_NAME},
	[BAN_PERSON] = {OF_OWNER, OF_FOLDED},
	[BAN_ADDRESS] = {OF_OWNER, OF_FOLDED},
	[BAN_MUTE] = {OF_MUTED_OWNER, OF_MUTED_FOLDED}};

struct ban_index {
	struct slot *slots;
	size_t of_bits[IP_ADDRESS_BITS + 1]; /* networks of so many bits */
};

struct ban_index *ban_index_new(void)
{
	return xcalloc(1, sizeof(struct ban_index));
}

void ban_index_free(struct ban_index **x)
{
	if (x == NULL || *x == NULL)
		return;
	assert((*x)->slots == NULL);
	free(*x);
	*x = NULL;
}

static uint64_t number_of(const struct ip_network *n)
{
	return secret_number((struct slice){(const char *)n->bytes, sizeof n->bytes});
}

static size_t keys_of(const struct ban *ban, struct key out[BAN_NUMBERS])
{
	size_t n = 0;

	if (ban->kind == BAN_NETWORK) {
		out[n++] = (struct key){OF_NETWORK + ban->network.bits,
					number_of(&ban->network)};
		return n;
	}
	for (size_t i = 0; i < BAN_NUMBERS; i++) {
		if (ban->numbers.at[i] != 0 &&
		    (i == 0 || ban->numbers.at[i] != ban->numbers.at[0]))
			out[n++] =
				(struct key){classes[ban->kind][i], ban->numbers.at[i]};
	}
	return n;
}

static struct slot *find_slot(const struct ban_index *x, struct key key)
{
	struct slot *s;

	HASH_FIND(hh, x->slots, &key, sizeof key, s);
	return s;
}

static void add_key(struct ban_index *x, const struct ban *ban, struct key key)
{
	struct slot *s = find_slot(x, key);
	struct link *link = xcalloc(1, sizeof *link);

	if (s == NULL) {
		s = xcalloc(1, sizeof *s);
		s->key = key;
		HASH_ADD(hh, x->slots, key, sizeof s->key, s);
	}
	link->ban = ban;
	LL_PREPEND(s->links, link);
}

static void remove_key(struct ban_index *x, const struct ban *ban, struct key key)
{
	struct slot *s = find_slot(x, key);
	struct link *link, *next;

	LL_FOREACH_SAFE (s->links, link, next) {
		if (link->ban != ban)
			continue;
		LL_DELETE(s->links, link);
		free(link);
	}
	if (s->links == NULL) {
		HASH_DEL(x->slots, s);
		free(s);
	}
}

void ban_index_add(struct ban_index *x, const struct ban *ban)
{
	struct key keys[BAN_NUMBERS];
	size_t n = keys_of(ban, keys);

	for (size_t i = 0; i < n; i++)
		add_key(x, ban, keys[i]);
	if (ban->kind == BAN_NETWORK)
		x->of_bits[ban->network.bits]++;
}

void ban_index_remove(struct ban_index *x, const struct ban *ban)
{
	struct key keys[BAN_NUMBERS];
	size_t n = keys_of(ban, keys);

	for (size_t i = 0; i < n; i++)
		remove_key(x, ban, keys[i]);
	if (ban->kind == BAN_NETWORK)
		x->of_bits[ban->network.bits]--;
}

bool ban_is_like(const struct ban *a, const struct ban *b)
{
	struct key x[BAN_NUMBERS], y[BAN_NUMBERS];
	size_t n_x = keys_of(a, x), n_y = keys_of(b, y);

	for (size_t i = 0; i < n_x && a->kind == b->kind; i++) {
		for (size_t k = 0; k < n_y; k++) {
			if (x[i].class == y[k].class && x[i].number == y[k].number)
				return true;
		}
	}
	return false;
}

/* -- asking -- */

static uint64_t end_of(const struct ban *ban)
{
	return ban == NULL ? 0 : ban->until_ms == 0 ? UINT64_MAX : ban->until_ms;
}

/* The one that lasts longest, of best and those of this number. */
static const struct ban *longest(const struct ban_index *x, struct key key,
				 uint64_t wall_ms, const struct ban *best)
{
	const struct slot *s = key.number != 0 ? find_slot(x, key) : NULL;
	const struct link *link;

	LL_FOREACH (s != NULL ? s->links : NULL, link) {
		if (!ban_is_over(link->ban, wall_ms) && end_of(link->ban) > end_of(best))
			best = link->ban;
	}
	return best;
}

const struct ban *ban_index_find(const struct ban_index *x, enum ban_kind kind,
				 const struct ban_numbers *n, uint64_t wall_ms)
{
	const struct ban *best = NULL;

	for (size_t i = 0; i < BAN_NUMBERS; i++)
		best = longest(x, (struct key){classes[kind][i], n->at[i]}, wall_ms,
			       best);
	return best;
}

const struct ban *ban_index_find_network(const struct ban_index *x, struct slice address,
					 uint64_t wall_ms)
{
	struct ip_network around = {.bits = IP_ADDRESS_BITS};
	const struct ban *best = NULL;

	if (!ip_address_read(address, around.bytes))
		return NULL;
	for (unsigned bits = IP_ADDRESS_BITS; bits > 0; bits--) {
		if (x->of_bits[bits] == 0)
			continue;
		ip_network_cut(&around, bits);
		best = longest(x, (struct key){OF_NETWORK + bits, number_of(&around)},
			       wall_ms, best);
	}
	return best;
}
