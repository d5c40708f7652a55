// Who is here, and who types.

import { find, make, markOf, nameOf, on, put } from "./dom.js";
import { isolated, listed } from "./people.js";

const SHOWN = 300;
const panel = find("people");
const list = panel.firstElementChild;
const here = find("here");
let shown;

function open(yes) {
	panel.hidden = !yes;
	here.ariaExpanded = yes;
}

on(here, "click", () => open(panel.hidden));

export function show({ marks, count }, typers, me) {
	const who = listed(typers).map((x) => x.name ? isolated(x.name) : x).join("");

	put("typing", who && `${who} ${typers.length > 1 ? "are" : "is"} typing …`);
	here.hidden = !count;
	put("here", `${count} here`);
	if (marks === shown) return;
	if (!list.firstChild && marks.size && matchMedia("(min-width: 60rem)").matches) open(true);
	const people = [...marks];
	shown = marks;
	list.replaceChildren(...people.slice(0, SHOWN).map(([name, mark]) =>
		make("li", "", markOf(mark), nameOf(name), name === me ? " (you)" : "")));
	if (people.length > SHOWN) list.append(make("li", "", `and ${people.length - SHOWN} more`));
}
