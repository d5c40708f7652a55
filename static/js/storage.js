// A Storage of the browser that never throws: where it is full or forbidden, things are
// kept in memory for the life of the page.

export class Store {
	constructor(open) {
		this.memory = new Map();
		try {
			this.storage = open();
		} catch {
			this.storage = null;
		}
	}

	keys(prefix) {
		const kept = this.storage === null ? [] : Object.keys(this.storage);

		return [...new Set([...kept, ...this.memory.keys()])].filter((k) => k.startsWith(prefix));
	}

	// The value as it was set, or null.
	get(key) {
		try {
			return JSON.parse(this.memory.get(key) ?? this.storage?.getItem(key) ?? "null");
		} catch {
			return null;
		}
	}

	set(key, value) {
		const json = JSON.stringify(value);

		try {
			this.storage.setItem(key, json);
			this.memory.delete(key);
		} catch {
			this.memory.set(key, json);
		}
	}

	remove(key) {
		this.memory.delete(key);
		this.storage?.removeItem(key);
	}
}
