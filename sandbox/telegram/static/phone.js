// The pane that plays a phone. Its first page comes through /phone, so that the product sees a phone's browser.

import { byId, setup, show } from "./dom.js";

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

export function isLoopback(url) {
  try {
    const address = new URL(url);
    return address.protocol === "http:" && LOOPBACK.has(address.hostname);
  } catch {
    return false;
  }
}

// The code of a t.me link to this bot ("" without one); null for any other link.
export function startCode(url) {
  try {
    const address = new URL(url);
    const [, name, ...rest] = address.pathname.split("/");
    const ours = address.hostname === "t.me" && !rest.length && name.toLowerCase() === setup.bot.username?.toLowerCase();
    return ours ? address.searchParams.get("start") ?? "" : null;
  } catch {
    return null;
  }
}

let current = "";

const mode = () => document.querySelector("input[name=mode]:checked").value;

function load() {
  const through = mode() === "phone" ? `/phone?url=${encodeURIComponent(current)}` : current;
  byId("phone").dataset.mode = mode();
  byId("phone-page").src = through;
}

export function openPhone(url) {
  current = url;
  byId("phone-url").value = url.replace(/^http:\/\//, "");
  byId("phone-tab").href = url;
  show(byId("phone"), true);
  load();
}

export function closePhone() {
  show(byId("phone"), false);
  byId("phone-page").src = "about:blank";
}

byId("phone-close").addEventListener("click", closePhone);
byId("phone-reload").addEventListener("click", load);
for (const choice of document.querySelectorAll("input[name=mode]")) choice.addEventListener("change", load);
