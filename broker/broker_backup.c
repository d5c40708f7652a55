/* A copy of the state, a step in each turn of a timer, so that nobody waits for it but who asked. */
#include <stdlib.h>

#include "broker/broker_private.h"
#include "broker/store_backup.h"
#include "common/log.h"
#include "common/memory.h"

enum { STEP_MS = 2 };

/* Lives as long as the broker, like its timer. */
struct broker_backup {
	struct broker *broker;
	struct store_backup *copy; /* NULL: none is made */
	struct bus_call *call;     /* who asked; NULL: they asked again elsewhere */
	char *path;
	uv_timer_t timer;
};

static void tell(struct bus_call *call, bool done, const char *text)
{
	struct bus_writer *w = bus_writer_new();

	broker_add_told(w, done, slice_of(text));
	bus_answer(call, bus_writer_frame(w));
	bus_writer_free(&w);
}

/* Who did it is written down with what it was, but not where to: a path is no business of the record. */
static void note(struct broker *b)
{
	store_begin(b->store);
	entrance_operator_acted(b->entrance, S("made a copy of the state"),
				broker_time());
	if (broker_commit(b))
		broker_flush(b);
}

static void end(struct broker_backup *k, bool done, const char *text)
{
	struct bus_call *call = k->call;

	log_info("backup", "path=%s done=%s why=\"%s\"", k->path, done ? "yes" : "no",
		 done ? "" : text);
	uv_timer_stop(&k->timer);
	store_backup_free(&k->copy);
	free(k->path);
	k->path = NULL;
	k->call = NULL;
	if (call != NULL)
		tell(call, done, text);
	if (done)
		note(k->broker);
}

static void on_step(uv_timer_t *timer)
{
	struct broker_backup *k = timer->data;
	const char *why;
	enum status st = store_backup_step(k->copy, &why);

	if (st == ST_END)
		end(k, true,
		    "the state is copied; what it takes besides is the secret key");
	else if (st != ST_OK)
		end(k, false, why);
}

static struct broker_backup *backup_of(struct broker *b)
{
	if (b->backup == NULL) {
		b->backup = xcalloc(1, sizeof *b->backup);
		b->backup->broker = b;
		uv_timer_init(b->tick.loop, &b->backup->timer);
		b->backup->timer.data = b->backup;
	}
	return b->backup;
}

void broker_begin_backup(struct broker *b, struct bus_call *call, struct slice path)
{
	struct broker_backup *k = backup_of(b);
	const char *why = "give a path from the root: the broker writes the file";

	if (k->copy != NULL && slice_equal(path, slice_of(k->path))) {
		if (k->call != NULL)
			bus_answer(k->call, S("")); /* the same request, sent again */
		k->call = call;
		return;
	}
	if (k->copy != NULL) {
		tell(call, false, "another copy is being made");
		return;
	}
	free(k->path);
	k->path = slice_dup(path);
	if (path.len == 0 || path.ptr[0] != '/' ||
	    store_backup_new(b->store, k->path, &k->copy, &why) != ST_OK) {
		tell(call, false, why);
		return;
	}
	k->call = call;
	uv_timer_start(&k->timer, on_step, 0, STEP_MS);
}

void broker_end_backup(struct broker *b)
{
	if (b->backup != NULL && b->backup->copy != NULL)
		end(b->backup, false, "the broker stops");
}
