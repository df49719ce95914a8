// Drives the server as a site would: `DefaultChatTransport` and `AbstractChat` of the npm package named by the first
// argument. The second is the server's address, the third a token, "" for none. Prints one JSON object a scenario.
import assert from "node:assert/strict";

const [name, url, token] = process.argv.slice(2);
const { AbstractChat, DefaultChatTransport } = await import(name);
const api = `${url}/api/chat`;
const QUESTION = "Why can the zero moment point not leave the support polygon?";

class State {
  status = "ready";
  error = undefined;
  constructor(messages) {
    this.messages = messages;
  }
  pushMessage = (message) => {
    this.messages = [...this.messages, message];
  };
  popMessage = () => {
    this.messages = this.messages.slice(0, -1);
  };
  replaceMessage = (index, message) => {
    this.messages = this.messages.with(index, structuredClone(message));
  };
  snapshot = (value) => structuredClone(value);
}

class Chat extends AbstractChat {
  constructor({ messages = [], ...options }) {
    super({ ...options, state: new State(messages) });
  }
}

function open({ id = crypto.randomUUID(), messages, ...transport } = {}) {
  const seen = { data: [], finish: [], errors: [] };
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const chat = new Chat({
    id,
    messages,
    transport: new DefaultChatTransport({ api, headers, ...transport }),
    onData: (part) => seen.data.push(part.type),
    onFinish: (end) => seen.finish.push({ isAbort: end.isAbort, isDisconnect: end.isDisconnect, isError: end.isError }),
    onError: (error) => seen.errors.push(error.message),
  });
  return { chat, seen };
}

const textOf = (message) =>
  message.parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("");
const last = (chat) => chat.messages.at(-1);
const until = async (condition, seconds = 10) => {
  const end = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
const stopOnServer = (chat) =>
  fetch(`${api}/${chat.id}/stop`, { method: "POST", headers: token ? { authorization: `Bearer ${token}` } : {} });

const scenarios = {
  async send() {
    const { chat, seen } = open();
    await chat.sendMessage({ text: QUESTION });
    assert.equal(chat.status, "ready", chat.error?.stack);
    const { id, role, metadata, parts } = last(chat);
    assert.equal(role, "assistant");
    assert.equal(id, metadata.message_id);
    assert.equal(metadata.conversation_id, chat.id);
    assert.ok(metadata.build.startsWith("book-"));
    const types = parts.map((part) => part.type);
    for (const type of ["step-start", "source-url", "data-sources", "data-grounding", "text", "data-citations"])
      assert.ok(types.includes(type), `${type} is missing in ${types}`);
    assert.ok(parts.filter((part) => part.type === "text").every((part) => part.state === "done"));
    const source = parts.find((part) => part.type === "source-url");
    assert.ok(source.sourceId && source.title);
    assert.match(source.url, /\/docs\/balance\/zmp#inside$/);
    assert.ok(seen.data.includes("data-finish"));
    assert.equal(seen.finish.length, 1);
    assert.deepEqual(seen.errors, []);
    return { text: textOf(last(chat)) };
  },

  async followUp() {
    const { chat } = open();
    await chat.sendMessage({ text: QUESTION });
    await chat.sendMessage({ text: "And why is that so?" });
    assert.equal(chat.status, "ready", chat.error?.stack);
    assert.deepEqual(chat.messages.map(({ role }) => role), ["user", "assistant", "user", "assistant"]);
    return { conversation: chat.id };
  },

  async regenerate() {
    const { chat } = open();
    await chat.sendMessage({ text: QUESTION });
    const first = last(chat).id;
    await chat.regenerate();
    await chat.regenerate({ messageId: last(chat).id });
    assert.equal(chat.status, "ready", chat.error?.stack);
    assert.equal(chat.messages.length, 2);
    assert.notEqual(last(chat).id, first);
    return { conversation: chat.id };
  },

  async edit() {
    const { chat } = open();
    await chat.sendMessage({ text: QUESTION });
    await chat.sendMessage({ text: "What is the capture point?" });
    await chat.sendMessage({ text: "How does a node publish?", messageId: chat.messages[2].id });
    assert.equal(chat.status, "ready", chat.error?.stack);
    assert.equal(chat.messages.length, 4);
    return { conversation: chat.id };
  },

  async stop() {
    const { chat, seen } = open();
    const sending = chat.sendMessage({ text: QUESTION });
    await until(() => chat.messages.length === 2 && textOf(last(chat)).length > 10);
    await stopOnServer(chat);
    await sending;
    assert.equal(chat.status, "ready", chat.error?.stack);
    assert.deepEqual(seen.errors, []);
    const written = textOf(last(chat));
    await chat.sendMessage({ text: "Go on." });
    assert.equal(chat.messages.length, 4);
    return { conversation: chat.id, written };
  },

  async abort() {
    const { chat } = open();
    const sending = chat.sendMessage({ text: QUESTION });
    await until(() => chat.messages.length === 2 && textOf(last(chat)).length > 10);
    await chat.stop();
    await stopOnServer(chat);
    await sending;
    assert.equal(chat.status, "ready");
    return { conversation: chat.id };
  },

  // The page is loaded again: another Chat of the same id, with what was said before the answer.
  async resume() {
    const { chat } = open();
    const sending = chat.sendMessage({ text: QUESTION });
    await until(() => chat.messages.length === 2 && textOf(last(chat)).length > 10);
    await chat.stop();
    await sending;
    const again = open({ id: chat.id, messages: chat.messages.slice(0, 1) });
    await again.chat.resumeStream();
    assert.equal(again.chat.status, "ready", again.chat.error?.stack);
    assert.equal(again.chat.messages.length, 2);
    assert.equal(last(again.chat).id, last(chat).id);
    const nothing = open({ id: chat.id, messages: again.chat.messages });
    await nothing.chat.resumeStream();
    assert.equal(nothing.chat.status, "ready");
    assert.equal(nothing.chat.messages.length, 2);
    return { text: textOf(last(again.chat)) };
  },

  async nothingToResume() {
    const { chat, seen } = open();
    await chat.resumeStream();
    assert.equal(chat.status, "ready");
    assert.deepEqual([chat.messages, seen.errors], [[], []]);
    return {};
  },

  // The model breaks off: what was written stays, the error is a sentence, and asking again works.
  async error() {
    const { chat, seen } = open();
    await chat.sendMessage({ text: QUESTION });
    assert.equal(chat.status, "error");
    assert.ok(seen.data.includes("data-error"));
    const message = chat.error.message;
    const written = textOf(last(chat));
    await chat.regenerate();
    assert.equal(chat.status, "ready", chat.error?.stack);
    assert.equal(chat.messages.length, 2);
    return { message, written, again: textOf(last(chat)) };
  },

  // The server refuses before the first part: the body's text is what the reader would see.
  async refusal() {
    const { chat } = open();
    await chat.sendMessage({ text: "x".repeat(9000) });
    assert.equal(chat.status, "error");
    return { body: chat.error.message, status: chat.error.statusCode };
  },

  // The connection is lost before anything came back, and the transport's fetch sends the same POST once more.
  async retry() {
    const twice = async (address, options) => {
      if (options?.method === "POST") {
        const lost = await fetch(address, { ...options, signal: undefined });
        await lost.body.cancel();
      }
      return fetch(address, options);
    };
    const { chat } = open({ fetch: twice });
    await chat.sendMessage({ text: QUESTION });
    assert.equal(chat.status, "ready", chat.error?.stack);
    return { conversation: chat.id, text: textOf(last(chat)) };
  },
};

// Whether this client is a strict one at all: the same stream with one key too many.
scenarios.unknownKey = async () => {
  const add = new TransformStream({
    transform: (text, out) => out.enqueue(text.replaceAll('"type":"text-end"', '"type":"text-end","extra":1')),
  });
  const spoilt = async (address, options) => {
    const { body, headers, status } = await fetch(address, options);
    const text = body.pipeThrough(new TextDecoderStream()).pipeThrough(add).pipeThrough(new TextEncoderStream());
    return new Response(text, { headers, status });
  };
  const { chat } = open({ fetch: spoilt });
  await chat.sendMessage({ text: QUESTION });
  return { status: chat.status };
};

const wanted = process.argv[5];
process.stdout.write(JSON.stringify(await scenarios[wanted]()));
