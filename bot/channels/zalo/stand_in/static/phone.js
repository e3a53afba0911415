"use strict";
// The phone of an invented citizen. Everything it shows and does goes through the doors of the stand-in.

const POLL_MS = 700;
const $ = (id) => document.getElementById(id);
const timeZone = "Asia/Ho_Chi_Minh";
const clock = new Intl.DateTimeFormat("vi-VN", { hour: "2-digit", minute: "2-digit", timeZone });
const fullClock = new Intl.DateTimeFormat("vi-VN", { dateStyle: "short", timeStyle: "short", timeZone });
let user = "";
let shown = "";
let bubbles = new Map();
let people = {};

async function door(path, content) {
  const options = content === undefined
    ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) };
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer.json();
}

function make(tag, text, className) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

async function tell(act) {
  try {
    await act();
    $("problem").hidden = true;
  } catch (error) {
    $("problem").textContent = "Chưa làm được. Xem lại rồi thử lần nữa.";
    $("problem").title = error.message;
    $("problem").hidden = false;
  }
  await look();
}

function picture({ kind, attachment }) {
  const url = attachment.shown_url || attachment.thumbnail || attachment.url || "";
  if (!["image", "gif", "sticker"].includes(kind) || !/\.(jpe?g|png|gif)$/i.test(url)) return null;
  try {
    const address = new URL(url, location.href);
    if (address.origin !== location.origin) return null;
    const image = make("img");
    image.src = address.href;
    image.alt = "Ảnh trong tin nhắn";
    image.addEventListener("load", () => { if (atEnd) toEnd(); });
    return image;
  } catch {
    return null;
  }
}

const KINDS = {
  image: "Ảnh", gif: "Ảnh động", audio: "Tin thoại", video: "Video", sticker: "Nhãn dán", file: "Tệp",
  link: "Đường dẫn", location: "Vị trí", business_card: "Danh thiếp",
};

function contents(message) {
  const parts = [];
  if (message.quote) parts.push(make("span", "Trả lời một tin trước", "quote"));
  const image = picture(message);
  if (image) parts.push(image);
  else if (KINDS[message.kind]) parts.push(make("em", "[" + KINDS[message.kind] + "] " + (message.attachment.name || "")));
  if (message.kind === "request_user_info") {
    parts.push(make("strong", message.attachment.title), make("span", "\n" + message.attachment.subtitle));
  }
  if (message.text) parts.push(document.createTextNode(message.text));
  return parts;
}

function buttonsOf(message) {
  const box = make("div", "", "buttons");
  message.buttons.forEach((button, place) => {
    if (button.type === "oa.open.url") {
      const link = make("a", button.title);
      link.href = button.payload.url;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      box.append(link);
      return;
    }
    const made = make("button", button.title);
    made.type = "button";
    made.addEventListener("click", () => tell(async () => {
      const done = await door("/_press", { user, message_id: message.id, button: place });
      if (done.opens) alert("Điện thoại sẽ gọi hoặc nhắn: " + done.opens.phone_code);
    }));
    box.append(made);
  });
  if (message.kind === "request_user_info") {
    const made = make("button", "Gửi thông tin của tôi");
    made.type = "button";
    made.addEventListener("click", () => tell(() => door("/_info", { user })));
    box.append(made);
  }
  return box.children.length ? box : null;
}

function bubble(message) {
  if (message.hidden) return make("li", "Đã bấm một nút", "note");
  const item = make("li", "", message.sender === "user" ? "user" : "oa");
  item.append(...contents(message));
  const buttons = buttonsOf(message);
  if (buttons) item.append(buttons);
  const marks = message.reactions.map((icon) => ({ "/-strong": "👍", "/-heart": "❤️" })[icon] || "🙂").join("");
  const by = message.sender === "admin" ? " · cán bộ" : message.via === "template" ? " · tin theo mẫu" : "";
  item.append(make("time", clock.format(message.at_ms) + by + (marks ? " " + marks : "")));
  return item;
}

let atEnd = true;
$("talk").addEventListener("scroll", (event) => {
  const { scrollHeight, scrollTop, clientHeight } = event.target;
  atEnd = scrollHeight - scrollTop - clientHeight < 60;
});

function toEnd() {
  $("talk").scrollTop = $("talk").scrollHeight;
  atEnd = true;
}

function showTalk(messages) {
  const now = user + JSON.stringify(messages);
  if (now === shown) return;
  const follows = atEnd || !shown.startsWith(user);
  shown = now;
  // a bubble that has not changed stays as it is: its picture is not loaded again, its button keeps the focus
  const kept = new Map(messages.map((message) => {
    const key = JSON.stringify(message);
    return [key, bubbles.get(key) || bubble(message)];
  }));
  bubbles = kept;
  $("talk").replaceChildren(...kept.values());
  if (!messages.length) $("talk").append(make("li", "Chưa có tin nhắn nào. Mời nhắn câu đầu tiên.", "note"));
  if (follows) toEnd();
}

function showPerson(person) {
  const left = person.window_left_seconds;
  $("window").textContent = left === null ? "Chưa nhắn gì: tài khoản chưa được nhắn trước."
    : left === 0 ? "Đã quá 7 ngày: tài khoản không nhắn được nữa."
      : "Tài khoản còn được nhắn trong " + (left > 172800 ? Math.floor(left / 86400) + " ngày." : Math.floor(left / 3600) + " giờ.");
  $("relation").textContent = person.blocked ? "Đang chặn" : person.follows ? "Đang quan tâm" : "Chưa quan tâm";
  $("follow").textContent = person.follows ? "Bỏ quan tâm" : "Quan tâm";
  $("block").textContent = person.blocked ? "Thôi chặn" : "Chặn tin nhắn";
  people[person.id] = person;
}

function showSide(state) {
  const { switches, faults } = state;
  $("webhook").textContent = switches.webhook || "Chưa có địa chỉ. Chạy lại với --webhook.";
  $("webhook").className = switches.webhook && switches.enabled ? "" : "late";
  const waiting = state.pending ? " Đang chờ gửi: " + state.pending + "." : "";
  $("delivered").textContent = switches.enabled ? "Đang bật." + waiting : "Đã bị tắt vì gửi nhiều lần không được.";
  $("enable").hidden = switches.enabled;
  $("set").textContent = faults.length ? "Đang đặt " + faults.length + " lỗi." : "";
  $("calm").hidden = !faults.length;
  $("clock").textContent = fullClock.format(state.now_ms) + (state.ahead_seconds ? " (đã dời)" : "");
}

function showPeople(users) {
  const select = $("user");
  const names = users.map((one) => one.id).join();
  if (select.dataset.names === names) return;
  select.dataset.names = names;
  select.replaceChildren(...users.map((one) => {
    const choice = make("option", one.name);
    choice.value = one.id;
    return choice;
  }));
  if (!user) user = users[0].id;
  select.value = user;
}

async function look() {
  try {
    const state = await door("/_state");
    showPeople(state.users);
    showSide(state);
    const asked = user;
    const told = await door("/_messages?user=" + asked);
    if (asked !== user) return;
    showPerson(told.user);
    showTalk(told.messages.slice(-200));
  } catch {
    $("delivered").textContent = "Zalo mẫu không trả lời.";
  }
}

function grow() {
  $("text").style.height = "auto";
  $("text").style.height = $("text").scrollHeight + 2 + "px";
}

$("user").addEventListener("change", (event) => { user = event.target.value; look(); });
$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  grow();
  tell(() => door("/_write", { user, text }));
});
$("text").addEventListener("input", grow);
$("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("compose").requestSubmit();
});
$("photo").addEventListener("change", (event) => {
  const file = event.target.files[0];
  if (!file) return;
  const asked = new URLSearchParams({ user, kind: "image", name: file.name });
  tell(async () => {
    const answer = await fetch("/_upload?" + asked, { method: "POST", body: file });
    if (!answer.ok) throw new Error((await answer.json()).error);
  });
  event.target.value = "";
});
$("follow").addEventListener("click", () => tell(() => door("/_follow", { user, follows: !people[user].follows })));
$("block").addEventListener("click", () => tell(() => door("/_user", { user, blocked: !people[user].blocked })));
$("enable").addEventListener("click", () => tell(() => door("/_switches", { enabled: true })));
$("faults").addEventListener("submit", (event) => {
  event.preventDefault();
  tell(() => door("/_faults", { name: $("fault").value, seconds: 10 }));
});
$("calm").addEventListener("click", () => tell(() => door("/_faults", { name: null })));
document.querySelectorAll("[data-forward]").forEach((button) => button.addEventListener("click", () =>
  tell(() => door("/_clock", { forward_seconds: Number(button.dataset.forward) }))));

async function poll() {
  await look();
  setTimeout(poll, POLL_MS);
}
poll();
