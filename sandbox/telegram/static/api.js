// The people's routes, for one person.

async function call(method, path, body) {
  const options = { method };
  if (body instanceof FormData) options.body = body;
  else if (body) Object.assign(options, { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? response.statusText);
  return answer;
}

export const listPeople = async () => (await call("GET", "/people")).people;
export const addPerson = (person) => call("POST", "/people", person);

export class Person {
  constructor(id) {
    this.path = `/people/${encodeURIComponent(id)}`;
  }

  card() { return call("GET", this.path); }
  async messages() { return (await call("GET", `${this.path}/messages`)).messages; }
  say(text) { return call("POST", `${this.path}/messages`, { text }); }
  start(code) { return call("POST", `${this.path}/start`, code ? { code } : {}); }
  press(messageId, row, column) { return call("POST", `${this.path}/press`, { message_id: messageId, row, column }); }
  block() { return call("POST", `${this.path}/block`, {}); }
  unblock() { return call("POST", `${this.path}/unblock`, {}); }
  events() { return new EventSource(`${this.path}/events`); }

  sendPhoto(file) {
    const form = new FormData();
    form.append("photo", file);
    return call("POST", `${this.path}/photos`, form);
  }
}
