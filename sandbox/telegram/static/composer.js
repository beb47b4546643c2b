// The input field, the command menu and the reply keyboard.

import { byId, element, popover, show } from "./dom.js";

export class Composer {
  constructor({ say, sendPhoto }) {
    this.say = say;
    this.commands = [];
    this.field = byId("text");
    this.menu = popover(byId("slash"), byId("commands"), () => this.list(""));
    byId("composer").addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("input", () => this.onInput());
    byId("photo").addEventListener("change", ({ target }) => {
      for (const file of target.files) sendPhoto(file);
      target.value = "";
    });
  }

  offer(commands) {
    this.commands = commands;
    show(byId("slash"), commands.length > 0);
  }

  submit() {
    const text = this.field.value.trim();
    this.menu.close();
    if (!text) return;
    this.field.value = "";
    this.fit();
    this.say(text);
  }

  onKey(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    }
  }

  onInput() {
    this.fit();
    const typed = /^\/(\w*)$/.exec(this.field.value);
    if (!typed || !this.commands.length) return this.menu.close();
    this.menu.open();
    return this.list(typed[1]);
  }

  list(prefix) {
    const fitting = this.commands.filter((one) => one.command.startsWith(prefix));
    byId("commands").replaceChildren(...fitting.map((one) => this.entry(one)));
    show(byId("commands"), fitting.length > 0);
  }

  entry({ command, description }) {
    const choose = () => { this.menu.close(); this.field.value = ""; this.say(`/${command}`); };
    return element("button", { type: "button", role: "option", onclick: choose },
      element("b", { text: `/${command}` }), element("span", { text: description }));
  }

  // The newest keyboard that a bot's message brought stays until one removes it.
  replyKeyboard(markup) {
    const rows = markup?.keyboard ?? [];
    byId("reply-keyboard").replaceChildren(...rows.map((row) => element("div", { className: "keys" }, ...row.map((one) => {
      const text = one.text ?? one;
      return element("button", { className: "key", text, onclick: () => this.say(text) });
    }))));
    show(byId("reply-keyboard"), rows.length > 0);
  }

  fit() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }
}
