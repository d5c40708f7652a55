// Sentences for facts and reasons: what happened, what to do.  Where the server sends its
// own words, they are used.

import { TEXT_MAX } from "./protocol.js";

export const TOO_LONG = `This is too long: at most ${TEXT_MAX.toLocaleString("en")} bytes go in one message.`;
export const TOO_MANY = "Too many messages wait to be sent. Wait until the room is back.";
export const SIGNED_OUT = "You signed out in another tab.";

const MAIL = {
	queued: "Your mail is about to be sent.",
	taken: "Your mail is being sent.",
	sent: "Your mail was sent. It should arrive within a minute.",
	deferred: "Your mail server asked to wait. The mail will be sent again by itself.",
	refused: "Your mail server refused the mail. Check the address.",
	expired: "The mail could not be delivered in time. Ask for a new code.",
	withheld: "No mail was sent: too many were asked for. Wait, then ask again.",
};

const FIELDS = { "name-taken": "name", "bad-name": "name", "bad-address": "email" };

const FALLBACK = {
	"wrong-code": "That is not the code. Look at the newest mail and try again.",
	"login-over": "This code is no longer good. Ask for a new one.",
	"session-over": "Your session is over. Enter again to get a new code.",
};

// frame: auth reset, may not enter, refused.
export function reasonText(frame) {
	const text = frame.text || FALLBACK[frame.reason] || "That did not work. Try again.";
	const wait = Math.ceil((frame.retry_in ?? 0) / 1000);

	return wait > 0 && !/\d/.test(text) ? `${text} (in ${wait} s)` : text;
}

// The field of the enter step that a reason is about, or null for the whole of it.
export function reasonField(reason) {
	return FIELDS[reason] ?? null;
}

export function mailText(frame) {
	return MAIL[frame.mail] ?? (frame.text || "A code is on its way.");
}
