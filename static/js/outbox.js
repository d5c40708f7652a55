// The person's posts by their id, kept until they were seen in the room or given up; so
// what was said offline, or just before a reload, is said once and only once.  Decides
// what is due; others send.  Each post has its own key: several tabs share the storage.

const PREFIX = "plume.outbox.";
const POSTS_MAX = 100;
const CHARS_MAX = 1000000; // browsers give an origin some 5 MB
const APART_MS = 125; // a little slower than the ten a second that the gateway allows

// An entry: {id, name, text, at (ms, orders them), why (null, or the reason it failed)},
// and, for this connection only, sentAt (ms, or 0).
export class Outbox {
	constructor(store) {
		this.store = store;
		this.entries = new Map();
		this.nextAt = 0;
	}

	// Takes up what this name left behind; what another name left is dropped.
	load(name) {
		const kept = this.store.keys(PREFIX).map((key) => this.store.get(key));

		for (const e of kept.filter((k) => k?.id).sort((a, b) => a.at - b.at))
			if (e.name !== name)
				this.remove(e.id);
			else if (!this.entries.has(e.id))
				this.entries.set(e.id, { ...e, sentAt: 0 });
	}

	list() {
		return [...this.entries.values()];
	}

	has(id) {
		return this.entries.has(id);
	}

	// The entry, or null when too much waits already.
	add(id, name, text, now) {
		const all = this.list();

		if (all.length >= POSTS_MAX || all.reduce((n, e) => n + e.text.length, text.length) > CHARS_MAX)
			return null;
		const at = Math.max(now, (all.at(-1)?.at ?? 0) + 1);
		return this.#keep({ id, name, text, at, why: null, sentAt: 0 });
	}

	// {post: the one to send at `now` (marked as sent) or null, wait: ms until the next is
	// due, 0: none is}
	due(now) {
		const ready = this.list().filter((e) => e.why === null && e.sentAt === 0);

		if (ready.length === 0 || now < this.nextAt)
			return { post: null, wait: ready.length && this.nextAt - now };
		ready[0].sentAt = now;
		this.nextAt = now + APART_MS;
		return { post: ready[0], wait: ready.length > 1 ? APART_MS : 0 };
	}

	// Sends nothing before `until`.
	hold(until) {
		this.nextAt = Math.max(this.nextAt, until);
	}

	// The connection is another one: all that was not seen is due again, under the same ids.
	unsent() {
		for (const e of this.entries.values())
			e.sentAt = 0;
	}

	// Was something sent more than `patience` ms ago that nobody answered?
	stalled(now, patience) {
		return this.list().some((e) => e.sentAt > 0 && now - e.sentAt > patience);
	}

	fail(id, why) {
		return this.#keep({ ...this.entries.get(id), why, sentAt: 0 });
	}

	// Goes to the end: it is said now.
	retry(id, now) {
		const e = this.remove(id);

		return e && this.add(id, e.name, e.text, now);
	}

	// Seen in the room, or given up.  The entry, or null.
	remove(id) {
		const e = this.entries.get(id) ?? null;

		this.entries.delete(id);
		this.store.remove(PREFIX + id);
		return e;
	}

	clear() {
		this.entries.clear();
		for (const key of this.store.keys(PREFIX))
			this.store.remove(key);
	}

	#keep(e) {
		this.entries.set(e.id, e);
		this.store.set(PREFIX + e.id, { ...e, sentAt: 0 });
		return e;
	}
}
