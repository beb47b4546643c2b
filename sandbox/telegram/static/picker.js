// Who is chatting: choose somebody or make a new person.

import { addPerson, listPeople } from "./api.js";
import { byId, element, paintAvatar, setup, show } from "./dom.js";

function address(person) {
  const query = new URLSearchParams(location.search);
  query.set("person", person.id);
  query.set("lang", person.language_code ?? setup.language);
  return `/?${query}`;
}

function entry(person) {
  const avatar = element("span", { className: "avatar" });
  paintAvatar(avatar, person.first_name, person.id);
  const about = element("span", {}, element("b", { text: person.first_name }), element("small", { text: person.language_code ?? "" }));
  return element("li", {}, element("a", { href: address(person) }, avatar, about));
}

export async function pick() {
  show(byId("picker"), true);
  paintAvatar(byId("picker-avatar"), setup.bot.name, setup.bot.id);
  byId("people").replaceChildren(...(await listPeople()).map(entry));
  byId("new-person").addEventListener("submit", async (event) => {
    event.preventDefault();
    const wanted = { first_name: byId("new-name").value.trim(), language_code: byId("new-language").value };
    location.assign(address(await addPerson(wanted)));
  });
}
