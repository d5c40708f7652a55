// The person's way through the page.  DOM, clock and storage come from outside.

import { HELP, command } from "./command.js";
import { fold } from "./identity.js";
import { Log } from "./log.js";
import { People, isolated } from "./people.js";
import * as say from "./protocol.js";
import { FIELDS, SAYS, reasonText } from "./reasons.js";
import { pieces } from "./words.js";

const { TYPE } = say;
const CONTEXT = 50; // older posts for a reloaded page
const PATIENCE_MS = 12000; // longer silence means a dead connection
const CATCH_UP_MS = 4000; // a past without end is over then
const SLEPT_MS = 90000; // hidden pages tick each minute
const TYPING_MS = 3000; // between two notices
const CLOSED = { 1001: "moving", 1012: "restarting" };

export function newClient({ session, outbox, views, connect, now, newId, later }) {
	const { alerts, bar, chat, enter, log, verify } = views;
	const record = new Log();
	const people = new People();
	const whispers = []; // private lines, until the past was told
	let step;
	let wish = null; // what to ask, once a ticket is answered
	let isGiven = false; // a code, without an answer
	let inRoom = false;
	let knowsPeople = false;
	let askedAt = 0;
	let typedAt = 0;
	let tickedAt = now();
	let why = ""; // the connection was lost
	let goodbye = "";
	let target = 0; // the past is told up to here
	let liveAt = 0; // or up to then; 0: it is over; Infinity: not in
	let seen = 0; // what follows is news
	let notice = []; // of which one is told

	const connection = connect({
		open: greet,
		frame(frame) {
			askedAt = 0;
			hear[frame.type]?.(frame);
		},
		state(state, until) {
			if (state !== "open") {
				inRoom = false;
				askedAt = 0;
				liveAt = Infinity;
				outbox.unsent();
			}
			bar.show(state, until, why);
		},
		close(number, reason) {
			why = CLOSED[number];
			if (reason === "signed-out" || goodbye) return forget(goodbye || SAYS.signedOut);
			if (number === 1009) // too big
				for (const e of outbox.list()) if (e.sentAt > 0) fail(e.id, SAYS.tooLong);
		},
	});

	const send = (frame) => connection.send(frame);
	const reach = () => connection.state === "open" ? greet() : connection.start();
	const hello = () => ask(say.hello(session.name, session.email, session.proof(session.email)));

	function ask(frame) {
		askedAt = now();
		send(frame);
	}

	// The ticket first: it costs no try, as a wrong code given again would.
	function greet() {
		if (isGiven) wish ??= () => verify.showError(SAYS.notAnswered);
		isGiven = false;
		if (session.token) ask(say.resumeSession(session.token, position()));
		else if (session.ticket) ask(say.resumeLogin(session.ticket));
		else if (wish) wish();
		else connection.stop();
	}

	function position() {
		const { epoch, seq } = session.seen ?? {};

		return { epoch, seq: seq && (record.last || Math.max(1, seq - CONTEXT)) };
	}

	function who(after) {
		if (!knowsPeople) return;
		if (!after) people.ask();
		ask(say.who(after));
	}

	function flush() {
		if (!inRoom || liveAt) return;
		const { post, wait } = outbox.due(now());
		if (post) send(say.text(post.id, post.text));
		if (wait > 0) later(flush, wait);
	}

	const hear = {
		[TYPE.TEXT](frame) {
			if (frame.seq === undefined) // a welcome belongs after the past
				return liveAt ? whispers.push(frame) : log.whisper(frame);
			const mine = frame.name === session.name;
			const id = mine ? outbox.remove(frame.id)?.id : undefined;
			const taken = record.take(frame.seq);
			if (taken === "known") return id && log.gone(id);
			if (taken === "gap") log.line("missing");
			const calls = !mine && callsMe(frame);
			const news = (!liveAt || frame.seq > seen) && !mine && !frame.event;
			log.post(frame, id, news, calls);
			session.saw(record.epoch, record.last, now());
			if (frame.seq > target) people.hear(frame); // the list knows what was before
			if (news && (calls || !notice[1])) notice = [frame, calls];
			if (!liveAt) showNews();
			else if (frame.seq >= target) goLive();
		},

		[TYPE.AUTH_ACK](frame) {
			why = "";
			connection.settled();
			if (session.begin(frame.name || session.name, frame.token, frame.proof)) chat.clear();
			if (step !== "chat") toStep("chat");
			place(session.seen, frame);
			showOutbox();
			inRoom = true;
			chat.me(session.name, frame.mark);
			people.count = frame.people ?? 0;
			knowsPeople = Boolean(frame.mark);
			who();
			target = frame.seq ?? 0;
			liveAt = now() + CATCH_UP_MS;
			log.live(false);
			if ((frame.from ?? 0) > target || record.last >= target) goLive();
		},

		[TYPE.AUTH_RESET](frame) {
			const over = frame.reason === "login-over";

			isGiven = false;
			connection.settled();
			if (frame.reason === "session-over" || step === "chat") return end(frame);
			if (over) {
				session.loseTicket();
				if (wish === hello) return hello();
				wish = null;
			}
			verify.showError(reasonText(frame), over ? 0 : undefined);
		},

		[TYPE.MAY_NOT_ENTER](frame) {
			self.otherAddress();
			enter.showError(FIELDS[frame.reason], reasonText(frame));
		},

		[TYPE.WAITING](frame) {
			const { ticket } = session;
			const next = ticket && wish;

			wish = null;
			connection.settled();
			if (ticket !== (frame.ticket ?? ticket))
				session.ask(session.name, session.email, frame.ticket);
			if (step !== "verify") toStep("verify");
			verify.showWaiting(frame);
			next?.();
		},

		[TYPE.REFUSED](frame) {
			const { id, reason, retry_in = 0 } = frame;
			const text = reasonText(frame);

			if (reason === "not-in-room" && step === "chat") return connection.renew(1000);
			if (outbox.has(id)) {
				outbox.hold(now() + retry_in);
				return fail(id, text);
			}
			wish = null; // it was no post
			isGiven = false;
			if (step === "verify") return verify.showError(text, retry_in);
			if (step === "chat")
				return inRoom ? chat.showError(text) : connection.renew(retry_in || 2000);
			connection.stop();
			enter.showError(null, text);
		},

		// It was there already: to come, or among the missing.
		[TYPE.ACCEPTED]({ id, seq }) {
			if (seq <= record.last) takeBack(id);
		},

		[TYPE.NOTICE]({ notice, retry_in = 1000 }) {
			if (notice === "moving") {
				why = notice;
				connection.renew(retry_in);
			} else if (notice === "bus-lost") {
				inRoom = false; // what is said waits in the outbox
				bar.show("out-of-reach");
			} else if (notice === "bus-back") {
				inRoom = liveAt < Infinity;
				bar.show("open");
				outbox.unsent(); // answers may be lost
				flush();
			}
		},

		[TYPE.HERE](frame) {
			const after = people.here(frame);

			if (after) who(after);
			else showPeople();
		},

		[TYPE.TYPING]({ name }) {
			if (name !== session.name) people.types(name, now());
			showPeople();
		},

		[TYPE.SIGNED_OUT](frame) {
			if (frame.reason === "session-old") end(frame);
			else goodbye = frame.text || SAYS.signedOut;
		},
	};

	// Says where what follows does not fit.
	function place(held, { epoch = "", from = 0, seq = 0 }) {
		if (record.epoch !== epoch) {
			if (record.last) log.clear();
			record.reset(epoch);
		}
		if (held && held.epoch !== epoch) log.line("anew");
		else if (held && from > held.seq + 1) log.line("missing");
		else if (!held && from <= seq && from > 0) log.line("earlier");
		record.next = from;
		seen = !held ? Infinity : held.epoch === epoch ? held.seq : 0;
	}

	const callsMe = ({ text, mentions }) => mentions?.includes(session.name) ||
		pieces(text).some((p) => fold(p.mention ?? "") === fold(session.name));

	function goLive() {
		liveAt = 0;
		log.live(true);
		whispers.splice(0).forEach(log.whisper);
		showNews();
		flush();
	}

	function showNews() {
		if (notice[0]) alerts.post(...notice);
		notice = [];
		showPeople();
	}

	function toStep(next) {
		self.step = step = next;
		views.step(step, session);
	}

	function showOutbox() {
		outbox.load(session.name);
		for (const entry of outbox.list()) {
			pending(entry);
			if (entry.why) log.failed(entry);
		}
	}

	const pending = (entry) => log.pending({ mark: people.marks.get(entry.name), ...entry });

	function takeBack(id) {
		log.gone(id);
		return outbox.remove(id)?.text;
	}

	function fail(id, text) {
		log.failed(outbox.fail(id, text));
		chat.showError(`Not sent: ${text}`);
	}

	function showPeople() {
		if (step === "chat") views.people.show(people, people.typers(now()), session.name);
	}

	function stop() {
		wish = null;
		connection.stop();
	}

	function leave() {
		goodbye = "";
		stop();
		record.reset("");
		people.clear();
		outbox.entries.clear();
		log.clear();
		toStep("enter");
	}

	// Unsent words stay for the same person's next session.
	function end(frame) {
		session.end();
		leave();
		enter.showError(null, reasonText(frame));
	}

	function forget(text) {
		session.forget();
		chat.clear();
		outbox.clear();
		leave();
		bar.show("signed-out", 0, text);
	}

	const self = {
		people,

		start() {
			toStep(session.token ? "chat" : session.ticket ? "verify" : "enter");
			if (session.token) showOutbox();
			if (step !== "enter") connection.start();
		},

		enter(name, email) {
			session.again(name, email);
			self.resend();
		},

		resend() {
			wish = hello;
			reach();
		},

		giveCode(code) {
			if (!session.ticket) return verify.showError(SAYS.codeOver, 0);
			wish = () => {
				isGiven = true;
				ask(say.auth(code, session.ticket, session.claim(newId), position()));
			};
			reach();
		},

		otherAddress() {
			stop();
			session.loseTicket();
			toStep("enter");
		},

		// null, or why not.
		say(typed) {
			const { words, wrong = null, show } = command(typed);

			if (show === "who" && !knowsPeople) return SAYS.notToldWho;
			if (show)
				log.whisper({ text: show === "help" ? HELP
					: `${people.count} here: ${[...people.marks.keys()].map(isolated).join(", ")}` });
			if (!words) return wrong;
			const text = say.clean(words);
			if (!say.textFits(text)) return SAYS.tooLong;
			const entry = outbox.add(newId(), session.name, text, now());
			if (!entry) return SAYS.tooMany;
			typedAt = 0;
			pending(entry);
			flush();
			return null;
		},

		retry(id) {
			const entry = outbox.retry(id, now());

			if (!entry) return;
			log.gone(id);
			pending(entry);
			flush();
		},

		typed(name, email) {
			if (wish) {
				stop();
				enter.showError(null, "");
			}
			session.typed(name, email);
		},

		edit(id) { chat.putBack(takeBack(id)); },

		types() {
			if (!inRoom || !knowsPeople || now() - typedAt < TYPING_MS) return;
			typedAt = now();
			send(say.typing());
		},

		signOut(everywhere) {
			if (inRoom && knowsPeople) {
				send(say.signOut(everywhere));
				later(() => session.token && forget(SAYS.notTold), 3000);
			} else if (everywhere) chat.showError(SAYS.notNow);
			else forget(SAYS.notTold);
		},

		onForgotten(old) {
			if (old === JSON.stringify(session.session)) forget(SAYS.otherTab);
		},

		onWake() {
			typedAt = outbox.nextAt = 0;
			if (connection.state !== "idle") connection.renew();
		},

		onSeen() {
			if (connection.state === "reconnecting") connection.renew();
			else if (inRoom) who();
		},

		onTick() {
			const slept = now() - tickedAt;

			tickedAt += slept;
			if (slept < 0 || slept > SLEPT_MS) self.onWake(); // or set back
			if (liveAt && now() > liveAt) goLive();
			showPeople();
			if ((askedAt && now() - askedAt > PATIENCE_MS) ||
				(inRoom && outbox.stalled(now(), PATIENCE_MS)))
				connection.renew();
		},
	};
	return self;
}
