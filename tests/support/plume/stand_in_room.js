// Put in front of the page by tests: a WebSocket whose other side is the test.
//
//   room.hear(frame, …)     the page hears these
//   room.sent               what it said, as objects
//   room.close(code, why)   the connection ends
//   room.answers            refuse new connections while false
if (window.name !== "begun") { // not a reload but the first time: as if nobody was here before
	localStorage.clear();
	sessionStorage.clear();
	window.name = "begun";
}

globalThis.room = {
	sent: [],
	socket: null,
	answers: true,
	hear(...frames) {
		for (const frame of frames)
			this.socket.onmessage({ data: JSON.stringify({ user: { name: "" }, text: "", ...frame }) });
	},
	close(code = 1006, reason = "") {
		const socket = this.socket;

		this.socket = null;
		socket?.onclose({ code, reason });
	},
};

globalThis.WebSocket = class {
	constructor() {
		setTimeout(() => {
			if (!room.answers)
				return this.onclose({ code: 1006, reason: "" });
			room.socket = this;
			this.onopen({});
		});
	}

	send(data) {
		room.sent.push(JSON.parse(data));
	}

	close() {}
};

globalThis.violations = [];
addEventListener("securitypolicyviolation", (event) => {
	violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
