// Small helpers. Text a person or a bot wrote only ever enters the page through textContent.

export const byId = (id) => document.getElementById(id);

export const setup = JSON.parse(byId("setup").textContent);
export const words = setup.words;

export function element(tag, { className, text, ...properties } = {}, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  Object.assign(node, properties);
  node.append(...children);
  return node;
}

// The first colour is the bot's alone.
const PEOPLES_COLORS = 5;

export function paintAvatar(node, name, id) {
  node.textContent = [...name.trim()][0]?.toUpperCase() ?? "?";
  node.dataset.color = String(id === setup.bot.id ? 0 : 1 + (Math.abs(id) % PEOPLES_COLORS));
}

export function show(node, visible) {
  node.hidden = !visible;
}

// A popover opens by its button and closes by a click elsewhere or Escape.
export function popover(button, panel, onOpen = () => {}) {
  const set = (open) => {
    show(panel, open);
    button.setAttribute("aria-expanded", String(open));
    if (open) onOpen();
  };
  button.addEventListener("click", () => set(panel.hidden));
  document.addEventListener("click", (event) => {
    if (!panel.hidden && !panel.contains(event.target) && !button.contains(event.target)) set(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) set(false);
  });
  return { open: () => set(true), close: () => set(false) };
}
