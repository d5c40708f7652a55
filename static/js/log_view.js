// The log on the page: the posts of the room, the person's own pending ones below them.
// Words are put in as text, never as HTML.

import { hue } from "./hue.js";
import { pieces } from "./words.js";

const GROUP_MS = 5 * 60 * 1000; // one speaker's posts within this need one name
const KEPT = 10000; // posts on the page
const NEAR_PX = 60; // this close to the end counts as being there
const CLOCK = new Intl.DateTimeFormat([], { timeStyle: "short" }); // made once: making is slow
const DAY = new Intl.DateTimeFormat([], { dateStyle: "full" });
const MOMENT = new Intl.DateTimeFormat([], { dateStyle: "full", timeStyle: "medium" });
const LINES = {
	missing: "Some messages are missing here.",
	anew: "The room began anew. Earlier messages are gone.",
	earlier: "Before you came in",
	unread: "New",
};

export class LogView {
	// on.retry(id), on.edit(id), on.unread(count)
	constructor(root, on) {
		this.root = root.querySelector("#log");
		this.newer = root.querySelector("#newer");
		this.on = on;
		this.doc = root.ownerDocument;
		this.clear();
		this.root.addEventListener("scroll", () => this.#scrolled(), { passive: true });
		this.newer.addEventListener("click", () => {
			this.root.focus(); // the button goes away
			this.toEnd();
		});
		this.doc.addEventListener("visibilitychange", () => this.#scrolled());
		new ResizeObserver(() => this.#stick()).observe(this.root);
	}

	clear() {
		this.root.replaceChildren();
		this.byId = new Map(); // pending and failed
		this.unreadLine = this.lastDay = null;
		this.isLive = true;
		this.atEnd = true;
		this.#count(0);
	}

	// While the past is told, nothing is read aloud.
	live(yes) {
		this.isLive = yes;
		this.root.setAttribute("aria-live", yes ? "polite" : "off");
	}

	// id: of the pending post that this confirms, or null.
	post(post, id, mine) {
		const element = this.byId.get(id) ?? this.#element(post, mine);

		this.byId.delete(id);
		this.#confirm(element, post);
		const next = this.#firstPending();
		if (this.isLive && !mine)
			this.#unread(next);
		this.#day(element, post, next);
		if (!element.isConnected || element.nextElementSibling !== next)
			this.root.insertBefore(element, next);
		this.#group(element);
		this.#group(next);
		if (this.root.childElementCount > KEPT + this.byId.size)
			this.root.firstElementChild.remove();
		this.#stick();
	}

	private(post) {
		const element = this.#element(post, false);

		element.classList.add("private");
		element.querySelector(".head").append(this.#make("span", "note", "only you see this"));
		this.root.insertBefore(element, this.#firstPending());
		this.#stick();
	}

	line(kind) {
		const line = this.#make("p", `line ${kind}`, LINES[kind]);

		this.root.insertBefore(line, this.#firstPending());
		this.#stick();
	}

	pending(entry) {
		if (this.byId.has(entry.id))
			return;
		const element = this.#element({ name: entry.name, text: entry.text, ts: entry.at }, true);
		const state = this.#make("p", "state", "sending …");

		state.setAttribute("aria-hidden", "true");
		element.classList.add("pending");
		element.dataset.id = entry.id;
		element.append(state);
		this.byId.set(entry.id, element);
		this.root.append(element);
		this.#group(element);
		this.toEnd();
	}

	failed(entry) {
		const element = this.byId.get(entry.id);
		const button = (label, act) => {
			const b = this.#make("button", "small", label);

			b.type = "button";
			b.addEventListener("click", () => act(entry.id));
			return b;
		};

		if (element === undefined)
			return;
		element.classList.replace("pending", "failed");
		const state = element.querySelector(".state");
		state.removeAttribute("aria-hidden");
		state.replaceChildren(`Not sent: ${entry.why}`, button("Try again", this.on.retry),
			button("Edit", this.on.edit));
		this.#stick();
	}

	gone(id) {
		const element = this.byId.get(id);
		const next = element?.nextElementSibling;

		element?.remove();
		this.byId.delete(id);
		this.#group(next);
	}

	toEnd() {
		this.atEnd = true;
		this.#stick();
	}

	#make(tag, className, text = "") {
		const element = this.doc.createElement(tag);

		element.className = className;
		element.textContent = text;
		return element;
	}

	#element(post, mine) {
		const element = this.#make("div", "post");
		const head = this.#make("p", "head");
		const name = this.#make("bdi", "name", post.name);

		name.style.setProperty("--hue", hue(post.name));
		head.append(name, " ");
		element.append(head, this.#words(post));
		element.classList.toggle("mine", mine);
		element.classList.toggle("event", post.event !== undefined);
		this.#time(element, post.ts);
		return element;
	}

	#words(post) {
		const words = this.#make("div", "text");

		words.dir = "auto";
		for (const piece of pieces(post.text)) {
			if (piece.href === undefined) {
				words.append(piece.text);
				continue;
			}
			const link = this.#make("a", "", piece.text);
			link.href = piece.href;
			link.target = "_blank";
			link.rel = "noopener noreferrer nofollow";
			words.append(link);
		}
		return words;
	}

	#time(element, ts) {
		const at = new Date(ts ?? NaN);

		if (isNaN(at))
			return;
		const time = this.#make("time", "", CLOCK.format(at));

		element.querySelector("time")?.remove();
		time.dateTime = at.toISOString();
		time.title = MOMENT.format(at);
		element.querySelector(".head").append(time);
		element.dataset.ts = ts;
		element.dataset.day = at.toDateString();
	}

	#confirm(element, post) {
		element.dataset.seq = post.seq;
		element.classList.remove("pending", "failed");
		element.querySelector(".state")?.remove();
		this.#time(element, post.ts);
	}

	#firstPending() {
		return this.byId.values().next().value ?? null;
	}

	// The date, where it changes.
	#day(element, { ts }, next) {
		const today = new Date().toDateString();
		const { day = today } = element.dataset;

		if (day !== (this.lastDay ?? today)) {
			const label = day === today ? "Today" : DAY.format(ts);

			this.root.insertBefore(this.#make("p", "line day", label),
				element.isConnected ? element : next);
		}
		this.lastDay = day;
	}

	// The name is shown once for what one speaker says in a row.
	#group(element) {
		const last = element?.previousElementSibling;

		element?.classList.toggle("grouped", last?.matches(".post") === true
			&& !last.matches(".event, .private") && !element.matches(".event, .private")
			&& last.querySelector(".name").textContent === element.querySelector(".name")?.textContent
			&& element.dataset.ts - last.dataset.ts < GROUP_MS);
	}

	#unread(next) {
		if (this.atEnd && !this.doc.hidden)
			return;
		if (this.unread === 0) {
			this.unreadLine?.remove();
			this.unreadLine = this.#make("p", "line unread", LINES.unread);
			this.root.insertBefore(this.unreadLine, next);
		}
		this.#count(this.unread + 1);
	}

	#count(unread) {
		if (this.unread !== unread)
			this.on.unread(unread);
		this.unread = unread;
		this.newer.hidden = unread === 0 || this.atEnd;
		this.newer.textContent = `${unread} new ↓`;
	}

	#scrolled() {
		const { scrollHeight, scrollTop, clientHeight } = this.root;

		if (clientHeight > 0 && !this.sticking)
			this.atEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX;
		if (this.atEnd && !this.doc.hidden)
			this.#count(0);
	}

	// Stays at the end, once per painted picture.
	#stick() {
		if (!this.atEnd || this.sticking)
			return;
		this.sticking = true;
		const stick = () => {
			this.sticking = false;
			this.root.scrollTop = this.root.scrollHeight;
			this.#scrolled();
		};
		if (this.doc.hidden)
			stick();
		else
			this.doc.defaultView.requestAnimationFrame(stick);
	}
}
