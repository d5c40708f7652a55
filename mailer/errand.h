/* errand.h - one letter in hand: what is sent, how far it got, whose it is, and what is written about
 * it.
 *
 * What is to be done with a letter is decided in one place (errand_next()), and then done in three
 * steps, of which the second is common to all errands of a turn: errand_write() within a transaction,
 * its commit, errand_tell().  So nothing is told that is not on the disk (SECURITY A4), and a disk
 * that refuses changes nothing: the same is decided again in a later turn. */
#ifndef MAILER_ERRAND_H
#define MAILER_ERRAND_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/status.h"
#include "mailer/delivery.h"
#include "mailer/detail.h"
#include "mailer/lease.h"
#include "mailer/letter.h"
#include "mailer/outbox.h"

struct audit;
struct mailer;
struct refusals;
struct reports;

struct errand {
	struct errand *prev, *next; /* in its mailer's list */
	struct mailer *mailer;
	struct letter *letter; /* NULL: nothing will be sent (any more) */
	struct outbox_row row; /* as it is on the disk; its detail is the one below */
	char detail[DETAIL_CAP];
	uint64_t name; /* of the mailer that has the lease, on the bus */
	uint64_t gateway;
	char *reference, *network, *code;
	struct delivery delivery;
	struct lease lease;
	uint64_t due_ms; /* of the next try */
	bool asked;      /* a report that may renew the lease is on its way */
	bool sending;    /* an attempt is on its thread */
	bool attempted;  /* and has ended; not written yet: */
	struct delivery_result result;
	struct delivery_step step;
	bool interrupted; /* a mailer ended while it was being sent */
	bool disowned;    /* the broker says it is not ours: no further try */
	bool answered;    /* the broker knows what became of it */
};

enum errand_act {
	ACT_NOTHING,
	ACT_CONFIRM, /* ask the broker whether it is ours still; not written */
	ACT_SEND,    /* begin an attempt */
	ACT_RECORD,  /* the result of an attempt */
	ACT_EXPIRE,
	ACT_RESUME,    /* go on with what was interrupted */
	ACT_GIVE_BACK, /* this and the following end the errand */
	ACT_LEAVE,     /* it is not ours any more */
	ACT_FORGET,    /* all is done */
};

/* What an errand may do in this turn. */
struct errand_turn {
	uint64_t now_ms;
	uint64_t timeout_ms; /* of an attempt */
	bool may_send;       /* there is a thread for it, and no pause */
	bool draining;
};

/* Where facts about letters go. */
struct errand_books {
	struct audit *audit;
	struct reports *reports;
	const char *key; /* of the transport: never kept or logged; NULL: none */
	struct refusals *refusals;
};

/* Takes letter, which may be NULL; l: what the broker gave, NULL when that cannot be read. */
struct errand *errand_new(struct mailer *m, uint64_t name, const struct outbox_row *row,
			  const struct bus_letter *l, struct letter *letter);
void errand_free(struct errand **e);

/* Pure. */
enum errand_act errand_next(const struct errand *e, const struct errand_turn *t);
/* Within a transaction; it may be done again when that fails. */
void errand_write(struct errand *e, enum errand_act act, const struct errand_books *books,
		  uint64_t wall_ms);
/* Once it is on the disk: logs and reports, and brings e up to date. */
void errand_tell(struct errand *e, enum errand_act act, const struct errand_books *books,
		 uint64_t now_ms);
/* The row without which a letter is not sent; within a transaction. */
void errand_write_request(const struct errand *e, const struct errand_books *books,
			  uint64_t wall_ms);
/* Reports the state that the errand is in. */
void errand_report(struct errand *e, const struct errand_books *books);
/* Notes the end of an attempt. */
void errand_attempted(struct errand *e, const struct delivery_result *result,
		      uint64_t now_ms, const struct entropy *entropy);
/* Nothing will be sent any more. */
bool errand_is_over(const struct errand *e);
/* Writes and reports that a letter is not fit to be sent at all (SECURITY M1). */
enum status errand_refuse(const struct bus_letter *l, uint64_t name,
			  const struct errand_books *books,
			  uint64_t wall_ms) ATTR_USE_RESULT;

#endif
