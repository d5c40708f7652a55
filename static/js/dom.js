// What all views do with elements.  Words become text, never HTML.

import { drawing, hue } from "./identity.js";

const SVG = "http://www.w3.org/2000/svg";

export const client = {}; // what the views call; main.js fills it
export const find = (id) => document.getElementById(id);
export const on = (target, event, act) => target.addEventListener(event, act);

export function make(tag, className, ...content) {
	const element = document.createElement(tag);

	element.className = className;
	element.append(...content);
	return element;
}

// Only what changes is announced and laid out again.
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

export function nameOf(name) {
	const element = make("bdi", "name", name);

	element.style.setProperty("--hue", hue(name));
	return element;
}

// The drawing of an identity mark, or nothing.
export function markOf(mark) {
	if (!mark) return "";
	const [svg, squares] = ["svg", "path"].map((tag) => document.createElementNS(SVG, tag));
	const { hue, path } = drawing(mark);

	svg.setAttribute("viewBox", "0 0 5 5");
	svg.ariaHidden = true;
	svg.style.setProperty("--hue", hue);
	squares.setAttribute("d", path);
	svg.append(squares);
	return svg;
}
