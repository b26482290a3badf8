// The chat in the browser. It shows what the server says and sends what people do; it decides nothing.
import { EMOJI, TONES, toned } from "./emoji.js";

const $ = (id) => document.getElementById(id);
const version = document.querySelector("meta[name=version]").content;

/** el makes an element: attributes, then children; texts are texts and never markup. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name === "html") node.innerHTML = value; // only what the server has made safe
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

// Where one is: /as/ana/incidents/1772456520.000000 is ana, a channel, and a thread in it.
function here() {
  const [, , person, channel, thread] = location.pathname.split("/").map(decodeURIComponent);
  return { person, channel: channel || "", thread: thread || "" };
}
const path = (person, channel, thread) => "/as/" + [person, channel, thread].filter(Boolean).map(encodeURIComponent).join("/");

const name = () => crypto.randomUUID();
const windowName = (() => {
  const [entry] = performance.getEntriesByType("navigation");
  const known = entry && entry.type === "reload" && sessionStorage.getItem("window"); // a copied tab is a window of its own
  const own = known || name();
  sessionStorage.setItem("window", own);
  return own;
})();

let state; // what the server says there is
let me = here().person;
let place = { channel: "", thread: "" };
const lists = {}; // the two lists of messages that are open: "main" and "thread"

/** What was typed and not sent yet is kept for this window, by place: a reload of the page loses none of it. */
const drafts = {
  key: (place) => `draft ${me} ${place}`,
  get: (place) => JSON.parse(sessionStorage.getItem(drafts.key(place)) || '{"text":"","files":[]}'),
  set: (place, draft) => (draft.text || draft.files.length ? sessionStorage.setItem(drafts.key(place), JSON.stringify(draft)) : drafts.delete(place)),
  delete: (place) => sessionStorage.removeItem(drafts.key(place)),
};

// ---- asking the server

async function get(what) {
  const response = await fetch(what, { headers: { Accept: "application/json" } });
  if (!response.ok) throw Object.assign(new Error("not found"), { status: response.status });
  return response.json();
}

const api = (what) => `/api/${encodeURIComponent(me)}/${what}`;

class Slip extends Error {}

const notSaved = "Not saved yet. Trying again…";

/** act does something. When no answer comes it is asked for again under the same name, so it is done once. */
async function act(what, body = {}, waiting = () => {}) {
  const asked = JSON.stringify({ act: name(), window: windowName, ...body });
  for (let pause = 300; ; pause = Math.min(pause * 1.7, 4000)) {
    let response;
    try {
      response = await fetch(api(what), { method: "POST", headers: { "Content-Type": "application/json" }, body: asked });
    } catch {
      // nobody is there just now
    }
    if (response && response.ok) return;
    if (response && response.status !== 503) {
      const words = await response.json().catch(() => ({}));
      throw new Slip(words.error || "That did not work.");
    }
    waiting();
    await new Promise((done) => setTimeout(done, pause));
  }
}

/** attempt does something whose failure is told at the bottom. */
async function attempt(what, body) {
  try {
    await act(what, body, () => say(notSaved));
    quiet();
  } catch (slip) {
    say(slip.message);
  }
}

let toastTimer;
function say(words) {
  $("toast").textContent = words;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(quiet, 8000);
}
function quiet() {
  if ($("toast").textContent) $("toast").textContent = "";
}

// ---- what changes, as it changes

let source, since, retry, away, behind;

function listen() {
  if (source) source.close();
  source = new EventSource(api(`events?window=${windowName}&since=${since}`));
  const opened = source;
  source.addEventListener("hello", (e) => {
    linked(true);
    if (JSON.parse(e.data).version !== version) return location.reload();
    if (behind) {
      behind = lists.main.loaded = false;
      go(place.channel, place.thread, false);
    }
  });
  source.addEventListener("change", (e) => {
    since = e.lastEventId || since;
    changed(JSON.parse(e.data));
  });
  source.addEventListener("clock", (e) => {
    since = e.lastEventId || since;
    showClock(JSON.parse(e.data));
    dueSoon();
  });
  source.addEventListener("reload", () => {
    opened.close();
    load().then(() => say("Caught up with what happened while this window was away."), () => lost());
  });
  source.onerror = () => {
    if (opened !== source) return;
    opened.close();
    lost();
  };
}

function lost() {
  linked(false);
  clearTimeout(retry);
  retry = setTimeout(listen, 500 + Math.random() * 500);
}

let linkTimer;
function linked(yes) {
  clearTimeout(linkTimer);
  if (yes) $("link").textContent = "";
  else linkTimer = setTimeout(() => { $("link").textContent = "Reconnecting…"; }, 700);
}

// A window that nobody sees lets go of its line, of which a browser has few, and catches up when it is seen again.
document.addEventListener("visibilitychange", () => {
  clearTimeout(away);
  if (document.hidden) away = setTimeout(() => { if (source) source.close(); source = null; }, 30_000);
  else if (!source && state) listen();
});

function changed(change) {
  for (const m of change.messages || []) {
    for (const list of Object.values(lists)) list.take(m);
    noticed(m);
  }
  if (change.formed) showForm(change.form);
  if (change.clock) showClock(change.clock);
  if (change.around) refresh();
  showChannels();
  showWelcome();
  dueSoon();
}

async function refresh() {
  try {
    state = await get(api(`state?window=${windowName}`));
    showPeople();
    showChannels();
    showNotice();
    for (const w of Object.values(writers)) w.allow();
    if (!state.channels.some((c) => c.name === place.channel)) await go(first());
  } catch {
    // the next change tries again
  }
}

// ---- what has been seen

const seenKey = () => `seen ${state.born} ${me}`;
function seen() {
  try {
    return JSON.parse(localStorage.getItem(seenKey())) || {};
  } catch {
    return {};
  }
}
function sawAll(channel) {
  const now = seen();
  const last = state.channels.find((c) => c.name === channel)?.last || "";
  if ((now[channel] || "") >= last) return;
  localStorage.setItem(seenKey(), JSON.stringify({ ...now, [channel]: last }));
}
function noticed(m) {
  if (m.gone || m.who === me) return;
  const channel = state.channels.find((c) => c.name === m.channel);
  if (!channel || m.id <= (channel.last || "")) return;
  channel.last = m.id;
  if (m.channel === place.channel && !document.hidden) sawAll(m.channel);
}

// ---- people, channels, clock

const person = (id) => state.people.find((p) => p.id === id);
const hue = (id) => [...id].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) % 997, 7) % 8;
function avatar(id, app) {
  if (id === "debrief") return el("span", { class: "avatar bot", "aria-hidden": "true" }, el("img", { src: `/page/icon.svg?v=${version}`, alt: "" }));
  const letters = (app || id || "?").slice(0, 2);
  return el("span", { class: app ? "avatar program" : `avatar hue-${hue(id)}`, "aria-hidden": "true" }, letters[0].toUpperCase() + letters.slice(1));
}

const formats = new Map();
function format(at, options) {
  const key = JSON.stringify(options) + state.me.zone;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: state.me.zone || "UTC", ...options }));
  return formats.get(key).format(new Date(at));
}
const clockTime = (at) => format(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayOf = (at) => format(at, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const shortDay = (at) => format(at, { weekday: "short", day: "numeric", month: "short" }).replace(",", "");
const moment = (at) => `${shortDay(at)} ${clockTime(at)}`;
const utc = (at) => new Date(at).toISOString().slice(0, 16).replace("T", " ") + " UTC";

function notes(p) {
  const all = [];
  if (p.admin) all.push("admin");
  if (p.outsider) all.push("guest");
  return [...all, ...(p.roles || []).map((r) => "@" + r), p.zone.replace("_", " ")].join(" · ");
}

function showPeople() {
  $("who-name").textContent = state.me.name;
  $("who-notes").textContent = notes(state.me);
  $("who").querySelector(".avatar").replaceWith(avatar(me));
  $("save").hidden = !state.retells;
}

function showChannels() {
  const known = seen();
  let freshElsewhere = false;
  const link = (c) => {
    const direct = c.name.startsWith("@");
    const fresh = c.name !== place.channel && (c.last || "") > (known[c.name] || "");
    freshElsewhere ||= fresh;
    const label = direct ? "Debrief" : c.name;
    return el("li", {}, el("a", {
      href: path(me, c.name), class: fresh ? "fresh" : null, "aria-current": c.name === place.channel ? "page" : null, "data-channel": c.name,
    }, el("span", { class: "hash", "aria-hidden": "true" }, direct ? "📎" : c.private ? "🔒" : "#"), el("span", {}, label),
    c.private ? el("span", { class: "unseen" }, " (private)") : null, fresh ? el("span", { class: "dot" }) : null, fresh ? el("span", { class: "unseen" }, " new") : null));
  };
  const had = document.activeElement?.closest?.(".places a")?.dataset.channel;
  $("channels").replaceChildren(...state.channels.filter((c) => !c.name.startsWith("@")).map(link));
  $("direct").replaceChildren(...state.channels.filter((c) => c.name.startsWith("@")).map(link));
  $("menu-dot").hidden = !freshElsewhere;
  if (had) document.querySelector(`.places a[data-channel="${CSS.escape(had)}"]`)?.focus();
}

let clock;
function showClock(now) {
  clock = { ...clock, ...now };
  $("clock-now").textContent = format(clock.now, { weekday: "short", day: "numeric", month: "short", year: "numeric" }).replace(",", "") + ", " + clockTime(clock.now);
  $("clock-now").dateTime = clock.now;
  $("clock-now").title = utc(clock.now);
  $("clock-zone").textContent = (state.me.zone || "UTC").replace("_", " ");
  $("wind").hidden = !clock.winds;
  for (const b of $("wind").querySelectorAll("button")) b.disabled = Boolean(clock.busy) || (b.dataset.by === "next" && !clock.next);
  const words = clock.busy ? ["Going through what falls due…"] : spoken(clock.spoke || []) || [clock.next ? "Wind it to see what falls due." : "Nothing is due yet."];
  const line = el("p", {}, words);
  if ($("clock-next").textContent !== line.textContent) $("clock-next").replaceChildren(...line.childNodes);
}

/** spoken says to whom the bot spoke while the clock was wound, with the way there; null: to nobody. */
function spoken(channels) {
  const way = (c) => {
    const who = state.people.find((p) => "@" + p.id === c);
    if (c === "@" + me) return el("a", { href: path(me, c) }, "you");
    return who ? el("a", { href: path(who.id, c), target: "_blank", rel: "noopener" }, who.name) : state.channels.some((known) => known.name === c) ? el("a", { href: path(me, c) }, "#" + c) : null;
  };
  const ways = channels.map(way).filter(Boolean);
  return ways.length ? ["Debrief wrote to ", ways.flatMap((w, n) => [n ? n < ways.length - 1 ? ", " : " and " : "", w]), "."] : null;
}

let dueTimer;
function dueSoon() {
  clearTimeout(dueTimer);
  dueTimer = setTimeout(async () => {
    try {
      const now = await get(api("clock"));
      clock = {};
      showClock({ next: "", busy: false, spoke: [], ...now });
    } catch {
      // there is a next time
    }
  }, 400);
}

for (const b of $("wind").querySelectorAll("button")) {
  b.addEventListener("click", () => {
    showClock({ busy: true, spoke: [] });
    localStorage.setItem("tried " + state.born, JSON.stringify([...done().add("wound")]));
    showWelcome();
    attempt("wind", { by: b.dataset.by }).then(dueSoon);
  });
}

// ---- one list of messages: a channel's, or a thread's

const gap = 5 * 60_000; // within which somebody's messages stand together

class List {
  constructor(box, list, newer, spot) {
    Object.assign(this, { box, list, newer, spot, all: new Map(), nodes: new Map(), more: false, active: null, top: 0 });
    this.box.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.newer.addEventListener("click", () => { this.toEnd(); this.box.focus({ preventScroll: true }); });
    // Only a mouse that moves points: what slides under one that rests takes the tools from nobody.
    this.list.addEventListener("mousemove", (e) => this.point(e.target.closest(".message")));
    // While one presses nothing is drawn anew: a button that is replaced between down and up is never clicked.
    this.list.addEventListener("pointerdown", () => { this.pressed = true; });
    for (const over of ["pointerup", "pointercancel"]) addEventListener(over, () => setTimeout(() => { if (this.pressed) { this.pressed = false; this.later(); } }));
    this.list.addEventListener("mouseleave", () => { if (!this.list.contains(document.activeElement)) this.point(null); });
    this.list.addEventListener("focusin", (e) => this.point(e.target.closest(".message")));
    this.list.addEventListener("keydown", (e) => this.key(e));
    const sized = new ResizeObserver(() => { if (this.stuck) this.toEnd(); });
    for (const part of [this.list, this.box]) sized.observe(part);
  }

  /** show reads a place and shows it. */
  async show() {
    const { channel, thread } = this.spot();
    const mine = (this.turn = (this.turn || 0) + 1);
    const found = await get(api(`messages?${new URLSearchParams({ channel, thread })}`));
    if (mine !== this.turn) return;
    this.missing = found.missing;
    this.more = found.more;
    this.all = new Map(found.messages.map((m) => [m.id, m]));
    this.nodes = new Map([...this.nodes].filter(([id, n]) => n.editing && this.all.has(id))); // what is being typed stays
    this.list.replaceChildren();
    this.stuck = true;
    this.top = 0;
    this.draw();
    this.toEnd();
  }

  async earlier() {
    const { channel, thread } = this.spot();
    const before = [...this.all.values()].find((m) => !thread || m.id !== thread)?.id || "";
    const found = await get(api(`messages?${new URLSearchParams({ channel, thread, before })}`));
    this.more = found.more;
    const height = this.box.scrollHeight - this.box.scrollTop;
    this.all = new Map([...found.messages.map((m) => [m.id, m]), ...this.all].sort(([a], [b]) => (a < b ? -1 : 1)));
    this.draw();
    this.box.scrollTop = this.box.scrollHeight - height;
  }

  belongs(m) {
    const { channel, thread } = this.spot();
    return m.channel === channel && (thread ? m.thread === thread || m.id === thread : !m.thread);
  }

  /** take takes in a message that is new or has changed. */
  take(m) {
    if (!this.belongs(m)) return;
    const known = this.all.has(m.id);
    if (!known && m.gone) return;
    if (m.gone && !m.replies && m.id !== this.spot().thread) this.all.delete(m.id);
    else this.all.set(m.id, m);
    if (!known) {
      const ids = [...this.all.keys()];
      if (ids.length > 1 && m.id < ids[ids.length - 2]) this.all = new Map([...this.all].sort(([a], [b]) => (a < b ? -1 : 1)));
      if (m.who !== me) this.arrived(m);
    }
    this.later();
  }

  arrived(m) {
    if (!this.stuck) this.newer.hidden = false;
    const words = el("div", { html: m.html || "" }).textContent.slice(0, 300);
    $("said").textContent = `${m.who === "debrief" ? "Debrief" : m.who || m.author || "Notice"}: ${words}`;
  }

  later() {
    if (this.waiting || this.pressed) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      if (this.pressed) return;
      this.draw();
      if (this.stuck) this.toEnd();
    });
  }

  /** draw brings what is shown in line with what there is, touching only what differs. */
  draw() {
    const { thread } = this.spot();
    const nodes = [];
    if (this.more) nodes.push(this.fixed("earlier", () => el("li", { class: "earlier" }, el("button", { class: "quiet", onclick: () => this.earlier() }, "Show earlier messages"))));
    let day = "", before = null, replies = 0;
    for (const m of this.all.values()) if (m.id !== thread && !m.gone) replies++;
    for (const m of this.all.values()) {
      const today = dayOf(m.at);
      if (today !== day) {
        day = today;
        nodes.push(this.fixed("day " + day, () => el("li", { class: "day" }, el("span", {}, day))));
        before = null;
      }
      const joined = before && before.who === m.who && before.author === m.author && before.id !== thread && !m.only && !before.only && !m.controls && !m.document
        && !m.gone && !before.gone && !before.controls && new Date(m.at) - new Date(before.at) < gap && m.who !== "debrief";
      nodes.push(this.node(m, Boolean(joined)));
      if (m.id === thread) {
        const words = replies === 1 ? "1 reply" : replies ? `${replies} replies` : "No replies yet";
        nodes.push(this.fixed("count " + words, () => el("li", { class: "count" }, words)));
      }
      before = m;
    }
    if (thread) showAsked(this.all);
    const keep = new Set(nodes);
    for (const [key, n] of this.nodes) if (!keep.has(n.node || n)) { (n.node || n).remove(); this.nodes.delete(key); }
    let at = this.list.firstChild;
    for (const n of nodes) {
      if (n === at) at = at.nextSibling;
      else this.list.insertBefore(n, at);
    }
    if (![...this.list.querySelectorAll(".message")].some((n) => n.tabIndex === 0)) {
      const last = [...this.list.querySelectorAll(".message")].pop();
      if (last) last.tabIndex = 0;
    }
  }

  fixed(key, make) {
    if (!this.nodes.has(key)) this.nodes.set(key, make());
    return this.nodes.get(key);
  }

  node(m, joined) {
    const looks = JSON.stringify(m) + joined;
    const had = this.nodes.get(m.id);
    if (had && had.looks === looks) return had.node;
    const node = had ? had.node : el("li", { class: "message", tabindex: "-1", "data-id": m.id });
    if (had && had.editing) return had.node;
    const focus = had && node.contains(document.activeElement) && document.activeElement.dataset.key;
    this.fill(node, m, joined);
    this.nodes.set(m.id, { node, looks });
    if (this.active === node) this.tools(node, m);
    if (focus) (node.querySelector(`[data-key="${CSS.escape(focus)}"]`) || node).focus({ preventScroll: true });
    return node;
  }

  fill(node, m, joined) {
    const { thread } = this.spot();
    node.className = "message" + (joined ? " more-of" : "") + (node === this.active ? " tools-on" : "") + (m.slot ? " slot-" + m.slot.split(/[ /]/)[0] : "");
    const body = el("div", { class: "body" });
    node.replaceChildren(avatar(m.who || "notice", m.author || (m.who ? "" : "–")), el("span", { class: "stamp", "aria-hidden": "true" }, clockTime(m.at)), body);
    if (m.gone) {
      body.append(el("p", { class: "gone-words" }, "This message was deleted."));
    } else {
      const who = m.who === "debrief" ? "Debrief" : m.who || m.author || "Debrief’s chat";
      body.append(el("div", { class: "head" }, el("b", {}, who), m.who === "debrief" || m.author ? el("span", { class: "tag" }, m.author ? "APP" : "BOT") : null,
        el("time", { datetime: m.at, title: utc(m.at) }, clockTime(m.at))));
      const words = el("div", { class: "words", html: m.html });
      decorate(words);
      if (m.edited && m.who !== "debrief") words.append(" ", el("span", { class: "note" }, "(edited)"));
      const inner = m.only ? el("div", { class: "only" }, el("div", { class: "only-note" }, "Only you see this",
        el("button", { "data-key": "dismiss", onclick: () => attempt("dismiss", { channel: m.channel, message: m.id }) }, "Dismiss"))) : m.controls || m.slot ? el("div", { class: "boxed" }) : body;
      inner.append(words);
      if (m.document) inner.append(documentCard(m));
      (m.controls || []).forEach((row, r) => {
        const buttons = row.map((c, i) => control(m, c, r, i));
        const place = words.querySelector(`[data-row="${r}"]`); // among the words, else it is below them
        if (place) place.append(...buttons);
        else inner.append(el("div", { class: "controls" }, buttons));
      });
      if (inner !== body) body.append(inner);
      if (m.files) body.append(el("div", { class: "files" }, m.files.map((f) => el("span", { class: "file" }, "📄 ", f))));
      if (m.reactions) body.append(el("div", { class: "reactions" }, m.reactions.map((r) => this.reaction(m, r))));
    }
    if (m.replies && !thread) {
      body.append(el("button", { class: "thread-link", "data-key": "thread", onclick: () => go(m.channel, m.id) },
        el("span", { class: "faces" }, (m.replies.who || []).slice(0, 3).map((w) => avatar(w))), m.replies.count === 1 ? "1 reply" : `${m.replies.count} replies`,
        el("small", {}, "last " + (dayOf(m.replies.last) === dayOf(m.at) ? clockTime(m.replies.last) : moment(m.replies.last)))));
    }
  }

  reaction(m, r) {
    const mine = r.who.includes(me);
    const names = r.who.map((w) => (w === "debrief" ? "Debrief" : w === me ? "you" : w)).join(", ");
    return el("button", {
      class: "reaction" + (mine ? " mine" : "") + (r.who.every((w) => w === "debrief") ? " bots" : ""), title: names, "data-key": "r" + r.emoji, "aria-pressed": String(mine),
      "aria-label": `${r.shown} ${r.who.length}, by ${names}`,
      onclick: () => attempt("react", { channel: m.channel, message: m.id, emoji: r.emoji, on: !mine }),
    }, el("span", { class: "sign", "aria-hidden": "true" }, r.shown), el("span", { "aria-hidden": "true" }, String(r.who.length)));
  }

  /** point puts the tools on the message that one points at, or is in. */
  point(node) {
    if (node === this.active) return;
    if (!node && this.active?.querySelector(".tools [aria-expanded=true]")) return;
    this.active?.classList.remove("tools-on");
    this.active?.querySelector(".tools")?.remove();
    this.active = node;
    const m = node && this.all.get(node.dataset.id);
    if (!m || m.gone) return;
    node.classList.add("tools-on");
    this.tools(node, m);
  }

  tools(node, m) {
    node.querySelector(".tools")?.remove();
    if (m.only) return;
    const tool = (key, label, sign, onclick) => el("button", { "data-key": key, "aria-label": label, title: label, onclick }, el("span", { class: "sign", "aria-hidden": "true" }, sign));
    const direct = m.channel.startsWith("@");
    const react = (emoji) => {
      const on = !(m.reactions || []).some((r) => r.emoji === emoji && r.who.includes(me));
      attempt("react", { channel: m.channel, message: m.id, emoji, on });
    };
    const mine = m.who === me;
    const admin = state.me.admin && (m.who || m.author);
    const buttons = [];
    if (!direct && !this.spot().thread) buttons.push(tool("t-pin", "Pin to the timeline", "📌", () => react("📌")));
    if (this.spot().thread && m.who !== "debrief") buttons.push(tool("t-take", "Take as an answer", "📝", () => react("📝")), tool("t-leave", "Leave out", "❌", () => react("❌")));
    buttons.push(tool("t-more", "React", "☺", (e) => picker(e.currentTarget, m, react)));
    if (!direct && !this.spot().thread) buttons.push(tool("t-thread", "Reply in thread", "💬", () => go(m.channel, m.id)));
    if (mine || admin) {
      buttons.push(tool("t-menu", "Edit or delete", "⋯", (e) => menu(e.currentTarget, [
        ...(mine ? [{ label: "Edit message", pick: () => this.edit(m) }] : []),
        { label: "Delete message…", bad: true, pick: () => ask({
          key: name(), title: "Delete this message?", submit: "Delete", bad: true, about: "It goes for everybody, and from every report that is not published yet.", inputs: [], send: () => act("delete", { channel: m.channel, message: m.id }),
        }) },
      ])));
    }
    node.append(el("div", { class: "tools", role: "group", "aria-label": "What to do with this message" }, buttons));
  }

  edit(m) {
    const entry = this.nodes.get(m.id);
    const body = entry.node.querySelector(".body");
    entry.node.querySelector(".tools")?.remove();
    const under = el("p", { class: "under", role: "alert" });
    const wrong = (words) => { under.className = "under bad"; under.textContent = words; };
    const done = () => { entry.editing = false; entry.looks = ""; this.draw(); entry.node.focus({ preventScroll: true }); };
    const save = async () => {
      if (area.value.trim() === m.text) return done();
      try {
        await act("edit", { channel: m.channel, message: m.id, text: area.value }, () => wrong(notSaved));
        done();
      } catch (slip) {
        wrong(slip.message);
      }
    };
    const area = el("textarea", { "aria-label": "Edit your message", rows: "1", onkeydown: (e) => {
      if (e.key === "Escape") { e.stopPropagation(); done(); }
      if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); save(); }
    }, oninput: () => grow(area) });
    area.value = m.text;
    entry.editing = true;
    body.replaceChildren(el("div", { class: "box editing" }, area, el("div", { class: "box-row" }, el("span", { class: "under" }, "Enter saves, Escape leaves it"),
      el("button", { class: "button", onclick: done }, "Cancel"), el("button", { class: "button primary", onclick: save }, "Save"))), under);
    grow(area);
    area.focus();
  }

  key(e) {
    const at = e.target.closest(".message");
    if (e.target !== at) {
      if (e.key === "Escape" && at && e.target.tagName !== "TEXTAREA") at.focus();
      return;
    }
    const all = [...this.list.querySelectorAll(".message")];
    const i = all.indexOf(at);
    const to = { ArrowUp: i - 1, k: i - 1, ArrowDown: i + 1, j: i + 1, Home: 0, End: all.length - 1 }[e.key];
    if (to !== undefined && all[to]) {
      e.preventDefault();
      for (const n of all) n.tabIndex = -1;
      all[to].tabIndex = 0;
      all[to].focus({ preventScroll: true });
      all[to].scrollIntoView({ block: "nearest" });
    }
    if (e.key === "Enter") { e.preventDefault(); at.querySelector(".controls button, .thread-link, .tools button")?.focus(); }
  }

  scrolled() {
    const top = this.box.scrollTop;
    // Only who goes up leaves the end: what grows, or a hint that takes room, leaves it to be found again.
    this.stuck = this.box.scrollHeight - top - this.box.clientHeight < 60 || (this.stuck && top >= this.top);
    this.top = top;
    if (this.stuck) this.newer.hidden = true;
  }

  toEnd() {
    this.box.scrollTop = this.box.scrollHeight;
    this.stuck = true;
    this.newer.hidden = true;
  }

  reveal(id) {
    const entry = this.nodes.get(id);
    if (!entry) return;
    this.stuck = false;
    entry.node.scrollIntoView({ block: "center" });
    entry.node.focus({ preventScroll: true });
  }
}

/** showAsked offers the way back to the question that is asked, which answers push out of sight. */
function showAsked(all) {
  const asked = [...all.values()].filter((m) => /^question/.test(m.slot || "") && m.controls && !m.gone).pop();
  $("thread-question").hidden = !asked;
  if (!asked) return;
  $("thread-question").textContent = `Question ${/\d+/.exec(asked.slot)?.[0] || ""} ↑`;
  $("thread-question").onclick = () => lists.thread.reveal(asked.id);
}

/** decorate gives what a review has behind it and before it the look of steps, and makes links lead somewhere. */
function decorate(words) {
  for (const li of words.querySelectorAll("li")) {
    const text = li.firstChild;
    if (!text || text.nodeType !== Node.TEXT_NODE || !/^(?:[✓●○] |– \d)/.test(text.data)) continue;
    const sign = text.data[0];
    text.data = text.data.slice(2);
    li.prepend(el("span", { class: "sign", "aria-hidden": "true" }, sign), el("span", { class: "unseen" }, { "✓": "done: ", "●": "now: ", "○": "later: ", "–": "left out: " }[sign]));
    li.className = { "✓": "done", "●": "now", "○": "later", "–": "out" }[sign];
    li.parentElement.classList.add("steps");
  }
  for (const a of words.querySelectorAll("a[data-channel]")) {
    const to = a.dataset;
    a.href = path(me, to.channel);
    a.addEventListener("click", (e) => { e.preventDefault(); follow(to.channel, to.message); });
  }
  for (const a of words.querySelectorAll("a:not([data-channel])")) { a.target = "_blank"; a.rel = "noopener noreferrer"; }
}

/** follow goes to a message, wherever it is. */
async function follow(channel, message) {
  if (!message) return go(channel);
  await go(channel, "");
  if (lists.main.all.has(message)) return lists.main.reveal(message);
  await go(channel, message); // it may be a root further up
}

function control(m, c, row, column) {
  const key = `c${row}.${column}`;
  const press = async (button, choice) => {
    button.setAttribute("aria-busy", "true");
    await attempt("press", { channel: m.channel, message: m.id, row, column, label: c.label, choice });
    button.removeAttribute("aria-busy");
  };
  const button = el("button", {
    class: "button" + (c.primary ? " primary" : ""), "data-key": key, "aria-haspopup": c.options ? "menu" : null,
    onclick: (e) => {
      if (button.getAttribute("aria-busy")) return;
      if (!c.options) press(button);
      else menu(e.currentTarget, c.options.map((label) => ({ label, pick: () => press(button, label) })), c.label);
    },
  }, c.label, c.options ? el("span", { class: "caret", "aria-hidden": "true" }) : null);
  return button;
}

const documentURL = (m, form) => `/documents/${[me, m.channel, m.id].map(encodeURIComponent).join("/")}${form ? `?form=${form}` : ""}`;

function downloads(m) {
  return m.document.forms.map((f) => el("a", { href: documentURL(m, f.ext), download: "", "aria-label": `Download ${m.document.name} as ${f.label}` }, f.label));
}

function documentCard(m) {
  return el("div", { class: "document" }, el("span", { class: "sheet-mark", "aria-hidden": "true" }), el("b", {}, m.document.name),
    el("span", { class: "links" }, el("button", { class: "button", "data-key": "read", onclick: () => read(m) }, "Read"), downloads(m)));
}

async function read(m) {
  try {
    const d = await get(documentURL(m));
    const page = d.frame ? el("iframe", { src: documentURL(m, d.frame) + "&shown=1", title: d.name, sandbox: "" })
      : el("div", { class: "page", tabindex: "0", role: "document", "aria-label": d.name, html: d.html });
    openSheet(d.name.replace(/\.md$/, ""), page, downloads(m).map((a) => { a.className = "button"; return a; }));
  } catch {
    say("This document is not there any more.");
  }
}

function openSheet(title, page, extra = []) {
  $("sheet").replaceChildren(el("header", { class: "bar" }, el("div", { class: "bar-words" }, el("h2", { id: "sheet-title" }, title)),
    el("div", { class: "links" }, extra, el("button", { class: "icon", "aria-label": "Close", onclick: () => $("sheet").close() }, "✕"))), page);
  if (!$("sheet").open) $("sheet").showModal();
}
$("sheet").addEventListener("click", (e) => { if (e.target === $("sheet")) $("sheet").close(); });

// ---- menus and the picker

let anchor;
function pop(at, content) {
  anchor = at;
  const box = $("popover");
  box.replaceChildren(content);
  box.showPopover();
  const a = at.getBoundingClientRect(), b = box.getBoundingClientRect();
  const below = a.bottom + 4 + b.height < innerHeight || a.top < innerHeight / 2;
  box.style.left = Math.max(8, Math.min(a.left, innerWidth - b.width - 8)) + "px";
  box.style.top = Math.max(8, below ? Math.min(a.bottom + 4, innerHeight - b.height - 8) : a.top - b.height - 4) + "px";
  at.setAttribute("aria-expanded", "true");
  box.querySelector("button, a")?.focus();
}
function unpop(refocus = true) {
  const at = anchor;
  $("popover").hidePopover();
  if (refocus) at?.focus?.({ preventScroll: true });
}
$("popover").addEventListener("toggle", (e) => {
  if (e.newState === "closed" && anchor) {
    const at = anchor;
    anchor = null;
    at.removeAttribute("aria-expanded");
    if (document.activeElement === document.body) at.focus({ preventScroll: true });
  }
});
$("popover").addEventListener("keydown", (e) => {
  const all = [...$("popover").querySelectorAll("button, a")];
  const i = all.indexOf(document.activeElement);
  const wide = document.activeElement.closest?.(".emoji:not(.named)") ? 8 : 1;
  const to = { ArrowDown: i + wide, ArrowUp: i - wide, ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: all.length - 1 }[e.key];
  if (e.key === "Tab") { e.preventDefault(); unpop(); }
  if (to === undefined) return;
  e.preventDefault();
  all[(to + all.length) % all.length].focus();
});

function menu(at, items, label) {
  pop(at, el("div", { class: "menu", role: "menu", "aria-label": label || at.getAttribute("aria-label") || at.textContent },
    items.map((i) => el("button", { role: "menuitem", class: i.bad ? "bad" : null, onclick: () => { unpop(); i.pick(); } }, i.label))));
}

let tone = localStorage.getItem("tone") || "";
function picker(at, m, react) {
  const pick = (emoji) => { unpop(); react(emoji); };
  const draw = () => {
    const grid = el("div", { class: "emoji", role: "group", "aria-label": "All" }, EMOJI.map(([sign, title, tones]) => {
      const shown = tones ? toned(sign, tone) : sign;
      return el("button", { "aria-label": title, title, onclick: () => {
        const plain = (m.reactions || []).find((r) => r.shown === shown && r.who.includes(me));
        if (plain) { unpop(); attempt("react", { channel: m.channel, message: m.id, emoji: plain.emoji, on: false }); } else pick(shown);
      } }, shown);
    }));
    const meaning = el("div", { class: "emoji named", role: "group", "aria-label": "These mean something to Debrief" }, [
      ["📌", "Timeline"], ["🎯", "Idea for a change"], ["📝", "Take as answer"], ["❌", "Leave out"],
    ].map(([sign, title]) => el("button", { onclick: () => pick(sign) }, el("span", { class: "sign", "aria-hidden": "true" }, sign), title)));
    const tones = el("div", { class: "tones", role: "radiogroup", "aria-label": "Skin tone" }, el("span", {}, "Skin"), TONES.map(([sign, title]) => el("button", {
      role: "radio", "aria-checked": String(tone === sign), "aria-label": title, title,
      onclick: (e) => { e.stopPropagation(); tone = sign; localStorage.setItem("tone", tone); $("popover").replaceChildren(draw()); $("popover").querySelector(".tones [aria-checked=true]").focus(); },
    }, toned("✋", sign))));
    return el("div", { class: "picker" }, el("h3", {}, "For the review"), meaning, el("h3", {}, "Everything else"), grid, tones);
  };
  pop(at, draw());
}

$("who").addEventListener("click", (e) => {
  const rows = state.people.filter((p) => !p.gone).map((p) => el("div", { class: "row" },
    el("a", { role: "menuitem", href: path(p.id, place.channel.startsWith("@") ? "" : place.channel, place.channel.startsWith("@") ? "" : place.thread), "aria-current": p.id === me ? "true" : null },
      avatar(p.id), el("span", {}, p.name, el("small", {}, notes(p)))),
    p.id === me ? null : el("a", { role: "menuitem", class: "beside", href: path(p.id, place.channel.startsWith("@") ? "" : place.channel), target: "_blank", rel: "noopener", title: `${p.name} in a window of their own`, "aria-label": `Open ${p.name} in a new window` }, "↗")));
  pop(e.currentTarget, el("div", { class: "menu", role: "menu", "aria-label": "Who you are" }, rows, el("div", { class: "rule" }),
    el("button", { role: "menuitem", onclick: () => { unpop(); addPerson(); } }, "Add somebody…"),
    state.me.admin && !state.me.gone ? el("button", { role: "menuitem", onclick: () => { unpop(); closeAccount(); } }, "Close somebody’s account…") : null));
});

// ---- dialogues: the bot's forms, and ours

let openForm;

/** showForm shows the form that the bot has put before one. What was typed stays. */
function showForm(form) {
  const dialog = $("form");
  if (!form) {
    if (openForm && openForm.bot) closeDialog();
    return;
  }
  ask({
    bot: true, key: form.key, title: form.title, submit: form.submit, inputs: form.inputs, wrong: form.wrong || {},
    send: (values, waiting) => act("submit", { values }, waiting), cancel: () => attempt("close"),
  });
  dialog.dataset.key = form.key;
}

/** formKey is where what was typed into one of the bot's forms is kept, should the page be loaded anew. */
const formKey = (form) => `form ${me} ${form.key}`;

function closeDialog() {
  const back = openForm?.back;
  if (openForm) sessionStorage.removeItem(formKey(openForm));
  openForm = null;
  $("form").close();
  if (back?.isConnected) back.focus({ preventScroll: true });
}

/** ask shows a form. send throws a Slip that says what is wrong. */
function ask(form) {
  const dialog = $("form");
  const again = openForm && openForm.key === form.key;
  const typed = again ? values() : JSON.parse(sessionStorage.getItem(formKey(form)));
  form.back = again ? openForm.back : document.activeElement;
  openForm = form;
  const general = form.wrong?.[""];
  const fields = el("div", { class: "fields" }, form.about ? el("p", {}, form.about) : null, el("p", { class: "wrong", role: "alert", hidden: !general }, general || ""), form.inputs.map((i, n) => field(i, n, form.wrong?.[i.name])));
  const submit = el("button", { class: form.bad ? "button bad" : "button primary", type: "submit" }, form.submit);
  const box = el("form", { method: "dialog", novalidate: true, onsubmit: async (e) => {
    e.preventDefault();
    if (submit.getAttribute("aria-busy")) return;
    submit.setAttribute("aria-busy", "true");
    const alert = fields.querySelector(".wrong");
    alert.hidden = true;
    const wrong = (words) => { alert.textContent = words; alert.hidden = false; };
    try {
      await form.send(values(), () => wrong(notSaved));
      if (!form.bot && openForm === form) closeDialog();
    } catch (slip) {
      wrong(slip.message);
    }
    submit.removeAttribute("aria-busy");
  } }, el("h2", { id: "form-title" }, form.title), fields, el("footer", {}, el("button", { class: "button", type: "button", onclick: cancelDialog }, "Cancel"), submit));
  dialog.replaceChildren(box);
  form.fresh = JSON.stringify(values());
  if (typed) for (const i of form.inputs) put(i, typed[i.name]);
  dialog.oninput = () => form.bot && sessionStorage.setItem(formKey(form), JSON.stringify(values()));
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("[aria-invalid=true]") || dialog.querySelector("input, textarea, select, button"))?.focus();
}

function cancelDialog() {
  const form = openForm;
  closeDialog();
  form?.cancel?.();
}
$("form").addEventListener("cancel", (e) => { e.preventDefault(); cancelDialog(); });
$("form").addEventListener("keydown", (e) => {
  if (e.key === "Escape" && openForm && JSON.stringify(values()) !== openForm.fresh && !openForm.warned) { // once: what was typed is not gone by a slip
    e.preventDefault();
    openForm.warned = true;
    const alert = $("form").querySelector(".fields > .wrong");
    alert.textContent = "Esc again throws away what you typed.";
    alert.hidden = false;
    alert.scrollIntoView({ block: "nearest" });
  }
  if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && e.target.tagName === "TEXTAREA") { e.preventDefault(); $("form").querySelector("form").requestSubmit(); }
});

function field(input, n, wrong) {
  const id = "field-" + n;
  const said = [input.hint ? id + "-hint" : "", wrong ? id + "-wrong" : ""].filter(Boolean).join(" ") || null;
  const may = input.optional && !input.many ? el("span", { class: "may" }, " (optional)") : null;
  const after = [input.hint ? el("small", { id: id + "-hint" }, input.hint) : null, wrong ? el("p", { class: "wrong", id: id + "-wrong", role: "alert" }, wrong) : null];
  const common = { id, name: input.name, "aria-describedby": said, "aria-invalid": wrong ? "true" : null, "aria-required": input.optional ? null : "true" };
  if (input.many || input.tick) {
    const on = new Set((input.value || "").split(" ").filter(Boolean));
    return el("fieldset", { class: "field", "data-name": input.name, "aria-describedby": said }, el("legend", {}, input.label),
      (input.options || []).map((o) => el("label", { class: "tick" }, el("input", { type: "checkbox", value: o.value, checked: on.has(o.value) }), el("span", {}, o.label))), after);
  }
  let entry;
  if (input.options) {
    entry = el("select", common, input.value && !input.optional ? null : el("option", { value: "" }, input.optional ? "–" : "Choose…"), input.options.map((o) => el("option", { value: o.value, selected: o.value === input.value }, o.label)));
  } else if (input.lines) {
    entry = el("textarea", { ...common, rows: "5" });
    entry.value = input.value || "";
  } else {
    entry = el("input", { ...common, type: "text", value: input.value || "", autocomplete: "off", list: input.list });
  }
  return el("div", { class: "field" }, el("label", { for: id }, input.label, may), entry, after);
}

function values() {
  const all = {};
  for (const entry of $("form").querySelectorAll("[name]")) all[entry.name] = entry.value;
  for (const set of $("form").querySelectorAll("fieldset[data-name]")) all[set.dataset.name] = [...set.querySelectorAll("input:checked")].map((i) => i.value).join(" ");
  return all;
}
function put(input, value) {
  if (value === undefined) return;
  const entry = $("form").querySelector(`[name="${CSS.escape(input.name)}"]`);
  if (entry) entry.value = value;
  for (const box of $("form").querySelectorAll(`[data-name="${CSS.escape(input.name)}"] input`)) box.checked = value.split(" ").includes(box.value);
}

const tick = (nameOf, label, option, value = "") => ({ name: nameOf, label, many: true, optional: true, options: [{ label: option, value: "yes" }], value });

function addPerson() {
  const zones = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : ["UTC"];
  ask({
    key: name(), title: "Add somebody", submit: "Add", about: "Everybody here is played by you, each in a window of their own if you like.",
    inputs: [
      { name: "name", label: "Name", hint: "one word, as in kim" },
      { name: "zone", label: "Time zone", options: zones.map((z) => ({ label: z.replaceAll("_", " "), value: z })), value: state.me.zone },
      { name: "role", label: "Role", hint: "one word, for a crew: mods", optional: true },
      tick("admin", "Rights", "is an admin here"),
    ],
    send: (v) => act("person", { name: v.name, zone: v.zone, role: v.role, admin: v.admin === "yes" }),
  });
}
function closeAccount() {
  ask({
    key: name(), title: "Close somebody’s account", submit: "Close it", about: "As when somebody leaves the company: they can no longer write, and Debrief asks who takes over what was theirs. It cannot be opened again.",
    inputs: [{ name: "who", label: "Whose?", options: others() }],
    send: (v) => act("deactivate", { name: v.who }),
  });
}

const others = () => state.people.filter((p) => p.id !== me && !p.gone).map((p) => ({ label: p.name, value: p.id }));

$("channel-menu").addEventListener("click", (e) => {
  const channel = place.channel;
  const here = state.channels.find((c) => c.name === channel);
  const add = others().filter((p) => !(here.members || []).includes(p.value));
  menu(e.currentTarget, [
    here.withoutBot && { label: "Add Debrief to this channel", pick: () => attempt("invite", { channel }) },
    { label: "Let a program post here…", pick: () => programPosts(channel) },
    here.private && add.length && { label: "Add people…", pick: () => ask({
      key: name(), title: `Add people to #${channel}`, submit: "Add", inputs: [{ name: "who", label: "Who?", options: add }], send: (v) => act("enter", { channel, name: v.who }),
    }) },
    here.private && { label: "Leave this channel…", pick: () => ask({
      key: name(), title: `Leave #${channel}?`, submit: "Leave", about: "You no longer see what is written there, until somebody who is in it adds you again.", inputs: [],
      send: async () => { await act("leave", { channel }); await refresh(); await go(first()); },
    }) },
    { label: "Archive this channel…", bad: true, pick: () => ask({
      key: name(), title: `Archive #${channel}?`, submit: "Archive", about: "It can be read and searched, and nobody writes there any more, neither does Debrief.", inputs: [], send: () => act("archive", { channel }),
    }) },
  ].filter(Boolean));
});

function programPosts(channel) {
  ask({
    key: name(), title: "Let a program post here", submit: "Post", about: "As an alert or a deploy would: nobody’s message, and just as good on the timeline.",
    inputs: [{ name: "name", label: "Which program?", value: "pagerduty", hint: "one word" }, { name: "text", label: "What does it say?", lines: true, value: "CRITICAL: error rate on checkout above 5 %" }],
    send: (v) => act("program", { channel, name: v.name, text: v.text }),
  });
}

$("add-channel").addEventListener("click", () => {
  let made = "";
  ask({
    key: name(), title: "Add a channel", submit: "Add",
    inputs: [{ name: "name", label: "Name", hint: "small letters, digits and dashes: inc-checkout" }, tick("bot", "Debrief", "is in it from the start", "yes"), tick("private", "Who sees it", "only those I name (and me)"),
      { name: "members", label: "Who else is in it, if it is private", many: true, optional: true, options: state.people.filter((p) => p.id !== me).map((p) => ({ label: p.name, value: p.id })) }],
    send: async (v) => {
      made = v.name.trim().replace(/^#/, "");
      await act("channel", { name: made, private: v.private === "yes", withoutBot: v.bot !== "yes", members: v.members.split(" ").filter(Boolean) });
      await refresh();
      await go(made);
    },
  });
});

// ---- writing

const narrow = matchMedia("(max-width: 48rem)");

function grow(area) {
  area.style.height = "auto";
  area.style.height = Math.min(area.scrollHeight + 2, 224) + "px";
}

class Writer {
  constructor(root, spot) {
    this.spot = spot;
    this.root = root;
    this.files = [];
    const id = root.id;
    this.choices = el("ul", { class: "choices", role: "listbox", id: id + "-choices", "aria-label": "Completions", hidden: true });
    this.area = el("textarea", { rows: "1", role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id + "-choices", "aria-describedby": id + "-under",
      oninput: () => this.typed(), onkeydown: (e) => this.key(e), onblur: () => setTimeout(() => { if (document.activeElement !== this.area) this.close(); }, 150), onclick: () => this.typed() });
    this.names = el("div", { class: "files" });
    this.under = el("p", { class: "under", id: id + "-under", role: "status" });
    this.pick = el("input", { type: "file", multiple: true, class: "unseen", tabindex: "-1", "aria-hidden": "true", onchange: () => {
      this.files.push(...[...this.pick.files].map((f) => f.name.replace(/[\s/\\<>]+/g, "-").slice(-80)));
      this.pick.value = "";
      this.attached();
      this.area.focus();
    } });
    const insert = (text) => { this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, "end"); this.area.focus(); this.typed(); };
    root.replaceChildren(el("div", { class: "box" }, this.choices, this.area, this.names, el("div", { class: "box-row" },
      el("button", { class: "icon", "aria-label": "Name a file (nothing is uploaded)", title: "Name a file (nothing is uploaded)", onclick: () => this.pick.click() }, "+"),
      el("button", { class: "icon", "aria-label": "Mention somebody", title: "Mention somebody", onclick: () => insert("@") }, "@"),
      this.slash = el("button", { class: "icon", "aria-label": "Commands", title: "Commands", onclick: () => this.command() }, "/"),
      this.pick, this.send = el("button", { class: "button primary", onclick: () => this.post() }, "Send"))), this.under);
  }

  show() {
    const { channel, thread } = this.spot();
    this.key_ = channel + "/" + thread;
    const direct = channel.startsWith("@");
    const label = thread ? "Reply in the thread" : direct ? "Write to Debrief" : "Write in #" + channel;
    this.area.placeholder = label;
    this.area.setAttribute("aria-label", label);
    this.allow();
    const draft = drafts.get(this.key_);
    this.area.value = draft.text;
    this.files = draft.files;
    this.attached();
    this.typed();
    this.close();
  }

  /** allow lets one write where one can. */
  allow() {
    this.root.hidden = Boolean(state.me.gone || state.channels.find((c) => c.name === this.spot().channel)?.archived);
  }

  attached() {
    this.names.hidden = !this.files.length;
    this.names.replaceChildren(...this.files.map((f, i) => el("span", { class: "file" }, "📄 " + f,
      el("button", { "aria-label": `Take ${f} away`, onclick: () => { this.files.splice(i, 1); this.attached(); this.area.focus(); } }, "✕"))));
  }

  fill(text) {
    this.area.value = text;
    this.area.focus();
    this.area.setSelectionRange(text.length, text.length);
    this.typed();
  }

  command() { this.fill(this.spot().thread ? "@debrief " : "/postmortem "); }

  hint(words, bad, ...more) {
    const shown = words + bad;
    if (this.hinted === shown && !more.length) return;
    this.hinted = shown;
    this.under.className = "under" + (bad ? " bad" : "");
    this.under.replaceChildren(words, ...more);
  }

  typed() {
    grow(this.area);
    const text = this.area.value;
    drafts.set(this.key_, { text, files: this.files });
    const { thread } = this.spot();
    if (thread && text.startsWith("/postmortem")) {
      const rest = text.slice("/postmortem".length).trim();
      this.hint("Slash commands do not work inside threads, as on Slack. ", true, el("button", { onclick: () => this.fill("@debrief " + rest) }, `Write @debrief ${rest || "…"} instead`));
    } else if (text.length > 11000) {
      this.hint(`${text.length.toLocaleString("en")} of 12,000 characters`, text.length > 12000);
    } else {
      this.hint(thread ? "What you reply is an answer unless it is just talk. ( in front keeps it talk." : narrow.matches ? "" : "Enter sends, Shift and Enter begins a line, / shows the commands.", false);
    }
    this.offer();
  }

  /** offer shows what can complete the words before the cursor. */
  offer() {
    const upTo = this.area.value.slice(0, this.area.selectionStart);
    let found = [];
    const { thread } = this.spot();
    const direct = this.spot().channel.startsWith("@");
    const typed = thread ? /^@debrief[:,]?\s+([a-z ]*)$/i.exec(upTo) : /^(?:\/postmortem\s+|@debrief[:,]?\s+)([a-z ]*)$/i.exec(upTo);
    if (/^\/\S*$/.test(upTo) && !thread && "/postmortem".startsWith(upTo)) {
      found = [{ insert: "/postmortem ", name: "/postmortem", help: "talk to Debrief: start a review, settings, help" }];
      if (upTo === "/") found.push(...this.commands(""));
    } else if (typed) {
      found = this.commands(typed[1], upTo.slice(0, upTo.length - typed[1].length));
    } else {
      const at = /(?:^|\s)@([\p{L}\p{N}._-]*)$/u.exec(upTo);
      if (at && !direct) {
        const word = at[1].toLowerCase();
        const head = upTo.slice(0, upTo.length - at[1].length);
        found = [{ id: "debrief", zone: "the bot" }, ...state.people.filter((p) => !p.gone)].filter((p) => p.id.toLowerCase().startsWith(word))
          .slice(0, 8).map((p) => ({ insert: `${head}${p.id} `, name: "@" + p.id, help: p.zone }));
      }
    }
    this.found = found;
    if (!found.length) return this.close();
    this.at = 0;
    this.drawChoices();
  }

  commands(typed, head = "/postmortem ") {
    const word = typed.toLowerCase().replace(/\s+/g, " ").trimStart();
    return state.commands.filter((c) => c.name.startsWith(word) || word.startsWith(c.name + " ") || (word.length > 2 && c.help.toLowerCase().includes(word)))
      .filter((c) => c.name !== word.trim() || c.args)
      .sort((a, b) => b.name.startsWith(word) - a.name.startsWith(word))
      .map((c) => ({ insert: head + c.name + (c.args ? " " : ""), name: c.name, args: c.args, help: c.help, exact: word.startsWith(c.name + " ") }));
  }

  drawChoices() {
    const id = this.root.id + "-choice-";
    this.choices.replaceChildren(...this.found.map((f, i) => el("li", { role: "option", id: id + i, "aria-selected": String(i === this.at),
      onmousedown: (e) => { e.preventDefault(); this.take(i); } }, el("b", {}, f.name), f.args ? el("code", {}, f.args) : null, f.help ? el("span", {}, f.help) : null)));
    this.choices.hidden = false;
    this.area.setAttribute("aria-expanded", "true");
    this.area.setAttribute("aria-activedescendant", id + this.at);
    this.choices.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  take(i) {
    const f = this.found[i];
    if (f.exact) return this.close();
    const rest = this.area.value.slice(this.area.selectionStart);
    this.area.value = f.insert + rest;
    this.area.setSelectionRange(f.insert.length, f.insert.length);
    this.typed();
  }

  close() {
    this.found = [];
    this.choices.hidden = true;
    this.area.setAttribute("aria-expanded", "false");
    this.area.removeAttribute("aria-activedescendant");
  }

  key(e) {
    const open = this.found && this.found.length;
    if (open && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      e.preventDefault();
      this.at = (this.at + (e.key === "ArrowDown" ? 1 : -1) + this.found.length) % this.found.length;
      return this.drawChoices();
    }
    if (open && e.key === "Tab" && !e.shiftKey && !this.found[this.at].exact) { e.preventDefault(); return this.take(this.at); }
    if (open && e.key === "Escape") { e.preventDefault(); e.stopPropagation(); return this.close(); }
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
      e.preventDefault();
      const f = open && this.found[this.at];
      if (f && !f.exact && f.insert !== this.area.value && !f.insert.startsWith(this.area.value + " ") && this.partial()) return this.take(this.at);
      this.post();
    }
    if (e.key === "ArrowUp" && !this.area.value) {
      const list = this.spot().thread ? lists.thread : lists.main;
      const mine = [...list.all.values()].filter((m) => m.who === me && !m.gone).pop();
      if (mine) { e.preventDefault(); list.edit(mine); }
    }
  }

  /** partial reports whether the words are the beginning of something that would be completed, and nothing whole. */
  partial() {
    const words = this.area.value.trim();
    const typed = words.replace(/^(\/postmortem|@debrief[:,]?)\s*/i, "").toLowerCase();
    return !state.commands.some((c) => c.name === typed) && typed !== "";
  }

  async post() {
    if (this.busy) return;
    const text = this.area.value.trim();
    const { channel, thread } = this.spot();
    const key = this.key_;
    if (!text && !this.files.length) return this.area.focus();
    this.busy = true;
    this.close();
    this.area.readOnly = true;
    try {
      await act("say", { channel, thread, text, files: this.files }, () => this.hint(notSaved, true));
      drafts.delete(key);
      if (this.key_ === key) {
        this.area.value = "";
        this.files = [];
        this.attached();
      }
      (thread ? lists.thread : lists.main).toEnd();
      this.hinted = "";
      this.area.readOnly = false;
      this.typed();
    } catch (slip) {
      this.hint(slip.message, true);
    }
    this.area.readOnly = false;
    this.busy = false;
  }
}

const writers = {};

// ---- what to try first

const steps = ["said", "pinned", "began", "opened", "published", "wound"];
function done() {
  const all = [...(lists.main?.all.values() || [])];
  const now = new Set(JSON.parse(localStorage.getItem("tried " + state.born) || "[]"));
  if (all.some((m) => m.who && m.who !== "debrief" && !m.gone)) now.add("said");
  if (all.some((m) => (m.reactions || []).some((r) => ["📌", "📍", "🎯"].includes(r.emoji)))) now.add("pinned");
  const cards = all.filter((m) => m.slot === "card");
  if (cards.length) now.add("began");
  if (cards.some((m) => m.id === place.thread)) now.add("opened");
  if (all.some((m) => m.slot === "published")) now.add("opened").add("published");
  localStorage.setItem("tried " + state.born, JSON.stringify([...now]));
  return now;
}

function showWelcome() {
  if (!lists.main || !state) return;
  const empty = ![...lists.main.all.values()].some((m) => !m.gone);
  const channel = place.channel;
  const direct = channel.startsWith("@");
  $("welcome").replaceChildren();
  const tried = done();
  const dismissed = localStorage.getItem("guided " + state.born);
  if (empty && !lists.main.missing) {
    if (direct) {
      $("welcome").append(el("div", { class: "welcome" }, el("h2", {}, "Between you and Debrief"),
        el("p", {}, "Here it asks what concerns only you, at most once a week: what is late, what is due. Whatever works as a command works here as a plain word."),
        el("div", { class: "controls" }, ["me", "actions mine", "help"].map((word) => el("button", { class: "button", onclick: () => attempt("say", { channel, text: word }) }, word)))));
    } else if (!tried.size) {
      const other = state.people.find((p) => p.id !== me && !p.gone);
      $("welcome").append(el("div", { class: "welcome" }, el("h2", {}, "An incident, and the review after it, in a minute."),
        el("p", {}, "Everything here runs on this machine. Play an incident and see what Debrief makes of it."),
        el("ol", {}, tryStep("Say what happens", "Two or three lines, as you would during an incident.", "Write it for me", () => incident()),
          tryStep("Put 📌 on what matters", "Point at a message and press 📌. A 📎 in answer means: kept.", null),
          tryStep("Begin the review", "It asks three questions in a thread; you simply reply.", "/postmortem start tiny", () => writers.main.fill("/postmortem start tiny "))),
        el("div", { class: "then" }, "Then press Publish, and wind the clock forward to see it follow through. ",
          other ? el("a", { href: path(other.id, channel), target: "_blank", rel: "noopener" }, `Open a second window as ${other.name}`) : null, other ? " to be two people." : null,
          el("p", {}, "It works as in a company, where what is to be done has an owner and a date. A community of volunteers is asked more gently."), el("div", { class: "controls" }, el("button", { class: "button", onclick: () => preset("company") }, "Work as a company"), el("button", { class: "button", onclick: () => preset("community") }, "Work as a community")))));
    } else {
      $("welcome").append(el("div", { class: "welcome" }, el("h2", {}, "Nothing here yet"), el("p", {}, "Pin what matters with 📌, then /postmortem start.")));
    }
  }
  const next = steps.find((s) => !tried.has(s));
  const words = {
    said: ["Try this", "say what happens, in a line or two"],
    pinned: ["Next", "point at a message and press 📌 to put it on the timeline"],
    began: ["Next", "give it a title and begin the review, of three questions", el("button", { class: "button", onclick: () => writers.main.fill("/postmortem start tiny ") }, "/postmortem start tiny")],
    opened: ["Next", "the question stands in the thread of the card; whoever replies there answers", el("button", { class: "button", onclick: () => openCard() }, "Open the thread")],
    published: ["Next", "answer in the thread, press Next after each question, and in the end Publish on the card"],
    wound: ["Next", "wind the bot’s clock until Debrief speaks up: it asks what became of the action items"],
  }[next];
  const guide = !empty && next && !dismissed && !direct && !place.thread;
  $("guide").hidden = !guide;
  if (guide) {
    $("guide").replaceChildren(el("span", { class: "pips", "aria-hidden": "true" }, steps.map((s) => el("i", { class: tried.has(s) ? "done" : null }))), el("span", {}, el("b", {}, words[0] + ": "), words[1]), words[2] || "",
      el("button", { class: "icon small", "aria-label": "No more hints", onclick: () => { localStorage.setItem("guided " + state.born, "1"); showWelcome(); } }, "✕"));
  }
}

/** openCard goes to the thread of the newest review here. */
function openCard() {
  const cards = [...lists.main.all.values()].filter((m) => m.slot === "card");
  go(place.channel, cards.at(-1).id);
}

const tryStep = (title, about, label, onclick) => el("li", {}, el("div", {}, el("b", {}, title), el("span", {}, about)), label ? el("button", { class: "button", onclick }, label) : null);

async function incident() {
  const channel = place.channel;
  try {
    for (const text of ["errors on checkout are up, 5 % of requests", "it began with deploy 4.12, rolling back", "back to normal, all green"]) await act("say", { channel, text });
  } catch (slip) {
    say(slip.message);
  }
}
const preset = (which) => attempt("say", { channel: place.channel, text: "/postmortem settings preset " + which });

/** showNotice says why one cannot write here, or why nobody answers. */
function showNotice() {
  const here = state.channels.find((c) => c.name === place.channel);
  const [words, ...more] = state.me.gone ? [`The account of ${state.me.name} is closed. Change who you are, at the top left, to go on.`]
    : here?.archived ? ["This channel is archived: it can be read, and nobody writes here any more.", el("button", { class: "button", onclick: () => attempt("unarchive", { channel: place.channel }) }, "Open it again")]
    : here?.withoutBot ? ["Debrief is not in this channel: it hears nothing and can say nothing here.", el("button", { class: "button", onclick: () => attempt("invite", { channel: place.channel }) }, "Add Debrief")] : [""];
  $("notice").hidden = !words;
  $("notice").replaceChildren(el("span", {}, words), ...more);
  $("channel-menu").hidden = !here || here.archived || place.channel.startsWith("@") || state.me.gone;
}

$("help").addEventListener("click", () => {
  const page = el("div", { class: "page", tabindex: "0", role: "document", "aria-label": "Commands and hints" },
    el("p", {}, "Write ", el("code", {}, "/postmortem …"), " in a channel. In a thread slash commands do not work, as on Slack; write ", el("code", {}, "@debrief …"), " there. In direct messages the word alone will do."),
    el("h2", {}, "Commands"), el("dl", {}, state.commands.map((c) => [el("dt", {}, el("code", {}, (c.name + " " + (c.args || "")).trim())), el("dd", {}, c.help)])),
    el("h2", {}, "Emoji that mean something"), el("dl", {}, [["📌 📍", "put a message on the timeline"], ["🎯", "keep it as an idea for a change"], ["📝", "take a reply as an answer"], ["❌", "leave a reply out"], ["📎", "Debrief’s own: this message is kept"]].map(([a, b]) => [el("dt", {}, a), el("dd", {}, b)])),
    el("h2", {}, "How this workspace works"), el("p", {}, "Two sets of defaults; each thing can be set by itself with /postmortem settings."),
    el("div", { class: "controls" }, ["company", "community"].map((p) => el("button", { class: "button", onclick: () => { $("sheet").close(); preset(p); } }, p === "company" ? "Work as a company" : "Work as a community"))),
    el("h2", {}, "Keys"), el("dl", {}, [["↑ ↓", "from message to message; Enter goes to what can be pressed on it"], ["↑", "in an empty box: change what you said last"], ["Esc", "closes what is open"], ["Ctrl Enter", "sends a form"]].map(([a, b]) => [el("dt", {}, el("kbd", {}, a)), el("dd", {}, b)])));
  openSheet("Commands and hints", page);
});

$("save").addEventListener("click", async (e) => {
  e.preventDefault();
  say("Playing back what was done here…");
  try {
    const response = await fetch("/transcript");
    if (!response.ok) throw new Slip(await response.text());
    const url = URL.createObjectURL(await response.blob());
    el("a", { href: url, download: "debrief.txtar" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    say("Saved as debrief.txtar. debrief play debrief.txtar plays it.");
  } catch (slip) {
    say(slip instanceof Slip ? slip.message : "Nobody is there just now. Try again in a moment.");
  }
});

// ---- going from place to place

async function go(channel, thread = "", push = true) {
  if (push && (channel !== place.channel || thread !== place.thread)) history.pushState(null, "", path(me, channel, thread));
  const sameChannel = channel === place.channel && lists.main.loaded;
  place = { channel, thread };
  $("app").classList.remove("side-open");
  $("menu").setAttribute("aria-expanded", "false");
  const found = state.channels.find((c) => c.name === channel);
  const direct = channel.startsWith("@");
  $("place-name").textContent = direct ? "Debrief" : "#" + channel;
  const members = found?.private ? `Private: ${(found.members || []).join(", ")}` : "";
  $("place-about").textContent = direct ? "Only you and the bot see this" : members || `You are ${state.me.name}`;
  document.title = `${direct ? "Debrief" : "#" + channel} · ${me} · Debrief`;
  $("thread").hidden = !thread;
  $("app").classList.toggle("with-thread", Boolean(thread));
  sawAll(channel);
  showChannels();
  showNotice();
  try {
    await enter(channel, thread, sameChannel, push);
  } catch {
    behind = true; // it is read when there is somebody again
    linked(false);
  }
  showWelcome();
}

async function enter(channel, thread, sameChannel, push) {
  if (!sameChannel) {
    await lists.main.show();
    lists.main.loaded = true;
    writers.main.show();
  }
  if (thread) {
    $("thread-about").textContent = "#" + channel;
    await lists.thread.show();
    writers.thread.show();
    const root = lists.thread.all.get(thread);
    const number = root && /PM-\d+/.exec(root.html || "");
    $("thread-name").textContent = number ? `Thread of ${number[0]}` : "Thread";
    if (push) writers.thread.area.focus({ preventScroll: true });
  }
}

$("thread-close").addEventListener("click", () => closeThread());
function closeThread() {
  const root = place.thread;
  go(place.channel).then(() => lists.main.nodes.get(root)?.node.querySelector("[data-key=thread]")?.focus({ preventScroll: true }));
}
$("thread").addEventListener("keydown", (e) => { if (e.key === "Escape" && !e.defaultPrevented && !e.target.value) closeThread(); });
$("side").addEventListener("click", (e) => {
  const a = e.target.closest(".places a");
  if (!a || e.metaKey || e.ctrlKey || e.shiftKey) return;
  e.preventDefault();
  go(a.dataset.channel).then(() => { if (matchMedia("(min-width: 48rem)").matches) writers.main.area.focus({ preventScroll: true }); });
});
function side(open) {
  $("app").classList.toggle("side-open", open);
  $("menu").setAttribute("aria-expanded", String(open));
  if (open) $("side-close").focus();
  else $("menu").focus();
}
$("menu").addEventListener("click", () => side(true));
$("side-close").addEventListener("click", () => side(false));
$("app").addEventListener("click", (e) => { if (e.target === $("app") && $("app").classList.contains("side-open")) side(false); });
$("side").addEventListener("keydown", (e) => { if (e.key === "Escape" && $("app").classList.contains("side-open")) side(false); });
addEventListener("popstate", () => {
  const to = here();
  if (to.person !== me) return location.reload();
  go(to.channel || first(), to.thread, false);
});

const first = () => state.channels.find((c) => !c.name.startsWith("@"))?.name || "@" + me;

async function load() {
  try {
    state = await get(api(`state?window=${windowName}`));
  } catch (e) {
    if (e.status === 404) return void location.replace("/");
    throw e;
  }
  since = `${state.born}.${state.rev}`;
  showPeople();
  clock = {};
  showClock({ ...state.clock });
  const to = here();
  const channel = state.channels.some((c) => c.name === to.channel) ? to.channel : first();
  lists.main.loaded = false;
  await go(channel, channel === to.channel ? to.thread : "", false);
  showForm(state.form);
  dueSoon();
  listen();
}

lists.main = new List($("messages"), $("list"), $("newer"), () => ({ channel: place.channel, thread: "" }));
lists.thread = new List($("replies"), $("reply-list"), $("reply-newer"), () => place.thread ? place : { channel: "", thread: "none" });
writers.main = new Writer($("write"), () => ({ channel: place.channel, thread: "" }));
writers.thread = new Writer($("reply-write"), () => place);

(async () => {
  for (let pause = 300; ; pause = Math.min(pause * 2, 4000)) {
    try {
      await load();
      break;
    } catch {
      linked(false);
      await new Promise((done) => setTimeout(done, pause));
    }
  }
  document.documentElement.dataset.ready = "true";
  performance.mark("interactive");
  if (matchMedia("(min-width: 48rem)").matches && !openForm) (place.thread ? writers.thread : writers.main).area.focus({ preventScroll: true });
})();
