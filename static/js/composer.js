// The box where one writes.  A draft survives a reload; what cannot be sent stays.

import { asking } from "./command.js";
import { button, client, find, markOf, on, put } from "./dom.js";
import { chosen } from "./settings.js";
import { keptByTab } from "./storage.js";

const DRAFT = "plume.draft";
const box = find("composer");
let offered; // {at, names}

export function showError(text) {
	put("composer-error", text);
	box.ariaInvalid = text !== "" && box.value !== "";
}

function fit() {
	box.style.height = "auto";
	box.style.height = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
}

function changed(people = client.people.marks) {
	keptByTab.set(DRAFT, box.value);
	showError("");
	fit();
	offered = asking(box.value, box.selectionEnd, [...people.keys()]);
	find("names").replaceChildren(...(offered?.names ?? []).map((name) => {
		const choice = button(`@${name}`, () => take(name));

		choice.prepend(markOf(people.get(name)));
		return choice;
	}));
}

function take(name) {
	box.setRangeText(`@${name} `, offered.at, box.selectionEnd, "end");
	changed();
	box.focus();
}

function send() {
	const wrong = box.value.trim() && client.say(box.value);

	if (wrong === null) clear();
	else showError(wrong);
	box.focus();
}

export function clear() {
	box.value = "";
	changed();
}

export function putBack(words) {
	box.value = [words, box.value].filter(Boolean).join("\n");
	changed();
	box.focus();
}

export const me = (name, mark) => find("me").replaceChildren(markOf(mark), name);

export function show({ name }) {
	me(name);
	fit();
	box.focus();
}

on(box, "keydown", (event) => {
	const { key, shiftKey, isComposing, keyCode } = event;

	// 229: an input method composes
	if (shiftKey || isComposing || keyCode === 229) return;
	if (key === "Tab" && offered) take(offered.names[0]);
	else if (key === "Escape" && offered) changed(new Map());
	else if (key === "Enter") send();
	else return;
	event.preventDefault();
});
on(box, "input", () => {
	changed();
	if (chosen.typing && !/^(\/|$)/.test(box.value)) client.types();
});
on(find("say"), "submit", (event) => {
	event.preventDefault();
	send();
});
box.value = keptByTab.get(DRAFT) ?? "";
