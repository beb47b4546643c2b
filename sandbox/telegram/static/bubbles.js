// One message -> one list item.

import { element, setup, words } from "./dom.js";
import { copy, formattedText } from "./entities.js";
import { viewImage } from "./notices.js";

const START = /^\/start\s.*$/s;

export function bubble(message, actions) {
  const own = message.from.id !== setup.bot.id;
  const item = element("li", { className: own ? "row own" : "row" });
  item.dataset.id = message.message_id;
  const body = element("div", { className: "bubble" });
  body.append(...parts(message, own ? {} : actions));
  item.append(body);
  if (message.reply_markup?.inline_keyboard) item.append(keyboard(message, actions));
  return item;
}

function* parts(message, actions) {
  if (message.forward_origin) yield element("p", { className: "forwarded", text: `↪ ${message.forward_origin.sender_user.first_name}` });
  if (message.reply_to_message) yield quote(message.reply_to_message);
  if (message.photo) yield picture(message.photo.at(-1));
  if (message.document) yield file(message.document);
  const preview = message.preview && picture(message.preview, "picture preview");
  if (preview && message.link_preview_options.show_above_text) yield preview;
  yield* text(message, actions);
  if (preview && !message.link_preview_options.show_above_text) yield preview;
  yield footer(message);
}

function* text(message, actions) {
  const words = message.text ?? message.caption;
  if (words === undefined) return;
  // A deep link's code is not shown, as in the real client.
  const shown = START.test(words) ? "/start" : words;
  const entities = (message.entities ?? message.caption_entities ?? []).filter((entity) => entity.offset < shown.length);
  yield element("div", { className: "text" }, formattedText(shown, entities, actions));
}

function quote(message) {
  const summary = message.text ?? message.caption ?? "🖼";
  return element("blockquote", { className: "reply" },
    element("b", { text: message.from.first_name }), element("span", { text: summary }));
}

function picture(photo, className = "picture") {
  const source = `/media/${encodeURIComponent(photo.file_id)}`;
  const image = element("img", { src: source, width: photo.width, height: photo.height, alt: "", loading: "lazy" });
  return element("button", { className, onclick: () => viewImage(source) }, image);
}

function file(document) {
  const kilobytes = Math.max(1, Math.round(document.file_size / 1024));
  return element("a", { className: "file", href: `/media/${encodeURIComponent(document.file_id)}`, download: document.file_name },
    element("b", { text: document.file_name }), element("small", { text: `${kilobytes} KB` }));
}

function footer(message) {
  const time = clockTime(message.date);
  const stamp = message.edit_date ? `${words.edited} ${time}` : time;
  const node = element("span", { className: "stamp" });
  if (message.reaction?.length) {
    node.append(element("span", { className: "reaction", text: message.reaction.map((one) => one.emoji).join("") }));
  }
  node.append(element("time", { text: stamp, dateTime: new Date(message.date * 1000).toISOString() }));
  return node;
}

export function clockTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString(setup.language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

function keyboard(message, actions) {
  const rows = message.reply_markup.inline_keyboard.map((row, y) =>
    element("div", { className: "keys" }, ...row.map((button, x) => key(message, button, y, x, actions))));
  return element("div", { className: "keyboard" }, ...rows);
}

function key(message, button, row, column, actions) {
  const common = { className: `key ${button.style ?? ""}`, title: button.text };
  const label = element("span", { text: button.text });
  const url = button.url ?? button.web_app?.url;
  if (url) {
    const node = element("a", { ...common, href: url, target: "_blank", rel: "noopener" }, label);
    node.classList.add("leads");
    node.addEventListener("click", (event) => actions.open(url, event));
    return node;
  }
  const node = element("button", common, label);
  node.classList.toggle("copies", Boolean(button.copy_text));
  node.addEventListener("click", () => button.copy_text ? copy(button.copy_text.text) : actions.press(message, row, column, node));
  return node;
}
