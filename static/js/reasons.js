// Sentences: what happened, what to do.  The server's own words come first.

import { TEXT_MAX } from "./protocol.js";

export const SAYS = {
	tooLong: `This is too long: at most ${TEXT_MAX.toLocaleString("en")} bytes go in one message.`,
	tooMany: "Too many messages wait for the room.",
	signedOut: "You are signed out.",
	otherTab: "You signed out in another tab.",
	notTold: "You are signed out here. The room could not be told.",
	codeOver: "This code is no longer good. Ask for a new one.",
	notAnswered: "No answer came. Try again.",
	notToldWho: "This room does not tell.",
	notNow: "The room is out of reach. Try again later.",
};

export const FIELDS = { "name-taken": "name", "bad-name": "name", "bad-address": "email" };
const MAIL = {
	queued: "Your mail is about to be sent.",
	waits: "No mailer is running: your mail waits.",
	sent: "Your mail was sent.",
	deferred: "Your mail server asked to wait.",
	refused: "Your mail server refused the mail. Check the address.",
	expired: "The mail could not be delivered. Ask for a new code.",
	withheld: "No new mail was sent: it is too soon. Wait, then ask again.",
};

export function reasonText(frame) {
	const text = frame.text || "That did not work. Try again.";

	return frame.retry_in && !/\d/.test(text) ? `${text} (in ${Math.ceil(frame.retry_in / 1000)} s)` : text;
}

export function mailText({ mail, mailed_at, mailers, text }, clock) {
	if (mail === "sent" && mailed_at)
		return `Your mail was accepted by the mail server at ${clock(mailed_at)}.`;
	return MAIL[mail === "queued" && mailers === 0 ? "waits" : mail] ?? (text || "A code is on its way.");
}

export function mailHint({ sender, subject, reference }) {
	const by = [sender && ` from ${sender}`, subject && ` with the subject “${subject}”`];
	const look = by.filter(Boolean).join(",");

	return [look && `Look for a mail${look}.`,
		reference && `Should none come, tell the operator: ${reference}.`].filter(Boolean).join(" ");
}
