// One WebSocket to the room that comes back by itself: full-jitter back-off, so that
// ten thousand pages do not return in the same second.  Knows frames, not their meaning.

import { decode, encode } from "./protocol.js";

const BASE_MS = 500;
const CAP_MS = 30000;
const OPENING_MS = 10000; // an opening that takes longer is given up

// Milliseconds to wait before try number `attempt` (0, 1, 2 …); random is in [0, 1).
export function backoff(attempt, random) {
	return Math.round(random * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16)));
}

// on.open()              the socket is open: say hello or resume
// on.frame(frame)        a decoded frame
// on.state(state, until) "idle", "connecting", "open", "reconnecting" (next try at `until`)
// on.close(code, reason) the socket was closed by the other side or by the network
// env                    WebSocket, random, now, setTimeout, clearTimeout: for tests
export class Connection {
	constructor(url, on, env = {}) {
		this.url = url;
		this.on = on;
		this.env = {
			WebSocket: globalThis.WebSocket,
			random: Math.random,
			now: Date.now,
			setTimeout: (f, ms) => setTimeout(f, ms),
			clearTimeout: (t) => clearTimeout(t),
			...env,
		};
		this.socket = null;
		this.timer = null;
		this.attempt = 0;
		this.state = "idle";
	}

	// Wants a connection from now on; harmless when there is one.
	start() {
		if (this.state === "idle")
			this.#dial();
	}

	// Wants none any more.
	stop() {
		this.#drop();
		this.attempt = 0;
		this.#enter("idle");
	}

	// Leaves the present socket, whatever its state, and dials: at once, or after `delay`
	// ms and a little more, so that not all who were told so come at once.
	renew(delay = 0) {
		this.#drop();
		if (delay > 0)
			this.#wait(delay + backoff(this.attempt++, this.env.random()));
		else
			this.#dial();
	}

	// The server answered as hoped.  Only now is the next loss a first one: an open
	// socket alone says nothing about the room behind it.
	settled() {
		this.attempt = 0;
	}

	// false: not open, nothing was sent.
	send(frame) {
		if (this.state !== "open")
			return false;
		this.socket.send(encode(frame));
		return true;
	}

	#enter(state, until = 0) {
		this.state = state;
		this.on.state(state, until);
	}

	#drop() {
		const socket = this.socket;

		this.env.clearTimeout(this.timer);
		this.timer = null;
		this.socket = null; // its late events are ignored from here on
		socket?.close();
	}

	#dial() {
		const socket = new this.env.WebSocket(this.url);

		this.socket = socket;
		this.timer = this.env.setTimeout(() => this.#lost(socket, 0, "timeout"), OPENING_MS);
		socket.onopen = () => {
			if (socket !== this.socket)
				return;
			this.env.clearTimeout(this.timer);
			this.#enter("open");
			this.on.open();
		};
		socket.onmessage = (event) => {
			const frame = socket === this.socket ? decode(event.data) : null;

			if (frame !== null)
				this.on.frame(frame);
		};
		socket.onclose = (event) => this.#lost(socket, event.code, event.reason);
		this.#enter("connecting");
	}

	#lost(socket, code, reason) {
		if (socket !== this.socket)
			return;
		this.#drop();
		this.state = "reconnecting";
		this.on.close?.(code, reason);
		if (this.state === "reconnecting" && this.timer === null)
			this.#wait(backoff(this.attempt++, this.env.random()));
	}

	#wait(delay) {
		this.timer = this.env.setTimeout(() => this.#dial(), delay);
		this.#enter("reconnecting", this.env.now() + delay);
	}
}
