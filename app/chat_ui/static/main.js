// The page: the form, the turns of the conversation, the keyboard, and what a screen reader is told.

import { AnswerView, newRecord } from "./answer.js";
import { Conversation, newId } from "./conversation.js";
import { element, languageOf } from "./element.js";
import { receive } from "./receive.js";
import { account, signOut, takeLink } from "./session.js";
import { ChatError, stopAnswer } from "./stream.js";

const MAX_SPOKEN = 3_000; // characters of one paragraph

const page = Object.fromEntries(
  ["new", "welcome", "conversation", "ask", "question", "send", "stop", "status", "spoken", "account", "who", "signout"].map((id) => [id, document.getElementById(id)]),
);
let conversation = Conversation.restore();
let running = null; // the answer being written: {controller, record}

page.ask.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(page.question.value.trim());
});
page.question.addEventListener("keydown", (event) => {
  // 229: Safari ends a composition before this event, which still belongs to it.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
    event.preventDefault();
    page.ask.requestSubmit();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running) stop();
});
page.stop.addEventListener("click", stop);
page.new.addEventListener("click", startAnew);
page.conversation.addEventListener("click", copyCode);
page.signout.addEventListener("click", leaveAccount);
addEventListener("pagehide", () => conversation.keep());
addEventListener("hashchange", showAccount); // a link that is opened in this tab

document.getElementById("unscripted").remove();
for (const message of conversation.messages) {
  if (message.role === "user") showTurn(message);
  else showKept(message.record);
}
showState();
showAccount();
if (matchMedia("(hover: hover)").matches) page.question.focus({ preventScroll: true }); // no keyboard pops up on a phone

function ask(text) {
  if (running || !text) return;
  page.question.value = "";
  const message = { id: newId(), role: "user", text };
  conversation.messages.push(message);
  answer(showTurn(message), conversation.body());
}

async function answer(article, body) {
  const record = newRecord();
  const message = { id: newId(), role: "assistant", record };
  const mine = conversation;
  const controller = new AbortController();
  running = { controller, record };
  mine.messages.push(message);
  page.spoken.replaceChildren();
  const view = new AnswerView(article, record, { onBlock: speak });
  showState();
  tell("Searching the book.");
  article.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
  try {
    await receive(body, record, {
      signal: controller.signal,
      changed: () => view.update(),
      started: (metadata, messageId) => {
        if (messageId) message.id = messageId;
        if (metadata.conversation_id) mine.id = metadata.conversation_id;
        record.begun = true;
      },
    });
    record.end = { kind: "done" };
  } catch (error) {
    record.end = endOf(error, controller.signal, record);
  }
  view.settle();
  if (mine !== conversation) return; // a new one was begun meanwhile
  running = null;
  mine.keep();
  if (["failed", "incomplete"].includes(record.end.kind)) offerAgain(article, message, body);
  showState();
  tell(summary(record));
}

function endOf(error, signal, record) {
  if (signal.aborted) return { kind: "stopped" };
  if (error instanceof ChatError) return { kind: record.begun ? "incomplete" : "failed", message: error.message };
  // A connection that breaks is a TypeError of the reader; anything else is a fault of this page, and is said in the console.
  if (!(error instanceof TypeError)) console.error(error);
  return { kind: record.begun ? "incomplete" : "failed", message: "The connection was lost before the answer was finished." };
}

// Asks the same question again: as a new try where the first one never began, else as another answer to it.
function offerAgain(article, message, body) {
  const button = element("button", { type: "button", className: "again", textContent: "Try again" });
  button.addEventListener("click", () => {
    if (running || conversation.messages.at(-1) !== message) return;
    conversation.messages.pop();
    const begun = message.record.begun;
    article.replaceChildren();
    page.question.focus();
    answer(article, begun ? { ...body, id: conversation.id, trigger: "regenerate-message", messageId: message.id } : body);
  });
  article.querySelector(".notices").append(button);
}

function stop() {
  if (!running) return;
  running.controller.abort();
  stopAnswer(conversation.id);
}

function startAnew() {
  if (running) stop();
  running = null;
  conversation = new Conversation();
  conversation.keep();
  page.conversation.replaceChildren();
  page.spoken.replaceChildren();
  showState();
  page.question.focus();
  tell("New conversation.");
}

// Named, so that nobody asks under an account that a stranger's link brought.
async function showAccount() {
  const refused = await takeLink();
  const reader = await account();
  page.account.hidden = !reader;
  page.who.textContent = reader ? `Signed in as ${reader.email ?? reader.name ?? "a guest"}` : "";
  if (reader || refused) tell(refused ?? `${page.who.textContent}.`);
  if (refused) page.welcome.prepend(element("p", { className: "notice" }, refused));
}

async function leaveAccount() {
  page.account.hidden = true;
  startAnew(); // the next person at this screen reads nothing of it
  await signOut();
  tell("Signed out.");
}

function showTurn({ text }) {
  const question = element("h2", { className: "asked", dir: "auto", lang: languageOf(text) }, element("span", { className: "unseen", dir: "ltr" }, "You asked: "), text);
  const article = element("div", { className: "answer" });
  page.conversation.append(element("article", { className: "turn" }, question, article));
  return article;
}

// What was being written when the page was left is shown as not complete.
function showKept(record) {
  record.end ??= { kind: "incomplete", message: "The page was left before the answer was finished." };
  new AnswerView(page.conversation.lastElementChild.querySelector(".answer"), record).settle();
}

function showState() {
  const busy = running !== null;
  const focused = document.activeElement;
  page.welcome.hidden = conversation.messages.length > 0;
  page.new.hidden = conversation.messages.length === 0;
  page.send.hidden = busy;
  page.stop.hidden = !busy;
  if (busy && focused === page.send) page.stop.focus();
  if (!busy && focused === page.stop) page.question.focus();
}

function tell(text) {
  page.status.textContent = text;
}

// Finished paragraphs are read out, one at a time: a word at a time cannot be followed.
function speak(text) {
  const spoken = text.slice(0, MAX_SPOKEN);
  if (spoken.trim()) page.spoken.append(element("p", { dir: "auto", lang: languageOf(spoken) }, spoken));
}

function summary({ end, sources, citations, grounded, verdict }) {
  if (end.kind === "stopped") return "Answer stopped.";
  if (end.kind !== "done") return `The answer is not complete. ${end.message}`;
  const count = citations?.text ? citations.cited.length : sources.length;
  const doubt = verdict === "uncertain" ? " The book may not answer this." : "";
  const covered = grounded === false ? " The question does not seem to be covered." : doubt;
  return `Answer complete.${covered} ${count} ${count === 1 ? "source" : "sources"}.`;
}

async function copyCode({ target }) {
  if (!target.matches?.("button.copy")) return;
  const copied = await navigator.clipboard.writeText(target.parentElement.querySelector("code").textContent).then(() => true, () => false);
  target.textContent = copied ? "Copied" : "Not copied";
  tell(copied ? "Code copied." : "The code could not be copied.");
  setTimeout(() => (target.textContent = "Copy"), 2_000);
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
