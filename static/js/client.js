// The person's way through the page: enter, verify, chat.  Takes what the person does and
// what the room says, decides, and tells the connection and the view.  No DOM, no clock,
// no storage of its own: all are given, so that tests can stand in for them.
//
// The views: step(step, {name, email}), and enter, verify, chat, log, bar: see their files.

import * as protocol from "./protocol.js";
import { SIGNED_OUT, TOO_LONG, TOO_MANY, reasonField, reasonText } from "./reasons.js";

const { TYPE } = protocol;
const CONTEXT = 50; // posts before the last one seen that a reloaded page asks for again
const PATIENCE_MS = 12000; // an unanswered post means a dead connection
const CATCH_UP_MS = 4000; // a past that does not end is taken to be over
const CLOSE_TOO_BIG = 1009;

export class Client {
	constructor({ session, outbox, log, views, connect, now, newId, newClaim, later }) {
		Object.assign(this, { session, outbox, log, views, now, newId, newClaim, later });
		this.asking = null; // {name, email} of a hello that was not answered
		this.code = null; // a code that was not answered
		this.inRoom = false;
		this.askedAt = 0; // when the room was last asked who we are; 0: it answered
		this.outOfReach = false;
		this.target = 0; // the past is told up to here
		this.liveAt = 0; // or up to then; 0: it is over
		this.whispers = []; // private lines that wait for its end
		this.connection = connect({
			open: () => this.#onOpen(),
			frame: (frame) => {
				this.askedAt = 0; // the other side lives
				this.#handlers[frame.type].call(this, frame);
			},
			state: (state, until) => this.#onState(state, until),
			close: (code) => this.#onClose(code),
		});
	}

	// ---- what the person does

	start() {
		if (this.session.token !== null)
			this.#toChat();
		else if (this.session.ticket !== null)
			this.#step("verify");
		else
			return this.#step("enter");
		this.connection.start();
	}

	// ticket: of the code that is still good until this one comes.
	enter(name, email, ticket = null) {
		this.asking = { name, email };
		this.session.ask(name, email, ticket);
		if (this.connection.state === "open")
			this.#hello();
		else
			this.connection.start();
	}

	// A new code for the same person.
	resend() {
		this.enter(this.session.name, this.session.email, this.session.ticket);
	}

	giveCode(code) {
		if (this.session.ticket === null)
			return this.#onReset({ reason: "login-over" });
		this.code = code;
		this.connection.start();
		this.connection.send(protocol.auth(code, this.session.ticket, this.#claim(), this.#position()));
	}

	otherAddress() {
		this.asking = this.code = null;
		this.connection.stop();
		this.session.loseTicket();
		this.#step("enter");
	}

	// null, or why the words were not taken.
	say(text) {
		const words = protocol.clean(text);

		if (!protocol.textFits(words))
			return TOO_LONG;
		const entry = this.outbox.add(this.newId(), this.session.name, words, this.now());
		if (entry === null)
			return TOO_MANY;
		this.views.log.pending(entry);
		this.#flush();
		return null;
	}

	retry(id) {
		const entry = this.outbox.retry(id, this.now());

		if (entry === null)
			return;
		this.views.log.gone(id);
		this.views.log.pending(entry);
		this.#flush();
	}

	// Takes a failed post back; its words, or null.
	takeBack(id) {
		const entry = this.outbox.remove(id);

		this.views.log.gone(id);
		return entry?.text ?? null;
	}

	signOut() {
		this.session.forget();
		this.views.chat.clear();
		this.outbox.clear();
		this.#leave();
		this.#step("enter");
	}

	// ---- what the world does

	// Another tab signed out.
	onForgotten() {
		if (this.session.token === null)
			return;
		this.signOut();
		this.views.enter.showError(null, SIGNED_OUT);
	}

	// The network is back or the machine woke: the old socket is not to be trusted.
	onWake() {
		if (this.connection.state !== "idle")
			this.connection.renew();
	}

	// Once a second or so.
	onTick() {
		if (this.liveAt !== 0 && this.now() > this.liveAt)
			this.#goLive();
		const unheard = this.askedAt !== 0 && this.now() - this.askedAt > PATIENCE_MS;
		const stalled = this.inRoom && !this.outOfReach &&
			this.outbox.stalled(this.now(), PATIENCE_MS);
		if (unheard || stalled) {
			this.askedAt = 0;
			this.connection.renew();
		}
	}

	// ---- the connection

	#onOpen() {
		const { session } = this;

		this.askedAt = this.now();
		if (this.code !== null && session.ticket !== null)
			this.connection.send(protocol.auth(this.code, session.ticket, this.#claim(), this.#position()));
		else if (session.token !== null)
			this.connection.send(protocol.resumeSession(session.token, this.#position()));
		else if (this.asking !== null)
			this.#hello();
		else if (session.ticket !== null)
			this.connection.send(protocol.resumeLogin(session.ticket));
		else
			this.connection.stop();
	}

	#onState(state, until) {
		if (state !== "open") {
			this.inRoom = this.outOfReach = false;
			this.outbox.unsent();
		}
		this.views.bar.show(state, until);
	}

	#onClose(code) {
		if (code === CLOSE_TOO_BIG)
			for (const entry of this.outbox.list().filter((e) => e.sentAt > 0))
				this.#fail(entry.id, TOO_LONG);
	}

	#claim() {
		return this.session.claim(this.newClaim);
	}

	#hello() {
		this.connection.send(protocol.hello(this.asking.name, this.asking.email));
	}

	// The last post received.  A page that was reloaded holds none: it asks from a little
	// before the last one seen, to show again what was there.
	#position() {
		const { log, session } = this;

		if (log.last > 0)
			return { epoch: log.epoch, seq: log.last };
		if (session.seen !== null)
			return { epoch: session.seen.epoch, seq: Math.max(1, session.seen.seq - CONTEXT) };
		return {};
	}

	#flush() {
		if (!this.inRoom || this.liveAt !== 0)
			return;
		const { post, wait } = this.outbox.due(this.now());
		if (post !== null)
			this.connection.send(protocol.text(post.id, post.text));
		if (wait > 0)
			this.later(() => this.#flush(), wait);
	}

	// ---- what the room says

	#handlers = {
		[TYPE.TEXT]: this.#onText,
		[TYPE.AUTH_ACK]: this.#onAck,
		[TYPE.AUTH_RESET]: this.#onReset,
		[TYPE.MAY_NOT_ENTER]: this.#onMayNotEnter,
		[TYPE.WAITING]: this.#onWaiting,
		[TYPE.REFUSED]: this.#onRefused,
		[TYPE.ACCEPTED]: this.#onAccepted,
		[TYPE.NOTICE]: this.#onNotice,
	};

	#onWaiting(frame) {
		const { name, email } = this.asking ?? this.session.login ?? {};

		this.asking = null;
		this.connection.settled();
		this.session.ask(name ?? frame.name, email ?? "", frame.ticket ?? this.session.ticket);
		if (this.step !== "verify")
			this.#step("verify");
		this.views.verify.showWaiting(frame, this.now());
	}

	#onMayNotEnter(frame) {
		this.asking = this.code = null;
		this.connection.stop();
		this.session.loseTicket();
		this.#step("enter");
		this.views.enter.showError(reasonField(frame.reason), reasonText(frame));
	}

	#onReset(frame) {
		this.code = null;
		this.connection.settled();
		if (frame.reason === "session-over" || this.step === "chat")
			return this.#sessionOver(frame);
		const over = frame.reason === "login-over";
		if (over)
			this.session.loseTicket();
		this.views.verify.showError(reasonText(frame), over ? 0 : undefined);
	}

	#sessionOver(frame) {
		this.session.end();
		this.#leave();
		this.#step("enter");
		this.views.enter.showError(null, reasonText(frame));
	}

	#onAck(frame) {
		const { log, session } = this;

		this.code = this.asking = null;
		this.connection.settled();
		session.begin(frame.name || session.name, frame.token);
		if (this.step !== "chat")
			this.#toChat();
		const held = log.last > 0 ? { epoch: log.epoch, seq: log.last } : session.seen;
		this.#place(held, frame);
		this.#showOutbox();
		this.inRoom = true;
		this.target = frame.seq ?? 0;
		this.liveAt = this.now() + CATCH_UP_MS;
		this.views.log.live(false);
		if ((frame.from ?? 0) > this.target || this.log.last >= this.target)
			this.#goLive();
	}

	// Fits what will follow to what is held, and says honestly where it does not fit.
	#place(held, frame) {
		const { log, views } = this;
		const from = frame.from ?? 0;

		if (log.epoch !== frame.epoch) {
			if (log.last > 0)
				views.log.clear();
			log.reset(frame.epoch ?? "");
		}
		if (held !== null && held.epoch !== frame.epoch)
			views.log.line("anew");
		else if (held !== null && from > held.seq + 1)
			views.log.line("missing");
		else if (held === null && from <= (frame.seq ?? 0) && from > 0)
			views.log.line("earlier");
		log.next = from;
	}

	#onText(frame) {
		const { log, outbox, session, views } = this;

		if (frame.seq === undefined) // a welcome comes before the past, but belongs after it
			return this.liveAt !== 0 ? this.whispers.push(frame) : views.log.private(frame);
		const mine = frame.name === session.name;
		const id = mine && outbox.remove(frame.id) !== null ? frame.id : null;
		const taken = log.take(frame.seq);
		if (taken === "known")
			return id !== null && views.log.gone(id);
		if (taken === "gap")
			views.log.line("missing");
		views.log.post(frame, id, mine);
		session.saw(log.epoch, log.last, this.now());
		if (this.liveAt !== 0 && frame.seq >= this.target)
			this.#goLive();
	}

	#goLive() {
		this.liveAt = 0;
		this.views.log.live(true);
		this.whispers.splice(0).forEach((frame) => this.views.log.private(frame));
		this.#flush();
	}

	// A post sent again was in the room already: it is still to come, or among the missing.
	#onAccepted(frame) {
		if (frame.seq > this.log.last)
			return;
		this.outbox.remove(frame.id);
		this.views.log.gone(frame.id);
	}

	#onRefused(frame) {
		if (frame.reason === "not-in-room" && this.step === "chat")
			return this.connection.renew(1000);
		if (frame.id !== undefined && this.outbox.has(frame.id)) {
			this.outbox.hold(this.now() + (frame.retry_in ?? 0));
			return this.#fail(frame.id, reasonText(frame));
		}
		this.#refusedRequest(frame);
	}

	// Not a post but a hello, a code or a resume.
	#refusedRequest(frame) {
		const { chat, enter, verify } = this.views;
		const text = reasonText(frame);

		this.asking = this.code = null;
		if (this.step === "verify")
			return verify.showError(text, frame.retry_in ?? 0);
		if (this.step === "chat")
			return this.inRoom ? chat.showError(text) : this.connection.renew(frame.retry_in ?? 2000);
		this.connection.stop();
		enter.showError(null, text);
	}

	#onNotice(frame) {
		switch (frame.notice) {
		case "moving":
			return this.connection.renew(frame.retry_in ?? 1000);
		case "bus-lost":
			this.outOfReach = true;
			return this.views.bar.show("out-of-reach");
		case "bus-back":
			this.outOfReach = false;
			this.views.bar.show("open");
			this.outbox.unsent(); // answers may be lost; the ids keep each post single
			return this.#flush();
		}
	}

	// ---- steps

	#showOutbox() {
		this.outbox.load(this.session.name);
		for (const entry of this.outbox.list()) {
			this.views.log.pending(entry);
			if (entry.why !== null)
				this.views.log.failed(entry);
		}
	}

	#fail(id, why) {
		this.views.log.failed(this.outbox.fail(id, why));
		this.views.chat.showError(`Not sent: ${why}`);
	}

	#toChat() {
		this.#step("chat");
		this.#showOutbox();
	}

	#leave() {
		this.asking = this.code = null;
		this.connection.stop();
		this.log.reset("");
		this.outbox.entries.clear();
		this.views.log.clear();
	}

	#step(step) {
		this.step = step;
		this.views.step(step, { name: this.session.name, email: this.session.email });
	}
}
