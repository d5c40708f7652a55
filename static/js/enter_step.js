// The first step: a name and an address.

import { FIELD_MAX, bytes } from "./protocol.js";

export class EnterStep {
	// onEnter(name, email)
	constructor(root, onEnter) {
		this.name = root.querySelector("#name");
		this.email = root.querySelector("#email");
		this.button = root.querySelector("#enter-button");
		this.error = root.querySelector("#enter-error");
		this.hint = root.querySelector("#email-hint");
		root.addEventListener("submit", (event) => {
			event.preventDefault();
			this.#submit(onEnter);
		});
	}

	show({ name, email }) {
		this.name.value = name;
		this.email.value = email;
		this.showError(null, "");
		(name === "" ? this.name : this.email).select();
	}

	// Waits for an answer.
	busy(yes) {
		this.button.disabled = yes;
		this.button.textContent = yes ? "Asking …" : "Enter";
	}

	// field: "name", "email" or null; the sentence stands below it.
	showError(field, text) {
		this.busy(false);
		(this[field] ?? this.hint).after(this.error);
		this.error.textContent = text;
		for (const input of [this.name, this.email])
			input.setAttribute("aria-invalid", String(input.id === field));
		if (field !== null)
			this[field].focus();
	}

	#submit(onEnter) {
		const name = this.name.value.trim();
		const email = this.email.value.trim();
		const wrong = check(name, email);

		this.showError(wrong?.field ?? null, wrong?.text ?? "");
		if (wrong !== null)
			return;
		this.busy(true);
		onEnter(name, email);
	}
}

// {field, text} of what is wrong, or null.  The server is stricter and has the last word.
function check(name, email) {
	if (name === "")
		return { field: "name", text: "Type the name that the others will see." };
	if (bytes(name) > FIELD_MAX)
		return { field: "name", text: "This name is too long. Choose a shorter one." };
	if (!/^[^@\s]+@[^@\s]+$/.test(email))
		return { field: "email", text: "Type an address like ann@example.org: the code is sent there." };
	if (bytes(email) > FIELD_MAX)
		return { field: "email", text: `This address is too long: at most ${FIELD_MAX} bytes.` };
	return null;
}
