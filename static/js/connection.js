// A WebSocket that comes back by itself, with full jitter.  Knows frames, not their meaning.

import { decode, encode } from "./protocol.js";

const BASE_MS = 500;
const CAP_MS = 30000;
const OPENING_MS = 10000;

// Milliseconds before try number 0, 1, 2 …
export const backoff = (attempt, random) =>
	Math.round(random * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16)));

// on: open(), frame(frame), close(code, reason), and state(state, until): "idle",
// "connecting", "open", "reconnecting" (next try at `until`).
export function newConnection(url, on) {
	let socket, timer;
	let attempt = 0;

	function enter(state, until = 0) {
		self.state = state;
		on.state(state, until);
	}

	function drop() {
		const left = socket;

		clearTimeout(timer);
		socket = timer = undefined;
		left?.close();
	}

	function dial() {
		const mine = socket = new WebSocket(url);

		timer = setTimeout(() => lost(mine, 0, "timeout"), OPENING_MS);
		mine.onopen = () => {
			if (mine !== socket) return;
			clearTimeout(timer);
			enter("open");
			on.open();
		};
		mine.onmessage = ({ data }) => {
			const frame = mine === socket && decode(data);

			if (frame) on.frame(frame);
		};
		mine.onclose = ({ code, reason }) => lost(mine, code, reason);
		enter("connecting");
	}

	function lost(mine, code, reason) {
		if (mine !== socket) return;
		drop();
		self.state = "reconnecting";
		on.close?.(code, reason);
		if (self.state === "reconnecting" && !timer) wait(0);
	}

	// A little more: others were told the same.
	function wait(delay) {
		delay += backoff(attempt++, Math.random());
		timer = setTimeout(dial, delay);
		enter("reconnecting", Date.now() + delay);
	}

	const self = {
		state: "idle",

		start() {
			if (self.state === "idle") dial();
		},

		stop() {
			drop();
			attempt = 0;
			enter("idle");
		},

		renew(delay = 0) {
			drop();
			if (delay > 0) wait(delay);
			else dial();
		},

		// The server answered: open alone is no success.
		settled() { attempt = 0; },

		send(frame) {
			if (self.state === "open") socket.send(encode(frame));
		},
	};
	return self;
}
