// Text with entities -> DOM nodes. Offsets are UTF-16 units, as JavaScript strings are.

import { element, words } from "./dom.js";
import { toast } from "./notices.js";

const TAGS = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

export function formattedText(text, entities = [], actions = {}) {
  const fragment = document.createDocumentFragment();
  fill(fragment, text, 0, text.length, entities, actions);
  return fragment;
}

function fill(parent, text, from, to, entities, actions) {
  let at = from;
  let rest = entities;
  while (rest.length) {
    const [entity, ...others] = rest;
    const start = Math.max(entity.offset, at);
    const end = Math.min(entity.offset + entity.length, to);
    rest = others;
    if (end <= start) continue;
    parent.append(...breakable(text.slice(at, start)));
    const node = wrapper(entity, text.slice(start, end), actions);
    const inner = others.filter((other) => other.offset < end);
    fill(node, text, start, end, inner, actions);
    rest = others.filter((other) => other.offset >= end);
    parent.append(node);
    at = end;
  }
  parent.append(...breakable(text.slice(at, to)));
}

// A long link breaks after its separators.
function breakable(text) {
  const pieces = text.split(/(?<=[^/:\s][/?&=])(?=[^\s/])/);
  return pieces.flatMap((piece, at) => (at ? [element("wbr"), piece] : [piece]));
}

function wrapper(entity, text, actions) {
  switch (entity.type) {
    case "url": return link(text, actions);
    case "text_link": return link(entity.url, actions);
    case "bot_command": return button("command", () => actions.command?.(text), actions.command);
    case "spoiler": return spoiler();
    case "code": return copyable(text);
    default: return element(TAGS[entity.type] ?? "span");
  }
}

function link(url, { open }) {
  if (!open || !/^(https?|tg):/i.test(url)) return element("span");
  const node = element("a", { href: url, target: "_blank", rel: "noopener" });
  node.addEventListener("click", (event) => open(url, event));
  return node;
}

function button(className, onClick, active) {
  return active ? element("button", { className, onclick: onClick }) : element("span", { className });
}

function spoiler() {
  const node = element("span", { className: "spoiler", tabIndex: 0 });
  node.addEventListener("click", () => node.classList.add("open"));
  return node;
}

function copyable(text) {
  const node = element("code", { className: "copyable", tabIndex: 0 });
  node.addEventListener("click", () => copy(text));
  return node;
}

export async function copy(text) {
  await navigator.clipboard?.writeText(text);
  toast(words.copied);
}
