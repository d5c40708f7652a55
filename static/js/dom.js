// Elements.  Words become text, never HTML.

import { drawing, hue } from "./identity.js";

export const client = {}; // what the views call; main.js fills it
export const find = (id) => document.getElementById(id);
export const on = (target, event, act) => target.addEventListener(event, act);
export const onSubmit = (id, act) => on(find(id), "submit", (event) => {
	event.preventDefault();
	act();
});

export function make(tag, className, ...content) {
	const element = document.createElement(tag);

	element.className = className;
	element.append(...content);
	return element;
}

// Only changes are announced and laid out again.
export function put(id, text) {
	const element = find(id);

	if (element.textContent !== text) element.textContent = text;
}

export function button(label, act) {
	const element = make("button", "small", label);

	element.type = "button";
	on(element, "click", act);
	return element;
}

function tinted(element, hue) {
	element.style.setProperty("--hue", hue);
	return element;
}

export const nameOf = (name) => tinted(make("bdi", "name", name), hue(name));

// The drawing of an identity mark, or nothing.
export function markOf(mark) {
	if (!mark) return "";
	const [svg, squares] = ["svg", "path"].map((tag) =>
		document.createElementNS("http://www.w3.org/2000/svg", tag));
	const { hue, path } = drawing(mark);

	svg.setAttribute("viewBox", "0 0 5 5");
	svg.ariaHidden = true;
	squares.setAttribute("d", path);
	svg.append(squares);
	return tinted(svg, hue);
}
