// The posts of the room, the person's own pending ones below them.

import { action } from "./command.js";
import { button, client, find, make, markOf, nameOf, on, put } from "./dom.js";
import { Presence } from "./people.js";
import { pieces } from "./words.js";

const GROUP_MS = 5 * 60 * 1000; // for posts under one name
const BLOCK = 100; // posts; out of sight they are free
const BLOCKS = 100;
const NEAR_PX = 60; // so near is at the end
const BUSY_MS = 10000; // for six posts
const format = (dateStyle, timeStyle) => new Intl.DateTimeFormat([], { dateStyle, timeStyle });
const CLOCK = format(undefined, "short");
const DAY = format("full");
const MOMENT = format("full", "medium");
const LINES = {
	missing: "Some messages are missing here.",
	anew: "The room began anew. Earlier messages are gone.",
	earlier: "Before you came in",
	unread: "New",
};

const root = find("log");
const newer = find("newer");
const posts = new WeakMap();
const byId = new Map(); // what is pending or failed
const tail = make("div", "");
let times = [];
let heard = 0;
let block, lastTop, unread, unreadLine, lastDay, run, atEnd, isLive, sticking;

const lineElement = (kind, text = LINES[kind]) => make("p", `line ${kind}`, text);

export function clear() {
	block = make("div", "block");
	tail.replaceChildren();
	root.replaceChildren(block, tail);
	byId.clear();
	unreadLine = lastDay = run = null;
	atEnd = isLive = true;
	count(0);
}

function add(element) {
	if (block.childElementCount >= BLOCK) {
		block.style.containIntrinsicBlockSize = `auto ${block.offsetHeight}px`;
		block.classList.add("old");
		block = make("div", "block");
		tail.before(block);
		if (root.childElementCount > BLOCKS + 2) root.firstElementChild.remove();
		lastTop = 0; // no person scrolled
	}
	block.append(element);
	stick();
}

const timeOf = (ts) =>
	Object.assign(make("time", "", CLOCK.format(ts)), { title: MOMENT.format(ts) });

function postElement(post) {
	const does = action(post.text);
	const words = make("div", "text", ...pieces(does ?? post.text).map(pieceElement));
	const head = make("p", "head", markOf(post.mark), nameOf(post.name), " ", post.ts ? timeOf(post.ts) : "");
	const element = make("div", does ? "post does" : "post", head, words);

	words.dir = "auto";
	posts.set(element, post);
	return element;
}

function pieceElement({ text, href, mention }) {
	if (mention) return make("bdi", "mention", text);
	if (!href) return text;
	return Object.assign(make("a", "", text),
		{ href, target: "_blank", rel: "noopener noreferrer nofollow" });
}

function group(element) {
	const a = posts.get(element?.previousElementSibling ??
		element?.parentElement.previousElementSibling?.lastElementChild);
	const b = posts.get(element);

	element?.classList.toggle("grouped", a?.name === b?.name && !!a && !action(b.text) &&
		(a.mark === b.mark || !b.seq) && b.ts - a.ts < GROUP_MS);
}

function day(ts) {
	const its = DAY.format(ts);

	if (its !== (lastDay ?? DAY.format())) add(lineElement("day", its));
	lastDay = its;
}

// In a row they share a line; it is not read aloud.
function eventElement({ name, event, ts }) {
	if (!run || run.element !== block.lastElementChild)
		run = { element: make("p", "event"), who: new Presence() };
	run.who.add(name, event);
	run.element.replaceChildren(
		make("span", "", ...run.who.parts().map((x) => x.name ? nameOf(x.name) : x)), timeOf(ts));
	run.element.ariaLive = "off";
	return run.element;
}

// In a busy room only the number is read aloud.
function tell() {
	times = [...times.slice(-5), Date.now()];
	heard = times[5] - times[0] < BUSY_MS ? heard + 1 : 0;
	root.ariaLive = heard ? "off" : "polite";
	put("heard", heard > 9 ? `${heard - heard % 10} new messages` : "");
}

function markUnread() {
	if (isLive && atEnd && !document.hidden) return;
	if (unread === 0) {
		unreadLine?.remove();
		add(unreadLine = lineElement("unread"));
	}
	count(unread + 1);
}

function count(n) {
	unread = n;
	document.title = n > 0 ? `(${n}) Plume` : "Plume";
	newer.hidden = n === 0 || atEnd;
	newer.textContent = `${n} new ↓`;
}

function scrolled() {
	const { scrollTop, scrollHeight, clientHeight } = root;

	// Only who scrolls up stays behind.
	if (clientHeight > 0)
		atEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX || (atEnd && scrollTop >= lastTop);
	lastTop = scrollTop;
	if (isLive && atEnd && !document.hidden) count(0);
}

function stick() {
	if (!atEnd || sticking) return;
	sticking = true;
	(document.hidden ? (f) => f() : requestAnimationFrame)(() => {
		sticking = false;
		if (!atEnd) return;
		root.scrollTop = root.scrollHeight;
		scrolled();
	});
}

function toEnd() {
	atEnd = true;
	stick();
}

export function gone(id) {
	const element = byId.get(id);
	const next = element?.nextElementSibling;

	element?.remove();
	byId.delete(id);
	group(next);
}

clear();
on(root, "scroll", scrolled);
on(newer, "click", () => {
	root.focus();
	toEnd();
});
on(document, "visibilitychange", scrolled);
new ResizeObserver(stick).observe(root);

// While the past is told, nothing is read aloud.
export function live(yes) {
	isLive = yes;
	root.ariaLive = yes ? "polite" : "off";
	scrolled();
}

// id: of its pending element; calls: it names this person.
export function post(post, id, news, calls) {
	gone(id);
	day(post.ts);
	if (news) {
		if (isLive) tell();
		markUnread();
	}
	const element = post.event ? eventElement(post) : postElement(post);
	element.dataset.seq = post.seq;
	element.classList.toggle("calls", calls);
	if (!element.isConnected) add(element);
	group(element);
	group(tail.firstElementChild);
}

// Without a name: of the page itself.
export function whisper(post) {
	const element = postElement({ name: "", ...post });

	element.classList.add("private");
	element.firstChild.append(make("span", "note", "only you see this"));
	posts.delete(element); // it groups with nothing
	add(element);
	if (!post.name) toEnd();
}

export const line = (kind) => add(lineElement(kind));

export function pending(entry) {
	if (byId.has(entry.id)) return;
	const element = postElement({ ...entry, ts: entry.at });
	const state = make("p", "state", "sending …");

	state.ariaHidden = true;
	element.classList.add("pending");
	element.append(state);
	byId.set(entry.id, element);
	tail.append(element);
	group(element);
	toEnd();
}

export function failed({ id, why }) {
	const element = byId.get(id);
	const state = element.lastElementChild;

	element.classList.replace("pending", "failed");
	state.ariaHidden = null;
	state.replaceChildren(`Not sent: ${why} `, button("Try again", () => client.retry(id)),
		button("Edit", () => client.edit(id)));
	stick();
}
