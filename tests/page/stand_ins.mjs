// What the tests of the page put in place of a browser: storage, clock, connection, views.

import { newClient } from "../../static/js/client.js";
import { Outbox } from "../../static/js/outbox.js";
import { Session } from "../../static/js/session.js";
import { Store } from "../../static/js/storage.js";

export class FakeStorage {}

export function storeOf(storage) {
	return new Store(() => storage);
}

// A page with nothing real behind it.  page.sent: frames to the server; page.seen: calls
// of the views as [view.method, ...arguments]; page.run(ms) moves the clock.
export function newPage(storage = new FakeStorage()) {
	const page = { storage, sent: [], seen: [], now: 1000000, timers: [], ids: 0 };
	const record = (name) => new Proxy({}, {
		get: (_, method) => (...args) => page.seen.push([`${name}.${String(method)}`, ...args]),
	});
	const views = {
		step: (step, { name, email }) => page.seen.push(["step", step, { name, email }]),
	};

	for (const name of ["enter", "verify", "chat", "log", "bar", "people", "alerts"])
		views[name] = record(name);
	page.connect = (on) => {
		page.on = on;
		page.connection = {
			state: "idle",
			settledTimes: 0,
			go(state) {
				this.state = state;
				on.state(state, 0);
			},
			start() {
				if (this.state === "idle")
					this.go("connecting");
			},
			stop() {
				this.go("idle");
			},
			renew(delay = 0) {
				this.renewed = delay;
				this.go(delay > 0 ? "reconnecting" : "connecting");
			},
			settled() {
				this.settledTimes++;
			},
			send(frame) {
				if (this.state !== "open")
					return false;
				page.sent.push(JSON.parse(JSON.stringify(frame))); // as it is on the wire
				return true;
			},
		};
		return page.connection;
	};
	page.open = () => {
		page.connection.go("open");
		page.on.open();
	};
	page.hear = (frame) => page.on.frame({ name: "", text: "", resumed: false, ...frame });
	page.calls = (name) => page.seen.filter((call) => call[0] === name);
	page.run = (ms) => {
		const end = page.now + ms;

		for (;;) {
			const next = page.timers.sort((a, b) => a.at - b.at)[0];
			if (next === undefined || next.at > end)
				break;
			page.timers.shift();
			page.now = next.at;
			next.f();
		}
		page.now = end;
	};
	page.session = new Session(storeOf(storage));
	page.session.claim = () => Session.prototype.claim.call(page.session, () => "claim");
	page.outbox = new Outbox(storeOf(storage));
	page.client = newClient({
		session: page.session,
		outbox: page.outbox,
		views,
		connect: page.connect,
		now: () => page.now,
		newId: () => `id${page.ids++}`,
		later: (f, ms) => page.timers.push({ f, at: page.now + ms }),
	});
	return page;
}

export const EPOCH = "0123456789abcdef";

export function post(seq, name = "bob", more = {}) {
	return { type: 1, name, text: `text ${seq}`, seq, ts: seq, ...more };
}

export function ack(seq, from, more = {}) {
	return { type: 3, name: "ann", token: "tok", epoch: EPOCH, seq, from, ...more };
}
