// The box where one writes.  Enter sends, Shift+Enter breaks the line; a draft survives a
// reload, and what cannot be sent stays in the box.

const DRAFT = "plume.draft";

export class Composer {
	// say(words): null, or why they were not taken.  store: of this tab.
	constructor(root, store, say) {
		this.box = root.querySelector("#composer");
		this.error = root.querySelector("#composer-error");
		this.store = store;
		this.say = say;
		this.box.value = store.get(DRAFT) ?? "";
		this.box.addEventListener("input", () => this.#changed());
		this.box.addEventListener("keydown", (event) => this.#onKey(event));
		root.addEventListener("submit", (event) => {
			event.preventDefault();
			this.#send();
		});
	}

	show() {
		this.#fit();
		this.box.focus();
	}

	showError(text) {
		this.error.textContent = text;
		this.box.setAttribute("aria-invalid", String(text !== "" && this.box.value !== ""));
	}

	// Words that come back, in front of those that are there.
	putBack(words) {
		this.box.value = [words, this.box.value].filter((w) => w !== "").join("\n");
		this.#changed();
		this.box.focus();
	}

	clear() {
		this.box.value = "";
		this.#changed();
	}

	#onKey(event) {
		// 229: an input method still composes, also where isComposing is not told
		if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229)
			return;
		event.preventDefault();
		this.#send();
	}

	#send() {
		const words = this.box.value;

		if (words.trim() === "")
			return;
		const why = this.say(words);
		if (why === null)
			this.clear();
		else
			this.showError(why);
		this.box.focus();
	}

	#changed() {
		this.store.set(DRAFT, this.box.value);
		this.showError("");
		this.#fit();
	}

	#fit() {
		this.box.style.height = "auto";
		this.box.style.height = `${this.box.scrollHeight + this.box.offsetHeight - this.box.clientHeight}px`;
	}
}
