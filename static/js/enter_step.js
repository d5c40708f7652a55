// The first step: a name and an address.

import { client, find, on, onSubmit, put } from "./dom.js";

const fields = { name: find("name"), email: find("email") };
const button = find("enter-button");
const error = find("enter-error");
const typed = () => [fields.name.value.trim(), fields.email.value.trim()];

// field: "name", "email" or none.
export function showError(field, text, busy = false) {
	button.disabled = busy;
	put("enter-button", busy ? "Asking …" : "Enter");
	(fields[field] ?? find("email-hint")).after(error);
	error.textContent = text;
	for (const key in fields) fields[key].ariaInvalid = key === field;
	fields[field]?.focus();
}

// To be there again after a reload.
on(find("enter"), "input", () => client.typed(...typed()));
onSubmit("enter", () => {
	const [name, email] = typed();

	if (name === "") return showError("name", "Type the name that the others will see.");
	if (!/^[^@\s]+@[^@\s]+$/.test(email))
		return showError("email", "Type an address like ann@example.org: the code is sent there.");
	showError(null, "", true);
	client.enter(name, email);
});

export function show({ name, email }) {
	fields.name.value = name;
	fields.email.value = email;
	showError(null, "");
	(name === "" ? fields.name : fields.email).select();
}
