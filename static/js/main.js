// Puts the page together.

import { newClient } from "./client.js";
import * as chat from "./composer.js";
import { newConnection } from "./connection.js";
import * as bar from "./connection_bar.js";
import { client, find, on } from "./dom.js";
import * as enter from "./enter_step.js";
import * as log from "./log_view.js";
import { Outbox } from "./outbox.js";
import * as people from "./people_view.js";
import { Session } from "./session.js";
import * as alerts from "./settings.js";
import { kept } from "./storage.js";
import * as verify from "./verify_step.js";

const session = new Session(kept);
const views = { alerts, bar, chat, enter, log, people, verify, step };

function step(step, facts) {
	for (const id of ["enter", "verify", "chat"]) find(id).hidden = id !== step;
	views[step].show(facts);
}

Object.assign(client, newClient({
	session,
	views,
	now: Date.now,
	outbox: new Outbox(kept),
	newId: () => crypto.getRandomValues(new BigUint64Array(2)).join("-"),
	later: (f, ms) => setTimeout(f, ms),
	connect: (on) => newConnection(`${location.origin.replace("http", "ws")}/connect`, on),
}));

setInterval(() => {
	client.onTick();
	bar.tick();
	verify.tick();
}, 1000);

on(window, "online", client.onWake);
on(window, "offline", bar.tick);
on(window, "pageshow", ({ persisted }) => persisted && client.onWake());
on(window, "pagehide", () => session.save(Date.now()));
on(document, "visibilitychange", () => document.hidden || client.onSeen());
on(window, "storage", ({ oldValue, newValue }) => newValue ?? client.onForgotten(oldValue));

client.start();
