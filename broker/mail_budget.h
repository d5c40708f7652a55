/* mail_budget.h - how many login mails may be asked for (SECURITY S1).
 *
 * Three limits at once: a least time between two mails to an address, mails to an address in an
 * hour, mails asked for from a network in an hour.  Kept in the broker, so that more gateways
 * do not mean more mails. */
#ifndef BROKER_MAIL_BUDGET_H
#define BROKER_MAIL_BUDGET_H

#include <stdint.h>

#include "broker/applicant.h"

struct mail_budget;

/* 0 lifts a limit. */
struct mail_budget *mail_budget_new(uint64_t per_address, uint64_t per_network,
				    uint64_t interval_ms);
void mail_budget_free(struct mail_budget **b);
/* 0: a mail may be sent now; else after how many ms. */
uint64_t mail_budget_wait(const struct mail_budget *b, const struct applicant *a,
			  uint64_t now_ms);
/* Counts a mail; mail_budget_wait() must have been 0. */
void mail_budget_take(struct mail_budget *b, const struct applicant *a, uint64_t now_ms);
void mail_budget_expire(struct mail_budget *b, uint64_t now_ms);

#endif
