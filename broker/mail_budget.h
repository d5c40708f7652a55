/* mail_budget.h - how many login mails may be asked for (SECURITY S1), and the reserve of browsers that
 * have proven the address before (C15).
 *
 * Kept in the broker, so that more gateways do not mean more mails, and in its journal, so that a restart
 * does not fill it up. */
#ifndef BROKER_MAIL_BUDGET_H
#define BROKER_MAIL_BUDGET_H

#include <stdint.h>

#include "broker/applicant.h"
#include "broker/tally.h"

/* 0 lifts a limit. */
struct mail_limits {
	uint64_t interval_ms;         /* between two mails to one address */
	uint64_t per_address_hour;    /* in any hour */
	uint64_t per_address_day;     /* in any day */
	uint64_t per_network_hour;    /* asked for from one network, in any hour */
	uint64_t pace_ms, pace_burst; /* of all mails together: a bucket (bucket.h) */
	uint64_t reserve_hour;        /* for a browser that has proven the address */
};

struct mail_budget;
struct store;

/* proof: all zero for a browser that has none. */
struct mail_asker {
	const struct secret_hash *address_key, *network_key, *proof;
};

enum mail_answer {
	MAIL_MAY,         /* one mail may be sent now */
	MAIL_MAY_RESERVE, /* by the browser's reserve */
	MAIL_MAY_NOT_ADDRESS,
	MAIL_MAY_NOT_NETWORK,
	MAIL_MAY_NOT_ROOM,
};

struct mail_budget *mail_budget_new(const struct mail_limits *limits,
				    struct store *store);
/* Other limits from now on; what was counted stays counted. */
void mail_budget_set_limits(struct mail_budget *b, const struct mail_limits *l);
void mail_budget_free(struct mail_budget **b);
/* May a mail be sent?  *wait_ms: 0, or after how long asking again makes sense. */
enum mail_answer mail_budget_ask(const struct mail_budget *b,
				 const struct mail_asker *who, uint64_t now_ms,
				 uint64_t *wait_ms);
/* Counts a mail that was allowed by this answer. */
void mail_budget_take(struct mail_budget *b, const struct mail_asker *who,
		      enum mail_answer allowed, uint64_t now_ms, uint64_t wall_ms);
void mail_budget_expire(struct mail_budget *b, uint64_t now_ms, uint64_t wall_ms);

/* From the store: a mail of age_ms ago, and when the bucket of all will be full. */
void mail_budget_restore(struct mail_budget *b, enum tally_kind kind,
			 const struct secret_hash *key, uint64_t age_ms, uint64_t now_ms);
void mail_budget_restore_pace(struct mail_budget *b, uint64_t full_in_ms,
			      uint64_t now_ms);

#endif
