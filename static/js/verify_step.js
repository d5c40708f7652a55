// The second step: the code from the mail, and what is known about that mail.

import { findCode } from "./code.js";
import { mailText } from "./reasons.js";

export class VerifyStep {
	// on.code(code), on.resend(), on.otherAddress(); now(): ms
	constructor(root, on, now) {
		const find = (id) => root.querySelector(id);

		this.code = find("#code");
		this.button = find("#code-button");
		this.error = find("#verify-error");
		this.address = find("#address");
		this.status = find("#mail-status");
		this.look = find("#mail-look");
		this.expiry = find("#mail-expiry");
		this.resend = find("#resend");
		this.now = now;
		this.on = on;
		this.reset();
		this.code.addEventListener("input", () => this.#try());
		root.addEventListener("submit", (event) => {
			event.preventDefault();
			this.#submit();
		});
		this.resend.addEventListener("click", () => {
			this.resendAt = Infinity;
			this.showError("");
			on.resend();
		});
		find("#other-address").addEventListener("click", on.otherAddress);
	}

	reset() {
		this.digits = 8;
		this.tried = ""; // not submitted by itself again
		this.resendAt = Infinity; // asked, or not told yet
		this.expiresAt = Infinity;
		this.code.value = "";
		this.status.textContent = "Asking about your mail …";
		this.look.textContent = this.expiry.textContent = "";
		this.showError("");
	}

	show({ email }) {
		this.reset();
		this.address.textContent = email || "your address";
		this.code.focus();
	}

	showWaiting(frame, now) {
		this.digits = frame.digits ?? 8;
		this.status.textContent = mailText(frame);
		this.look.textContent = look(frame);
		this.resendAt = now + (frame.resend_in ?? 0);
		this.expiresAt = frame.expires_in === undefined ? Infinity : now + frame.expires_in;
		this.tick();
	}

	// resendIn: ms until a new code can be asked for, when this error is about that.
	showError(text, resendIn) {
		this.#busy(false);
		this.error.textContent = text;
		this.code.setAttribute("aria-invalid", String(text !== ""));
		if (resendIn !== undefined)
			this.resendAt = this.now() + resendIn;
		if (text !== "") {
			this.code.focus();
			this.code.select();
		}
		this.tick();
	}

	// Once a second.
	tick() {
		const left = Math.ceil((this.resendAt - this.now()) / 1000);

		this.resend.disabled = left > 0;
		set(this.resend, left > 0 && left < Infinity ? `Send a new code (in ${left} s)` : "Send a new code");
		if (this.expiresAt < Infinity)
			set(this.expiry, this.expiresAt < this.now() ? "The code is too old now: ask for a new one."
				: `The code is good until ${clock(this.expiresAt)}.`);
	}

	#busy(yes) {
		this.button.disabled = yes;
		this.button.textContent = yes ? "Checking …" : "Go in";
	}

	#try() {
		const code = findCode(this.code.value, this.digits);

		if (code !== null && code !== this.tried)
			this.#submit();
	}

	#submit() {
		const code = findCode(this.code.value, this.digits);

		if (code === null)
			return this.showError(`The code has ${this.digits} digits. It is in the mail.`);
		this.tried = this.code.value = code;
		this.showError("");
		this.#busy(true);
		this.on.code(code);
	}
}

function set(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

function look({ sender, subject }) {
	const parts = [];

	if (sender)
		parts.push(`from ${sender}`);
	if (subject)
		parts.push(`with the subject “${subject}”`);
	return parts.length > 0 ? `Look for a mail ${parts.join(", ")}.` : "";
}

function clock(ms) {
	return new Date(ms).toLocaleTimeString([], { timeStyle: "short" });
}
