// Who is chatting: choose somebody or make a new person.

import { addPerson, listPeople } from "./api.js";
import { byId, element, paintAvatar, setup, show, words } from "./dom.js";

const query = new URLSearchParams(location.search);

function address(person) {
  const there = new URLSearchParams(query);
  there.set("person", person.id);
  there.set("lang", person.language_code ?? setup.language);
  return `/?${there}`;
}

function face(name, id, language) {
  const avatar = element("span", { className: "avatar" });
  paintAvatar(avatar, name, id);
  return [avatar, element("span", {}, element("b", { text: name }), element("small", { text: languageName(language) }))];
}

function languageName(code) {
  return [...byId("new-language").options].find((option) => option.value === code)?.text ?? code ?? "";
}

function entry(person) {
  const card = face(person.first_name, person.id, person.language_code);
  return element("li", {}, element("a", { href: address(person) }, ...card));
}

function suggestion(name, at) {
  const become = () => join(name, setup.language);
  return element("li", {}, element("button", { type: "button", onclick: become }, ...face(name, at, setup.language)));
}

async function join(name, language) {
  location.assign(address(await addPerson({ first_name: name, language_code: language })));
}

export async function pick() {
  const people = await listPeople();
  const cameByLink = query.get("start") && !query.has("person");
  if (cameByLink && people.length === 1) return location.replace(address(people[0]));
  const known = new Set(people.map((person) => person.first_name));
  const suggested = [words.one_person, words.other_person].filter((name) => !known.has(name));
  paintAvatar(byId("picker-avatar"), setup.bot.name, setup.bot.id);
  byId("people").replaceChildren(...people.map(entry));
  byId("suggested").replaceChildren(...suggested.map(suggestion));
  byId("new-person").addEventListener("submit", (event) => {
    event.preventDefault();
    join(byId("new-name").value.trim(), byId("new-language").value);
  });
  return show(byId("picker"), true);
}
