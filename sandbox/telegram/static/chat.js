// The chat of one person with the bot.

import { Person } from "./api.js";
import { Composer } from "./composer.js";
import { byId, paintAvatar, popover, show, words } from "./dom.js";
import { alertDialog, toast } from "./notices.js";
import { closePhone, handBack, isInPane, onHandedBack, openPhone, opensHere, startCode } from "./phone.js";
import { pick } from "./picker.js";
import { Timeline } from "./timeline.js";

const ACTION_MS = 5000;
const query = new URLSearchParams(location.search);

class Chat {
  constructor(person) {
    this.person = person;
    this.code = query.get("start");
    this.timeline = new Timeline({
      open: (url, event) => this.open(url, event),
      command: (text) => this.do(() => person.say(text)),
      press: (message, row, column, key) => this.press(message, row, column, key),
    });
    this.composer = new Composer({
      say: (text) => this.do(() => person.say(text)),
      sendPhoto: (file) => this.do(() => person.sendPhoto(file)),
    });
    this.menu = popover(byId("menu-button"), byId("menu"));
    this.wire();
  }

  wire() {
    byId("start").addEventListener("click", () => this.start(this.code));
    byId("unblock").addEventListener("click", () => this.do(() => this.person.unblock()));
    byId("block").addEventListener("click", () => { this.menu.close(); this.do(() => this.person.block()); });
    byId("switch").addEventListener("click", () => this.leave());
    onHandedBack((code) => this.comeBack(code));
    const events = this.person.events();
    events.addEventListener("open", () => this.refresh());
    events.addEventListener("error", () => this.state(words.offline));
    events.addEventListener("message", ({ data }) => this.on(JSON.parse(data)));
  }

  async refresh() {
    const [card, messages] = await Promise.all([this.person.card(), this.person.messages()]);
    this.introduce(card);
    this.timeline.replaceAll(messages);
    const keyboards = messages.map((message) => message.reply_keyboard).filter(Boolean);
    this.composer.replyKeyboard(keyboards.at(-1));
    this.arrange();
  }

  introduce({ person, bot, commands, opened, blocked }) {
    Object.assign(this, { opened, blocked });
    byId("bot-name").textContent = bot.name;
    byId("about-text").textContent = bot.description;
    byId("persona").textContent = person.first_name;
    for (const id of ["bot-avatar", "about-avatar"]) paintAvatar(byId(id), bot.name, bot.id);
    this.composer.offer(commands);
    this.state(words.bot);
    document.title = bot.name;
  }

  // START for a new chat or a link with a code, UNBLOCK after a block, else the input field.
  arrange() {
    const starting = !this.blocked && (!this.opened || this.code !== null);
    show(byId("start"), starting);
    show(byId("unblock"), this.blocked);
    show(byId("composer"), !starting && !this.blocked);
    show(byId("about"), this.timeline.isEmpty);
  }

  on(event) {
    switch (event.type) {
      case "message": return this.onMessage(event.message);
      case "edited": return this.timeline.put(event.message, { counted: false });
      case "deleted": return this.timeline.remove(event.message_id);
      case "action": return this.onAction();
      case "membership": return this.refresh();
      default: return undefined;
    }
  }

  async onMessage(message) {
    this.quiet();
    this.opened = true;
    this.timeline.put(message);
    if (message.reply_keyboard) this.composer.replyKeyboard(message.reply_keyboard);
    this.arrange();
    this.composer.offer((await this.person.card()).commands);
  }

  onAction() {
    this.state(words.typing);
    show(byId("typing"), true);
    if (this.timeline.isPinned) this.timeline.toEnd();
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.quiet(), ACTION_MS);
  }

  quiet() {
    clearTimeout(this.silence);
    show(byId("typing"), false);
    this.state(words.bot);
  }

  state(text) {
    byId("bot-state").textContent = text;
  }

  async start(code) {
    this.code = null;
    query.delete("start");
    history.replaceState(null, "", `?${query}`);
    await this.do(() => this.person.start(code));
    this.arrange();
  }

  // The empty person asks the picker, even where there is only one to pick.
  leave() {
    query.set("person", "");
    location.assign(`/?${query}`);
  }

  open(url, event) {
    const code = startCode(url);
    if (code === null && !opensHere(url)) return;
    event.preventDefault();
    if (code === null) openPhone(url);
    else this.comeBack(code);
  }

  comeBack(code) {
    closePhone();
    if (code) this.start(code);
  }

  async press(message, row, column, key) {
    const keys = key.closest(".keyboard").querySelectorAll("button");
    for (const one of keys) one.disabled = true;
    key.classList.add("pending");
    await this.do(async () => this.answered(await this.person.press(message.message_id, row, column)));
    key.classList.remove("pending");
    for (const one of keys) one.disabled = false;
  }

  answered(answer) {
    if (!answer.answered) toast(words.no_answer);
    else if (answer.url) this.start(startCode(answer.url));
    else if (answer.text && answer.show_alert) alertDialog(answer.text);
    else if (answer.text) toast(answer.text);
  }

  async do(act) {
    try {
      await act();
    } catch {
      toast(words.failed);
    }
  }
}

if (isInPane) {
  handBack(query.get("start"));
} else if (query.get("person")) {
  show(byId("chat"), true);
  new Chat(new Person(query.get("person")));
} else {
  pick();
}
