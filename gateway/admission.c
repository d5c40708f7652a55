#include "gateway/admission.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/memory.h"

struct network {
	struct forwarded_address key;
	uint64_t sockets;
	UT_hash_handle hh;
};

struct admission {
	struct network *networks;
	uint64_t unknown;
};

struct admission *admission_new(void)
{
	return xcalloc(1, sizeof(struct admission));
}

void admission_free(struct admission **a)
{
	struct network *n, *next;

	if (a == NULL || *a == NULL)
		return;
	HASH_ITER (hh, (*a)->networks, n, next) {
		HASH_DEL((*a)->networks, n);
		free(n);
	}
	free(*a);
	*a = NULL;
}

static struct network *find(const struct admission *a,
			    const struct forwarded_address *key)
{
	struct network *n;

	HASH_FIND(hh, a->networks, key, sizeof *key, n);
	return n;
}

enum admission_answer admission_of_network(const struct admission *a,
					   const struct admission_limits *limits,
					   const struct forwarded_address *from)
{
	struct forwarded_address key = forwarded_network(from);
	const struct network *n = find(a, &key);

	return limits->per_network > 0 && n != NULL && n->sockets >= limits->per_network
		       ? ADMISSION_NETWORK
		       : ADMISSION_GOOD;
}

enum admission_answer admission_of_unknown(const struct admission *a,
					   const struct admission_limits *limits)
{
	return limits->unknown > 0 && a->unknown >= limits->unknown ? ADMISSION_UNKNOWN
								    : ADMISSION_GOOD;
}

void admission_enter(struct admission *a, const struct forwarded_address *from)
{
	struct forwarded_address key = forwarded_network(from);
	struct network *n = find(a, &key);

	if (n == NULL) {
		n = xcalloc(1, sizeof *n);
		n->key = key;
		HASH_ADD(hh, a->networks, key, sizeof n->key, n);
	}
	n->sockets++;
}

void admission_leave(struct admission *a, const struct forwarded_address *from)
{
	struct forwarded_address key = forwarded_network(from);
	struct network *n = find(a, &key);

	if (n == NULL || --n->sockets > 0)
		return;
	HASH_DEL(a->networks, n);
	free(n);
}

void admission_unknown_enters(struct admission *a)
{
	a->unknown++;
}

void admission_unknown_leaves(struct admission *a)
{
	if (a->unknown > 0)
		a->unknown--;
}

size_t admission_networks(const struct admission *a)
{
	return HASH_COUNT(a->networks);
}

uint64_t admission_unknown(const struct admission *a)
{
	return a->unknown;
}
