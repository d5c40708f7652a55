// A Storage that never throws: full or forbidden, things last as long as the page.

export class Store {
	constructor(open) {
		try {
			this.storage = open();
		} catch {
			this.storage = {};
		}
	}

	keys(prefix) { return Object.keys(this.storage).filter((key) => key.startsWith(prefix)); }

	// The value as it was set, or null.
	get(key) {
		try {
			return JSON.parse(this.storage[key] ?? "null");
		} catch {
			return null;
		}
	}

	set(key, value) {
		try {
			this.storage[key] = JSON.stringify(value);
		} catch {
			// who sets it has it, too
		}
	}

	remove(key) { delete this.storage[key]; }
}

export const kept = new Store(() => localStorage);
export const keptByTab = new Store(() => sessionStorage);
