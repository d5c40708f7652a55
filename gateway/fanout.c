/* Post after post into the frame log; then one write per connection and flush. */
#include "gateway/fanout.h"

#include <stdlib.h>

#include "common/bus.h"
#include "common/complaints.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/memory.h"
#include "gateway/backpressure.h"
#include "gateway/gateway.h"

struct fanout {
	struct gateway *gateway;
	struct bus_subscriber *subscriber;
	struct frame_log *log;
	struct browser_out json;
	uv_timer_t pace;
	uint64_t interval_ms;
	uint64_t newest;          /* that anybody told of */
	uint64_t behind_since_ms; /* 0: the log is whole */
	uint64_t flushed;         /* newest seq of the last flush */
	uint64_t flushed_at_ms;
	uint64_t flush_ms; /* how long the last flush took */
	uint64_t heard_ms; /* the last event or beat, or redial; 0: none yet */
	uint64_t frame_ms; /* the last event or beat */
	uint64_t
		oldest_ms; /* wall clock: when the oldest post to be flushed was accepted */
	uint64_t first;    /* oldest seq that the broker can repair */
	uint64_t asked_ms; /* when a SYNC was last sent */
	uint64_t lost_to;  /* seq of the last post that was lost for good */
	struct backpressure pressure;
	uint64_t looked_ms, looked_at; /* for it: when, and at which seq */
	uint64_t late, far;            /* who wants an older one is so */
	struct complaints refused;
	bool is_syncing;
	bool was_synced; /* the answer at work brings posts */
};

const struct frame_log *fanout_log(const struct fanout *f)
{
	return f->log;
}

bool fanout_hears(const struct fanout *f)
{
	return f->heard_ms != 0;
}

uint64_t fanout_silence_ms(const struct fanout *f)
{
	return gateway_now(f->gateway) - f->frame_ms;
}

uint64_t fanout_dropped(const struct fanout *f)
{
	return bus_subscriber_dropped(f->subscriber);
}

bool fanout_is_whole(const struct fanout *f)
{
	return frame_log_newest(f->log) >= f->newest;
}

static void flush_all(struct fanout *f)
{
	uint64_t before = uv_hrtime();

	f->flushed = frame_log_newest(f->log);
	connection_flush_all(f->gateway);
	f->flushed_at_ms = gateway_now(f->gateway);
	f->flush_ms = (uv_hrtime() - before) / 1000000;
	if (f->oldest_ms != 0) {
		uint64_t wall = daemon_wall_ms();

		histogram_add(&f->gateway->metrics.delivery_lag, &metric_ms,
			      wall > f->oldest_ms ? wall - f->oldest_ms : 0);
		f->oldest_ms = 0;
	}
}

bool fanout_is_flushed(const struct fanout *f)
{
	return frame_log_newest(f->log) == f->flushed;
}

/* -- in -- */

static void ask_for_missing(struct fanout *f)
{
	struct bus_msg m = {
		.kind = BUS_SYNC,
		.u.sync = {.client = 0, .after = frame_log_newest(f->log), .most = 500}};

	uint64_t now = gateway_now(f->gateway);

	/* An answer may be lost with a broker that died: not waited for without end. */
	if (f->is_syncing && now - f->asked_ms < FANOUT_SYNC_MS)
		return;
	/* Who said goodbye has nobody to repair the room for, and to ask would be to come back. */
	if (f->gateway->said_goodbye)
		return;
	f->gateway->metrics.repairs++;
	f->is_syncing = true;
	f->asked_ms = now;
	uplink_send(f->gateway->uplink, &m);
}

static void heard_of(struct fanout *f, uint64_t seq)
{
	if (seq > f->newest)
		f->newest = seq;
	if (fanout_is_whole(f))
		f->behind_since_ms = 0;
	else if (f->behind_since_ms == 0)
		f->behind_since_ms = gateway_now(f->gateway);
}

void fanout_on_post(struct fanout *f, const struct bus_post *m)
{
	uint64_t newest = frame_log_newest(f->log);

	if (m->seq == newest + 1) {
		browser_out_clear(&f->json);
		browser_write_post(&f->json, m);
		frame_log_add(f->log, browser_out_slice(&f->json));
		f->gateway->metrics.posts++;
	} else if (m->seq > newest) {
		if (!f->is_syncing) /* once per hole, not per post behind it */
			log_info("gap", "newest=%llu heard=%llu",
				 (unsigned long long)newest, (unsigned long long)m->seq);
		ask_for_missing(f);
	}
	heard_of(f, m->seq);
}

/* Of what is new: how long it takes from here to the browsers is measured. */
static void on_live_post(struct fanout *f, const struct bus_post *m)
{
	if (f->oldest_ms == 0)
		f->oldest_ms = m->time_ms;
	fanout_on_post(f, m);
}

static void on_events(void *ctx, struct slice frame)
{
	struct fanout *f = ctx;
	struct gateway *g = f->gateway;
	struct bus_reader *r;
	struct bus_msg m;
	enum status st = bus_reader_new(frame, &r);
	uint64_t times = 0;

	f->heard_ms = f->frame_ms = gateway_now(g);

	if (st == ST_OK)
		st = bus_reader_next(r, BUS_BROKER, BUS_GATEWAY, &m);
	if (st == ST_OK && m.kind != BUS_EVENTS)
		st = ST_PROTOCOL;
	/* Another epoch's numbers mean nothing; the next answer will tell of the new one. */
	while (st == ST_OK && (m.kind != BUS_EVENTS || m.u.events.epoch == g->epoch)) {
		if (m.kind == BUS_EVENTS)
			heard_of(f, m.u.events.newest);
		else if (m.kind == BUS_POST)
			on_live_post(f, &m.u.post);
		else if (m.kind == BUS_POKE && m.u.poke.gateway == uplink_id(g->uplink))
			uplink_poke(g->uplink);
		else if (m.kind == BUS_TYPING)
			typing_hear(g->typing, &m.u.typing);
		st = bus_reader_next(r, BUS_BROKER, BUS_GATEWAY, &m);
	}
	if (st != ST_OK && st != ST_END)
		times = complaints_add(&f->refused, S("broker"), f->heard_ms);
	if (times > 0)
		log_error("events_refused", "times=%llu why=\"%s\"",
			  (unsigned long long)times, status_text(st));
	g->metrics.skipped += bus_reader_skipped(r);
	bus_reader_free(&r);
}

void fanout_on_results(struct fanout *f, const struct bus_results *m, bool is_new)
{
	if (is_new) {
		uint64_t after =
			m->newest > FANOUT_WARM_POSTS ? m->newest - FANOUT_WARM_POSTS : 0;

		frame_log_restart(f->log, after + 1 < m->first ? m->first - 1 : after);
		f->newest = f->flushed = frame_log_newest(f->log);
		f->is_syncing = false;
		heard_of(f, m->newest);
		if (!fanout_is_whole(f))
			ask_for_missing(f);
	}
	f->first = m->first;
	heard_of(f, m->newest);
}

/* Who has all there was goes on behind the hole; who is further behind is told so as ever. */
static void skip_lost(struct gateway *g, struct connection *c)
{
	const struct fanout *f = g->fanout;

	connection_skip(c, frame_log_newest(f->log), f->lost_to);
}

/* History no longer has the posts up to this seq: nobody has. */
static void jump(struct fanout *f, uint64_t to)
{
	log_warn("posts_lost", "from=%llu to=%llu why=\"history no longer has them\"",
		 (unsigned long long)frame_log_newest(f->log) + 1,
		 (unsigned long long)to);
	f->lost_to = to;
	flush_all(f);
	connections_each(f->gateway->connections, skip_lost, f->gateway);
	frame_log_restart(f->log, to);
}

void fanout_on_synced(struct fanout *f, const struct bus_synced *m)
{
	f->is_syncing = false;
	f->was_synced = m->posts > 0;
	if (m->after > frame_log_newest(f->log))
		jump(f, m->after);
}

void fanout_on_done(struct fanout *f)
{
	if (f->was_synced && !fanout_is_whole(f))
		ask_for_missing(f);
	f->was_synced = false;
}

void fanout_forget_sync(struct fanout *f)
{
	f->is_syncing = false;
}

/* -- out -- */

static void on_pace(uv_timer_t *timer)
{
	(void)timer; /* it only wakes the loop: fanout_turn() does the rest */
}

/* The broker beats on this link; silence means that the link is dead, whoever's fault it is. */
static void watch_events(struct fanout *f, uint64_t now)
{
	if (f->heard_ms == 0 || now - f->heard_ms < FANOUT_SILENCE_MS ||
	    uplink_is_deaf(f->gateway->uplink))
		return;
	log_warn("events_silent", "ms=%llu", (unsigned long long)(now - f->heard_ms));
	f->heard_ms = now;
	bus_subscriber_redial(f->subscriber);
}

/* How long an event that an answer told of may be late.  Long, where history could not help. */
static uint64_t patience(const struct fanout *f)
{
	return f->first > frame_log_newest(f->log) + 1 ? FANOUT_SILENCE_MS
						       : FANOUT_PATIENCE_MS;
}

bool fanout_is_behind(const struct fanout *f)
{
	return f->pressure.is_over;
}

static void look_at(struct gateway *g, struct connection *c)
{
	struct fanout *f = g->fanout;
	enum backpressure_place place = c->next_seq < f->far    ? BACKPRESSURE_FAR
					: c->next_seq < f->late ? BACKPRESSURE_LATE
								: BACKPRESSURE_NEAR;

	if (c->state == INSIDE && c->is_following)
		backpressure_see(&f->pressure, &c->pace, place,
				 place != BACKPRESSURE_NEAR && server_is_choked(c->wsi));
}

/* While there is a backlog, or its end is news, the broker hears of it at once. */
static void watch_pressure(struct fanout *f, uint64_t now)
{
	bool was_over = f->pressure.is_over;

	if (now - f->looked_ms < BACKPRESSURE_LOOK_MS ||
	    (f->looked_at == frame_log_newest(f->log) && !was_over))
		return;
	f->looked_ms = now;
	f->looked_at = frame_log_newest(f->log);
	f->far = frame_log_part(f->log, BACKPRESSURE_FAR_PART);
	f->late = frame_log_part(f->log, BACKPRESSURE_LATE_PART);
	backpressure_begin(&f->pressure);
	connections_each(f->gateway->connections, look_at, f->gateway);
	if (backpressure_end(&f->pressure) && !was_over)
		log_warn("readers_behind", "far=%zu late=%zu near=%zu",
			 f->pressure.at[BACKPRESSURE_FAR],
			 f->pressure.at[BACKPRESSURE_LATE],
			 f->pressure.at[BACKPRESSURE_NEAR]);
	if (f->pressure.is_over || was_over)
		uplink_poke(f->gateway->uplink);
}

void fanout_turn(struct fanout *f)
{
	uint64_t now = gateway_now(f->gateway);
	uint64_t interval =
		2 * f->flush_ms > f->interval_ms ? 2 * f->flush_ms : f->interval_ms;

	watch_events(f, now);
	watch_pressure(f, now);
	if (f->behind_since_ms != 0 && now - f->behind_since_ms >= patience(f) &&
	    !fanout_is_whole(f))
		ask_for_missing(f);
	if (fanout_is_flushed(f))
		return;
	if (now - f->flushed_at_ms >= interval)
		flush_all(f);
	else if (!uv_is_active((uv_handle_t *)&f->pace))
		uv_timer_start(&f->pace, on_pace, interval - (now - f->flushed_at_ms), 0);
}

enum status fanout_new(uv_loop_t *loop, struct gateway *g, const struct bus_address *at,
		       uint64_t interval_ms, struct fanout **out)
{
	struct fanout *f = xcalloc(1, sizeof *f);
	enum status st = bus_subscriber_new(loop, at, on_events, f, &f->subscriber);

	*out = NULL;
	if (st != ST_OK) {
		free(f);
		return st;
	}
	f->gateway = g;
	f->interval_ms = interval_ms;
	f->log = frame_log_new(FANOUT_LOG_BYTES, FANOUT_LOG_FRAMES);
	uv_timer_init(loop, &f->pace);
	f->pace.data = f;
	*out = f;
	return ST_OK;
}
