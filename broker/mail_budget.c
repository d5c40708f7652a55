/* Three limits must all allow a mail; where they do not, the browser's own reserve may. */
#include "broker/mail_budget.h"

#include <stdlib.h>
#include <string.h>

#include "broker/store.h"
#include "common/bucket.h"
#include "common/memory.h"

enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS };

struct mail_budget {
	struct tally *addresses, *networks, *proofs;
	struct bucket_rule pace;
	struct bucket all;
	uint64_t reserve_hour;
	struct store *store;
};

/* What the limits are for each tally. */
struct rules {
	struct tally_rule address[TALLY_RULES], network[TALLY_RULES],
		reserve[TALLY_RULES];
};

static struct rules rules_of(const struct mail_limits *l)
{
	const struct tally_rule interval = {l->interval_ms == 0 ? 0 : 1, l->interval_ms};

	return (struct rules){.address = {interval,
					  {l->per_address_hour, HOUR_MS},
					  {l->per_address_day, DAY_MS}},
			      .network = {{l->per_network_hour, HOUR_MS}},
			      .reserve = {interval, {l->reserve_hour, HOUR_MS}}};
}

static void set_pace(struct mail_budget *b, const struct mail_limits *l)
{
	b->pace = (struct bucket_rule){l->pace_ms, l->pace_burst > 0 ? l->pace_burst : 1};
	b->reserve_hour = l->reserve_hour;
}

struct mail_budget *mail_budget_new(const struct mail_limits *l, struct store *store)
{
	const struct rules rules = rules_of(l);
	struct mail_budget *b = xcalloc(1, sizeof *b);

	b->store = store;
	b->addresses = tally_new(TALLY_MAILS_TO_ADDRESS, rules.address, store);
	b->networks = tally_new(TALLY_MAILS_OF_NETWORK, rules.network, store);
	b->proofs = tally_new(TALLY_MAILS_OF_PROOF, rules.reserve, store);
	set_pace(b, l);
	return b;
}

void mail_budget_set_limits(struct mail_budget *b, const struct mail_limits *l)
{
	const struct rules rules = rules_of(l);

	tally_set_rules(b->addresses, rules.address);
	tally_set_rules(b->networks, rules.network);
	tally_set_rules(b->proofs, rules.reserve);
	set_pace(b, l);
}

void mail_budget_free(struct mail_budget **b)
{
	if (b == NULL || *b == NULL)
		return;
	tally_free(&(*b)->addresses);
	tally_free(&(*b)->networks);
	tally_free(&(*b)->proofs);
	free(*b);
	*b = NULL;
}

static enum mail_answer ask_ordinary(const struct mail_budget *b,
				     const struct mail_asker *who, uint64_t now_ms,
				     uint64_t *wait_ms)
{
	const uint64_t waits[] = {
		tally_wait(b->addresses, who->address_key, now_ms),
		tally_wait(b->networks, who->network_key, now_ms),
		b->pace.interval_ms == 0 ? 0 : bucket_wait(&b->all, &b->pace, now_ms)};
	enum mail_answer answer = MAIL_MAY;

	*wait_ms = 0;
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		if (waits[i] > *wait_ms) {
			*wait_ms = waits[i];
			answer = (enum mail_answer)(MAIL_MAY_NOT_ADDRESS + i);
		}
	}
	return answer;
}

static bool has_reserve(const struct mail_budget *b, const struct mail_asker *who)
{
	static const struct secret_hash none;

	return b->reserve_hour > 0 && !secret_hash_equal(who->proof, &none);
}

enum mail_answer mail_budget_ask(const struct mail_budget *b,
				 const struct mail_asker *who, uint64_t now_ms,
				 uint64_t *wait_ms)
{
	enum mail_answer answer = ask_ordinary(b, who, now_ms, wait_ms);
	uint64_t reserve_ms;

	if (answer == MAIL_MAY || !has_reserve(b, who))
		return answer;
	reserve_ms = tally_wait(b->proofs, who->proof, now_ms);
	if (reserve_ms < *wait_ms)
		*wait_ms = reserve_ms;
	return reserve_ms == 0 ? MAIL_MAY_RESERVE : answer;
}

void mail_budget_take(struct mail_budget *b, const struct mail_asker *who,
		      enum mail_answer allowed, uint64_t now_ms, uint64_t wall_ms)
{
	if (allowed == MAIL_MAY_RESERVE) {
		tally_add(b->proofs, who->proof, now_ms, wall_ms);
		return;
	}
	tally_add(b->addresses, who->address_key, now_ms, wall_ms);
	tally_add(b->networks, who->network_key, now_ms, wall_ms);
	if (b->pace.interval_ms == 0)
		return;
	(void)bucket_take(&b->all, &b->pace, now_ms);
	store_put_mail_pace(b->store, wall_ms + (b->all.full_at_ms - now_ms));
}

void mail_budget_expire(struct mail_budget *b, uint64_t now_ms, uint64_t wall_ms)
{
	tally_expire(b->addresses, now_ms, wall_ms);
	tally_expire(b->networks, now_ms, wall_ms);
	tally_expire(b->proofs, now_ms, wall_ms);
}

void mail_budget_restore(struct mail_budget *b, enum tally_kind kind,
			 const struct secret_hash *key, uint64_t age_ms, uint64_t now_ms)
{
	struct tally *const tables[TALLY_KINDS] = {[TALLY_MAILS_TO_ADDRESS] =
							   b->addresses,
						   [TALLY_MAILS_OF_NETWORK] = b->networks,
						   [TALLY_MAILS_OF_PROOF] = b->proofs};

	if (kind < TALLY_KINDS && tables[kind] != NULL)
		tally_restore(tables[kind], key, age_ms, now_ms);
}

void mail_budget_restore_pace(struct mail_budget *b, uint64_t full_in_ms, uint64_t now_ms)
{
	uint64_t most = b->pace.interval_ms * b->pace.burst;

	b->all.full_at_ms = now_ms + (full_in_ms < most ? full_in_ms : most);
}
