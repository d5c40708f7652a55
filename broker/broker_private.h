/* broker_private.h - the broker's parts, for broker*.c: commands (broker_batch.c), mail (broker_mail.c), control
 * (broker_control.c and what it asks for: broker_backup.c, broker_bans.c, broker_clients.c, broker_tail.c,
 * broker_view.c), the start from the store (broker_load.c) and a full disk (broker_full.c). */
#ifndef BROKER_BROKER_PRIVATE_H
#define BROKER_BROKER_PRIVATE_H

#include <stdbool.h>

#include "broker/broker.h"
#include "broker/broker_metrics.h"
#include "broker/mailers.h"
#include "common/bus.h"
#include "common/bus_queue.h"
#include "common/complaints.h"

/* A mailer's request for a letter, held until there is one or its time is over. */
struct held_take {
	struct bus_call *call; /* NULL: free */
	struct bus_take take;
	uint64_t until_ms;
};

/* A question of plumectl tail, held until there is a post or its time is over.  More than TAILS_MAX are
 * refused, so that other questions find room. */
enum { TAILS_MAX = 8 };
struct held_tail {
	struct bus_call *call; /* NULL: free */
	uint64_t epoch, after, until_ms;
};

struct broker {
	const struct broker_options *options;
	uint64_t started_ms;
	struct name_keyer *keyer;
	struct store *store; /* NULL: the room forgets */
	struct room *room;
	struct entrance *entrance;
	struct bus_publisher *publisher;
	struct bus_replier *commands, *mail, *control;
	struct bus_writer *writer; /* of the frame at work */
	struct bus_queue *pokes;
	struct bus_msg *batch; /* BUS_FRAME_MESSAGES_MAX of them: the batch at work */
	unsigned batch_minor;  /* of the bus, as its gateway speaks it */
	struct held_take takes[MAILERS_MAX];
	struct complaints refused_batches, refused_mail, refused_control, start_overs;
	uv_timer_t tick;
	uint64_t ticks, ticked_ms;
	bool is_gone;           /* that the state is, was said */
	uint64_t busy_until_ms; /* a gateway said that its readers are behind */
	struct broker_metrics metrics;
	struct broker_backup *backup;   /* NULL: none was ever made */
	struct broker_clients *clients; /* NULL: nobody ever asked for them */
	struct held_tail tails[TAILS_MAX];
	broker_failed_fn *on_failure;
	void *ctx;
};

struct room_time broker_time(void);
/* False: nothing was kept, and nothing may be said: the room is what it was before, or the process ends. */
bool broker_commit(struct broker *b);
/* Says what a change left in the queues: events, pokes, letters. */
void broker_flush(struct broker *b);
/* Publishes what is in the queue. */
void broker_publish(struct broker *b, struct bus_queue *queue);
/* An empty frame of events: who hears none for long knows that its link is dead. */
void broker_beat(struct broker *b);
/* Gives letters to mailers that wait, and an end to those that waited long enough. */
void broker_serve_mailers(struct broker *b);

/* One complaint more about who asked; times 0: it was said a moment ago, and is counted only. */
struct broker_complaint {
	char peer[BUS_PEER_SIZE];
	uint64_t times;
};
struct broker_complaint broker_complain(struct complaints *c,
					const struct bus_call *call);

void broker_on_batch(void *ctx, struct bus_call *call, struct slice frame);
void broker_on_mail(void *ctx, struct bus_call *call, struct slice frame);
void broker_on_control(void *ctx, struct bus_call *call, struct slice frame);
/* The head of an answer to plumectl. */
void broker_add_told(struct bus_writer *w, bool done, struct slice text);
/* broker_bans.c: BAN and UNBAN - false: it was not kept, and nothing is to be answered - and BANS, of those with
 * this text in their value. */
bool broker_change_bans(struct broker *b, struct bus_writer *w, const struct bus_ask *m);
void broker_list_bans(struct broker *b, struct bus_writer *w, struct slice text);
/* broker_backup.c: the call is answered when the copy is made, or cannot be. */
void broker_begin_backup(struct broker *b, struct bus_call *call, struct slice path);
/* One that is being made is given up. */
void broker_end_backup(struct broker *b);
/* broker_view.c: what operators see. */
void broker_add_status(struct broker *b, struct bus_writer *w);
/* told: it answered a question for its clients. */
void broker_add_gateway(struct broker *b, struct bus_writer *w, const struct gateway *g,
			bool told);
/* Has an answer to an operator as many messages or bytes as it should?  Who asks for more sees the first. */
bool broker_is_answer_full(const struct bus_writer *w);
void broker_hear_about(struct gateway *g, const struct bus_about *m);
/* Tells the gateway whose number begins with these digits to drain.  False: it was not kept. */
bool broker_drain(struct broker *b, struct bus_writer *w, struct slice digits);
/* broker_clients.c: the call is answered when the gateways have answered, or have not in time. */
void broker_ask_clients(struct broker *b, struct bus_call *call);
void broker_hear_client(struct broker *b, struct gateway *g,
			const struct bus_client_state *m);
void broker_hear_clients_told(struct broker *b, struct gateway *g,
			      const struct bus_clients_told *m);
void broker_serve_clients(struct broker *b);
/* How many requests of control are held. */
size_t broker_held(const struct broker *b);
/* broker_tail.c: false: too many are held. */
bool broker_hold_tail(struct broker *b, struct bus_call *call, const struct bus_ask *ask);
void broker_serve_tails(struct broker *b);
/* broker_full.c: the disk is full, and perhaps not any more. */
enum status broker_begin_full(struct broker *b) ATTR_USE_RESULT;
void broker_end_full(struct broker *b);
/* Makes room and entrance from the store, or begins a new epoch.  ST_FULL: the disk is; what is there is only
 * to be used if is_full said so before: then nothing was said that cannot be kept. */
enum status broker_load(struct broker *b, bool is_full) ATTR_USE_RESULT;

#endif
