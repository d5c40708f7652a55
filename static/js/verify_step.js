// The second step: the code, and what is known about its mail.

import { findCode } from "./code.js";
import { client, find, on, onSubmit, put } from "./dom.js";
import { mailHint, mailText } from "./reasons.js";

const clock = (ms) => new Date(ms).toLocaleTimeString([], { timeStyle: "short" });
const field = find("code");
const button = find("code-button");
const resend = find("resend");
let digits = 8, tried, resendAt, expiresAt, retryAt;

const seconds = (at) => Math.ceil((at - Date.now()) / 1000);

export function tick() {
	const left = seconds(resendAt);

	resend.disabled = left > 0;
	put("resend", `Send a new code${left > 0 && left < Infinity ? ` (in ${left} s)` : ""}`);
	put("mail-retry", !retryAt ? ""
		: retryAt > Date.now() ? `Trying again in ${seconds(retryAt)} s.` : "Trying again …");
	put("mail-expiry", !expiresAt ? "" : expiresAt > Date.now()
		? `The code is good until ${clock(expiresAt)}.`
		: "The code is too old now: ask for a new one.");
}

export function showError(text, resendIn, busy = false) {
	button.disabled = busy;
	put("code-button", busy ? "Checking …" : "Go in");
	put("verify-error", text);
	field.ariaInvalid = text !== "";
	if (resendIn !== undefined) resendAt = Date.now() + resendIn;
	if (text !== "") field.select();
	tick();
}

function submit(code) {
	if (!code) return showError(`The code has ${digits} digits. It is in the mail.`);
	tried = field.value = code;
	showError("", undefined, true);
	client.giveCode(code);
}

// A whole code is sent, once.
on(field, "input", () => {
	const code = findCode(field.value, digits);

	if (code && code !== tried) submit(code);
});
onSubmit("verify", () => submit(findCode(field.value, digits)));
on(resend, "click", () => {
	field.focus();
	showError("", Infinity);
	client.resend();
});
on(find("other-address"), "click", () => client.otherAddress());

export function show({ email }) {
	tried = field.value = "";
	expiresAt = retryAt = 0;
	put("mail-status", "Asking about your mail …");
	put("mail-look", "");
	put("address", email || "your address");
	showError("", Infinity);
	field.focus();
}

export function showWaiting(frame) {
	const at = (ms) => ms && Date.now() + ms;
	const coming = frame.mail !== "withheld";

	digits = frame.digits ?? 8;
	[resendAt, expiresAt, retryAt] =
		[at(frame.resend_in ?? 0), coming && at(frame.expires_in), at(frame.mail_retry_in)];
	put("mail-status", mailText(frame, clock));
	put("mail-look", coming ? mailHint(frame) : "");
	tick();
}
