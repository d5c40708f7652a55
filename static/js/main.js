// Puts the page together: the client, its storage and connection, and the views.

import { Client } from "./client.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { ConnectionBar } from "./connection_bar.js";
import { EnterStep } from "./enter_step.js";
import { Log } from "./log.js";
import { LogView } from "./log_view.js";
import { Outbox } from "./outbox.js";
import { SESSION_KEY, Session } from "./session.js";
import { Store } from "./storage.js";
import { VerifyStep } from "./verify_step.js";

const TICK_MS = 1000;
const SLEPT_MS = 90000; // browsers let a hidden page tick once a minute
const now = () => Date.now();
const find = (id) => document.getElementById(id);
const store = new Store(() => localStorage);
const session = new Session(store);

function newId() {
	const random = crypto.getRandomValues(new Uint8Array(16));

	return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const bar = new ConnectionBar(find("connection"), () => client.onWake(),
	{ now, online: () => navigator.onLine });
const enter = new EnterStep(find("enter"), (name, email) => client.enter(name, email));
const verify = new VerifyStep(find("verify"), {
	code: (code) => client.giveCode(code),
	resend: () => client.resend(),
	otherAddress: () => client.otherAddress(),
}, now);
const chat = new Composer(find("say"), new Store(() => sessionStorage), (words) => client.say(words));
const log = new LogView(find("chat"), {
	unread: (count) => {
		document.title = count > 0 ? `(${count}) Plume` : "Plume";
	},
	retry: (id) => client.retry(id),
	edit: (id) => chat.putBack(client.takeBack(id) ?? ""),
});
const views = { enter, verify, chat, log, bar, step: showStep };

function showStep(step, facts) {
	for (const id of ["enter", "verify", "chat"])
		find(id).hidden = id !== step;
	find("me").textContent = facts.name;
	views[step].show(facts);
}

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const client = new Client({
	session,
	views,
	now,
	newId,
	newClaim: newId,
	outbox: new Outbox(store),
	log: new Log(),
	later: setTimeout.bind(null),
	connect: (on) => new Connection(`${scheme}//${location.host}/connect`, on),
});

find("sign-out").addEventListener("click", () => client.signOut());

let ticked = now();
setInterval(() => {
	if (now() - ticked > SLEPT_MS)
		client.onWake();
	ticked = now();
	client.onTick();
	bar.tick();
	verify.tick();
}, TICK_MS);

addEventListener("online", () => client.onWake());
addEventListener("offline", () => bar.tick());
addEventListener("pageshow", (event) => event.persisted && client.onWake());
addEventListener("pagehide", () => session.save(now()));
addEventListener("storage", (event) => {
	if (event.key === SESSION_KEY && event.newValue === null)
		client.onForgotten();
});

client.start();
