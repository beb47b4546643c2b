// Answers to a press: a toast that passes, or a dialog that waits.

import { byId, element } from "./dom.js";

const TOAST_MS = 4000;

export function toast(text) {
  const node = element("div", { className: "toast", text });
  byId("toasts").append(node);
  setTimeout(() => node.remove(), TOAST_MS);
}

export function alertDialog(text) {
  byId("alert-text").textContent = text;
  byId("alert").showModal();
}

export function viewImage(source) {
  byId("viewer-image").src = source;
  byId("viewer").showModal();
}
