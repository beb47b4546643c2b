// The pane that plays a phone: a frame beside the chat for pages of this very machine.

import { byId, element, setup, show, words } from "./dom.js";

const LOOPBACK = new Set(["127.0.0.1", "localhost"]);

// Pages of another host name would lose their cookies in the frame, even on the same machine.
export function opensHere(url) {
  const address = parse(url);
  return address?.protocol === "http:" && LOOPBACK.has(address.hostname) && address.hostname === location.hostname;
}

// The code of a link to this bot ("" without one), at t.me or at this chat's own address; null for any other link.
export function startCode(url) {
  const address = parse(url);
  return address && leadsToUs(address) ? address.searchParams.get("start") ?? "" : null;
}

function leadsToUs({ origin, hostname, pathname }) {
  const [, name, ...rest] = pathname.split("/");
  if (origin === location.origin) return name === "";
  return hostname === "t.me" && !rest.length && name.toLowerCase() === setup.bot.username?.toLowerCase();
}

function parse(url) {
  return URL.canParse(url) ? new URL(url) : null;
}

let current = "";
let frame = null;

// The frame says that it has loaded something, never what: only its first page is known.
function load() {
  frame?.remove();
  byId("phone-url").value = current.replace(/^http:\/\//, "");
  frame = element("iframe", { id: "phone-page", title: words.phone, referrerPolicy: "no-referrer", src: current });
  frame.addEventListener("load", () => frame.addEventListener("load", () => { byId("phone-url").value = words.elsewhere; }), { once: true });
  byId("device").append(frame);
}

export function openPhone(url) {
  current = url;
  byId("phone-tab").href = url;
  show(byId("phone"), true);
  load();
}

export function closePhone() {
  show(byId("phone"), false);
  frame?.remove();
  frame = null;
}

// A link back to the chat ends in the pane: the chat that loads there hands its start code to the one outside.
export const isInPane = window.parent !== window;

export function handBack(code) {
  window.parent.postMessage({ code }, location.origin);
}

export function onHandedBack(take) {
  window.addEventListener("message", ({ origin, source, data }) => {
    if (origin === location.origin && frame && source === frame.contentWindow) take(data.code);
  });
}

byId("phone-close").addEventListener("click", closePhone);
byId("phone-reload").addEventListener("click", load);
