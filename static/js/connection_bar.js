// One quiet bar.  The countdown is for the eye alone.

import { client, find, on, put } from "./dom.js";

const QUIET_MS = 700; // faster is not worth a word
const WORDS = {
	connecting: "Connecting …",
	lost: "The connection was lost.",
	moving: "This way into the room closes. Going to another.",
	restarting: "The room is restarting.",
	offline: "This device is offline.",
	"out-of-reach": "The room is out of reach. What you send waits here.",
};
const root = find("connection");
const retry = root.lastElementChild;
let state, until, why, lost, quietUntil;

export function tick() {
	const waits = state === "reconnecting";
	const left = Math.max(1, Math.ceil((until - Date.now()) / 1000));
	const text = state === "signed-out" ? why : Date.now() < quietUntil ? ""
		: WORDS[!lost ? state : navigator.onLine ? why || "lost" : "offline"] ?? "";

	root.classList.toggle("shown", text !== "");
	root.dataset.state = state;
	put("state", text);
	put("countdown", waits ? `Reconnecting in ${left} s` : lost ? "Reconnecting …" : "");
	retry.hidden = !waits;
}

on(retry, "click", () => client.onWake());

// reason: a key of WORDS, or the sentence for "signed-out"
export function show(next, at = 0, reason = "") {
	if (state === "signed-out" && next === "idle") return;
	lost = next === "reconnecting" || (next === "connecting" && lost);
	[state, until, why] = [next, at, reason];
	quietUntil = next === "connecting" && !lost ? Date.now() + QUIET_MS : 0;
	tick();
	if (quietUntil > 0) setTimeout(tick, QUIET_MS);
}
