// The person's posts until the room has them.  Decides what is due; others send.

const PREFIX = "plume.outbox."; // a key each: tabs share them
const POSTS_MAX = 50; // of 72 KiB; an origin has some 5 MB
const APART_MS = 125; // the gateway allows ten a second

// {id, name, text, at (ms), why (failed) or null}; here: sentAt (ms).
export class Outbox {
	entries = new Map();
	nextAt = 0;

	constructor(store) { this.store = store; }

	// Takes up what this name left; what another left is dropped.
	load(name) {
		const kept = this.store.keys(PREFIX).map((key) => this.store.get(key));

		for (const e of kept.filter((k) => k?.id).sort((a, b) => a.at - b.at))
			if (e.name !== name) this.store.remove(PREFIX + e.id);
			else if (!this.has(e.id)) this.entries.set(e.id, { ...e, sentAt: 0 });
	}

	list() { return [...this.entries.values()]; }
	has(id) { return this.entries.has(id); }

	add(id, name, text, now) {
		const all = this.list();

		if (all.length >= POSTS_MAX) return null;
		const at = Math.max(now, (all.at(-1)?.at ?? 0) + 1);
		return this.#keep({ id, name, text, at, why: null, sentAt: 0 });
	}

	// {post: to send now, wait: ms until the next one}
	due(now) {
		const ready = this.list().filter((e) => !e.why && !e.sentAt);

		if (!ready.length || now < this.nextAt)
			return { post: null, wait: ready.length && this.nextAt - now };
		ready[0].sentAt = now;
		this.nextAt = now + APART_MS;
		return { post: ready[0], wait: ready.length > 1 ? APART_MS : 0 };
	}

	hold(until) { this.nextAt = Math.max(this.nextAt, until); }

	// All is due again, under the same ids.
	unsent() {
		for (const e of this.entries.values()) e.sentAt = 0;
	}

	stalled(now, patience) {
		return this.list().some((e) => e.sentAt > 0 && now - e.sentAt > patience);
	}

	fail(id, why) { return this.#keep({ ...this.entries.get(id), why, sentAt: 0 }); }

	retry(id, now) {
		const e = this.remove(id);

		return e && this.add(id, e.name, e.text, now);
	}

	remove(id) {
		const e = this.entries.get(id);

		this.entries.delete(id);
		if (e) this.store.remove(PREFIX + id);
		return e;
	}

	clear() {
		this.entries.clear();
		for (const key of this.store.keys(PREFIX)) this.store.remove(key);
	}

	#keep(e) {
		this.entries.set(e.id, e);
		this.store.set(PREFIX + e.id, { ...e, sentAt: 0 });
		return e;
	}
}
