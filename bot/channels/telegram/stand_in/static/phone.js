"use strict";
// The phone of an invented citizen. Everything it shows and does goes through the doors of the stand-in.

const POLL_MS = 600;
const $ = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat("vi-VN", { hour: "2-digit", minute: "2-digit" });
const THINGS = {
  photo: "Ảnh", voice: "Ghi âm", audio: "Âm thanh", video: "Video", document: "Tập tin", sticker: "Nhãn dán",
  location: "Vị trí", contact: "Danh bạ",
};
const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/g;
let user = 0;
let version = "";
let faults = {};

async function door(path, content) {
  const options = content === undefined
    ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) };
  const answer = await fetch(path, options);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error || told.description);
  return told;
}

function make(tag, text, className) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

async function act(work) {
  try {
    await work();
    $("problem").hidden = true;
  } catch (error) {
    $("problem").textContent = "Chưa làm được. " + error.message;
    $("problem").hidden = false;
  }
  await look();
}

function withLinks(text) {
  const parts = document.createDocumentFragment();
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    parts.append(text.slice(from, match.index));
    const link = make("a", match[0]);
    link.href = match[0];
    link.target = "_blank";
    link.rel = "noreferrer";
    parts.append(link);
    from = match.index + match[0].length;
  }
  parts.append(text.slice(from));
  return parts;
}

function bubble(message) {
  const item = make("li", "", message.by_bot ? "" : "mine");
  const box = make("p", "", "bubble");
  if (message.kind !== "text") box.append(make("span", THINGS[message.kind] + (message.text ? "\n" : ""), "thing"));
  box.append(withLinks(message.text));
  box.append(make("time", (message.edited ? "đã sửa " : "") + clock.format(new Date(message.at * 1000))));
  item.append(box);
  if (message.buttons.length) {
    const keys = make("div", "", "keys");
    for (const row of message.buttons) {
      const line = make("div");
      for (const button of row) line.append(key(message, button));
      keys.append(line);
    }
    item.append(keys);
  }
  return item;
}

function key(message, button) {
  const made = make("button", button.text);
  made.type = "button";
  made.setAttribute("aria-busy", String(button.turning));
  made.addEventListener("click", () => act(() => button.url
    ? window.open(button.url, "_blank", "noreferrer")
    : door("/_press", { user, message: message.id, data: button.callback_data })));
  return made;
}

function show(told) {
  $("state").textContent = told.typing ? "đang soạn tin…" : "bot";
  $("start").hidden = told.started || told.blocked;
  $("unblock").hidden = !told.blocked;
  $("compose").hidden = told.blocked || !told.started;
  $("more").hidden = told.blocked || !told.started;
  if (!told.messages) return;
  version = String(told.version);
  const talk = $("talk");
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60;
  talk.replaceChildren(...told.messages.map(bubble));
  if (!told.messages.length) talk.append(make("li", "Chưa có tin nhắn nào.", "empty"));
  if (atEnd) talk.scrollTop = talk.scrollHeight;
  $("commands").replaceChildren(...told.commands.map(command));
  $("menu").hidden = !told.commands.length;
}

function command(one) {
  const made = make("button");
  made.type = "button";
  made.append(make("strong", "/" + one.command), " " + one.description);
  made.addEventListener("click", () => { $("menu").open = false; write("/" + one.command); });
  return made;
}

async function look() {
  try {
    const asked = user;
    const told = await door(`/_messages?user=${asked}&version=${version}`);
    if (asked === user) show(told);
    const counts = await door("/_counts");
    $("way").textContent = `Chưa nhận: ${counts.waiting}. Đã nhận: ${(counts.delivered || 0) + (counts.polled || 0)}.`;
    const { fault } = await door("/_switches");
    $("set").textContent = fault ? `Đang bật: ${faults[fault.name]} (${fault.count ?? "mọi"} lần gọi).` : "Không bật lỗi nào.";
  } catch {
    $("state").textContent = "mất kết nối với Telegram mẫu";
  }
}

const write = (text) => act(() => door("/_write", { user, text }));

function sendText() {
  const text = $("text").value;
  if (!text.trim()) return;
  $("text").value = "";
  write(text);
}

async function sendPhoto(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let coded = "";
  for (let at = 0; at < bytes.length; at += 32768) coded += String.fromCharCode(...bytes.subarray(at, at + 32768));
  await door("/_send", { user, kind: "photo", data: btoa(coded) });
}

function choose(id) {
  user = Number(id);
  version = "";
  $("talk").replaceChildren();
  look();
}

$("compose").addEventListener("submit", (event) => { event.preventDefault(); sendText(); });
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); sendText(); }
});
$("photo").addEventListener("change", () => {
  const [file] = $("photo").files;
  $("photo").value = "";
  if (file) act(() => sendPhoto(file));
});
for (const button of document.querySelectorAll("[data-send]")) {
  button.addEventListener("click", () => act(() => door("/_send", { user, kind: button.dataset.send })));
}
$("start").addEventListener("click", () => write("/start"));
$("block").addEventListener("click", () => act(() => door("/_block", { user, blocked: true })));
$("unblock").addEventListener("click", () => act(async () => {
  await door("/_block", { user, blocked: false });
  await door("/_write", { user, text: "/start" }); // as Telegram's app does when a bot is started again
}));
$("faults").addEventListener("submit", (event) => {
  event.preventDefault();
  const count = event.submitter && event.submitter.value === "" ? null : 1;
  act(() => door("/_switches", { fault: { name: $("fault").value, count } }));
});
$("calm").addEventListener("click", () => act(() => door("/_switches", { fault: null })));
$("user").addEventListener("change", () => choose($("user").value));

(async () => {
  const told = await door("/_people");
  faults = told.faults;
  $("user").append(...told.people.map((person) => new Option(person.name, person.id)));
  $("fault").append(...Object.entries(faults).map(([name, meaning]) => new Option(meaning, name)));
  choose($("user").value);
  setInterval(look, POLL_MS);
})();
