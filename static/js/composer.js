// The box where one writes.  Its draft survives a reload.

import { asking } from "./command.js";
import { button, client, find, markOf, on, onSubmit, put } from "./dom.js";
import { chosen } from "./settings.js";
import { keptByTab } from "./storage.js";

const DRAFT = "plume.draft";
const box = find("composer");
const names = find("names");
let offered; // {at, names}
let pointed; // of these; behind the last: none

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
	names.hidden = !offered;
	names.replaceChildren(...(offered?.names ?? []).map((name, i) => {
		const choice = button(`@${name}`, () => take(name));

		choice.prepend(markOf(people.get(name)));
		return Object.assign(choice, { id: `name-${i}`, role: "option", tabIndex: -1 });
	}));
	point(names.childElementCount);
}

function point(at) {
	const all = [...names.children];

	pointed = at;
	all.forEach((choice, i) => { choice.ariaSelected = i === at; });
	box.setAttribute("aria-activedescendant", all[at]?.id ?? "");
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
	const all = offered?.names ?? [];
	const n = all.length;
	const turn = { ArrowDown: 1, ArrowUp: n }[key];
	const name = { Tab: all[pointed % n], Enter: all[pointed] }[key];

	if (n && turn) point((pointed + turn) % (n + 1));
	else if (name) take(name);
	else if (n && key === "Escape") changed(new Map());
	else if (key === "Enter") send();
	else return;
	event.preventDefault();
});
on(box, "input", () => {
	changed();
	if (chosen.typing && !/^(\/|$)/.test(box.value)) client.types();
});
onSubmit("say", send);
box.value = keptByTab.get(DRAFT) ?? "";
