// One quiet bar about the connection, silent when all is well.  The countdown is for the
// eye; a screen reader hears a change of state once.

const QUIET_MS = 700; // a connection made faster than this is not worth a word
const WORDS = {
	connecting: "Connecting …",
	reconnecting: "The connection was lost.",
	offline: "This device is offline.",
	"out-of-reach": "The room is out of reach. What you send waits here.",
};

export class ConnectionBar {
	// onRetry(): the person does not want to wait.  env: now, online
	constructor(root, onRetry, env) {
		this.root = root;
		this.words = root.querySelector(".words");
		this.count = root.querySelector(".count");
		this.button = root.querySelector("button");
		this.env = env;
		this.state = "idle";
		this.button.addEventListener("click", onRetry);
	}

	// Between two tries the bar goes on saying that the connection is lost.
	show(state, until = 0) {
		this.isLost = state === "reconnecting" || (state === "connecting" && this.isLost);
		this.state = state;
		this.until = until;
		this.quietUntil = state === "connecting" && !this.isLost ? this.env.now() + QUIET_MS : 0;
		this.tick();
		if (this.quietUntil > 0)
			setTimeout(() => this.tick(), QUIET_MS);
	}

	// Once a second.
	tick() {
		const waits = this.state === "reconnecting";
		const state = waits && !this.env.online() ? "offline" : this.state;
		const left = Math.max(1, Math.ceil((this.until - this.env.now()) / 1000));
		const key = this.isLost && !waits ? "reconnecting" : state;
		const words = this.env.now() < this.quietUntil ? "" : WORDS[key] ?? "";

		this.root.dataset.state = state;
		this.root.classList.toggle("shown", words !== "");
		if (this.words.textContent !== words)
			this.words.textContent = words;
		this.count.textContent = waits ? `Reconnecting in ${left} s`
			: this.isLost ? "Reconnecting …" : "";
		this.button.hidden = !waits;
	}
}
