// The list of messages: inserts, edits in place, removes, keeps the reader's place, counts what is unread.

import { bubble } from "./bubbles.js";
import { byId, element, setup, show, words } from "./dom.js";

const NEAR = 120;

export class Timeline {
  constructor(actions) {
    this.actions = actions;
    this.list = byId("messages");
    this.scroll = byId("scroll");
    this.unread = 0;
    this.isPinned = true;
    this.top = 0;
    this.scroll.addEventListener("scroll", () => this.onScroll());
    const sizes = new ResizeObserver(() => this.isPinned && this.toEnd());
    for (const node of [this.scroll, this.list]) sizes.observe(node);
    byId("down").addEventListener("click", () => this.toEnd("smooth"));
    document.addEventListener("visibilitychange", () => this.atEnd() && this.markRead());
  }

  get isEmpty() {
    return !this.list.querySelector(".row");
  }

  replaceAll(messages) {
    const known = new Set(messages.map((message) => String(message.message_id)));
    for (const row of [...this.list.querySelectorAll(".row")]) if (!known.has(row.dataset.id)) row.remove();
    for (const message of messages) this.put(message, { counted: false });
    this.toEnd();
  }

  put(message, { counted = true } = {}) {
    const isService = !(message.text ?? message.photo ?? message.document);
    if (isService) return;
    const follow = this.isPinned || message.from.id !== setup.bot.id;
    const row = bubble(message, this.actions);
    row.dataset.day = new Date(message.date * 1000).toDateString();
    const old = this.find(message.message_id);
    if (old) old.replaceWith(row);
    else this.insert(row);
    this.group();
    if (follow) this.toEnd();
    if (counted && !old && (document.hidden || !follow)) this.count();
  }

  remove(messageId) {
    this.find(messageId)?.remove();
    this.group();
  }

  find(messageId) {
    return this.list.querySelector(`[data-id="${Number(messageId)}"]`);
  }

  insert(row) {
    const later = [...this.list.querySelectorAll(".row")].find((other) => Number(other.dataset.id) > Number(row.dataset.id));
    this.list.insertBefore(row, later ?? null);
  }

  // Day marks between days; the last bubble of one side in a row gets the tail.
  group() {
    for (const mark of this.list.querySelectorAll(".day")) mark.remove();
    const rows = [...this.list.querySelectorAll(".row")];
    rows.forEach((row, at) => {
      const next = rows[at + 1];
      const sameSide = next && next.classList.contains("own") === row.classList.contains("own");
      row.classList.toggle("tail", !sameSide);
      if (row.dataset.day !== rows[at - 1]?.dataset.day) row.before(dayMark(row.dataset.day));
    });
  }

  // Only a reader who scrolls up leaves the end; whatever grows or shrinks meanwhile, they stay there.
  onScroll() {
    const isUp = this.scroll.scrollTop < this.top;
    this.top = this.scroll.scrollTop;
    this.isPinned = this.atEnd() || (this.isPinned && !isUp);
    if (this.isPinned) this.markRead();
    else this.tellUnread();
  }

  atEnd() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR;
  }

  toEnd(behavior = "auto") {
    this.isPinned = true;
    this.scroll.scrollTo({ top: this.scroll.scrollHeight, behavior });
    this.markRead();
  }

  count() {
    this.unread += 1;
    this.tellUnread();
  }

  markRead() {
    if (document.hidden) return;
    this.unread = 0;
    this.tellUnread();
  }

  tellUnread() {
    byId("unread").textContent = this.unread || "";
    show(byId("down"), !this.isPinned);
    const name = byId("bot-name").textContent;
    document.title = this.unread ? `(${this.unread}) ${name}` : name;
  }
}

function dayMark(day) {
  const today = new Date().toDateString() === day;
  const text = today ? words.today : new Date(day).toLocaleDateString(setup.language, { month: "long", day: "numeric" });
  return element("li", { className: "day" }, element("span", { text }));
}
