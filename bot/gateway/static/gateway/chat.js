// The chat page: shows what the server holds, sends what is typed. Unsent messages wait in the browser.
const FAST = 350, SLOW = 10000, BACKOFF = [1000, 2000, 5000, 10000, 20000];
const OFFICIAL = /https:\/\/(?:[a-z0-9-]+\.)*gov\.vn(?:\/[^\s]*[^\s.,;:!?)])?/g;
const $ = (id) => document.getElementById(id);
const log = $("log"), form = $("form"), question = $("question"), typing = $("typing");
const shown = new Map();
let cursor = "0", waiting = false, failures = 0, timer = null;

// --- text size -----------------------------------------------------------------------------------------------
function setSize(size) {
  document.documentElement.dataset.size = size;
  localStorage.setItem("motcua.size", size);
  for (const button of document.querySelectorAll("[data-size]:not(html)"))
    button.setAttribute("aria-pressed", String(button.dataset.size === size));
}
for (const button of document.querySelectorAll(".sizes button"))
  button.addEventListener("click", () => { setSize(button.dataset.size); grow(); scroll(); });
setSize(document.documentElement.dataset.size);

// --- drawing -------------------------------------------------------------------------------------------------
function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function withLinks(parent, text) {
  let from = 0;
  for (const match of text.matchAll(OFFICIAL)) {
    parent.append(text.slice(from, match.index));
    const link = element("a", "", match[0]);
    link.href = match[0]; link.target = "_blank"; link.rel = "noopener noreferrer";
    parent.append(link);
    from = match.index + match[0].length;
  }
  parent.append(text.slice(from));
}

function draw(message) {
  const box = element("article", `message ${message.from}`);
  box.append(element("p", "who", message.from === "citizen" ? "Mình hỏi" : "Máy trả lời"));
  const text = element("div", "text");
  withLinks(text, message.text);
  box.append(text);
  if (message.from === "citizen") box.append(element("p", "state", ""));
  if (message.buttons?.length) box.append(drawButtons(message.buttons));
  if (message.turn) box.append(drawJudge(message));
  log.append(box);
  shown.set(message.id, box);
  $("welcome").classList.toggle("small", shown.size > 0);
  return box;
}

function drawButtons(buttons) {
  const list = element("div", "buttons");
  for (const { id, title } of buttons) {
    const button = element("button", "option", title);
    button.type = "button";
    button.addEventListener("click", () => { button.dataset.used = ""; send({ button: id, shown: title }); });
    list.append(button);
  }
  return list;
}

function drawJudge(message) {
  const row = element("div", "judge");
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "Câu trả lời này");
  const said = element("span", "", ""), pair = [["good", "Đúng ý"], ["bad", "Chưa đúng"]];
  said.setAttribute("role", "status");
  const press = (value) => {
    for (const button of row.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(button.value === value));
  };
  for (const [value, title] of pair) {
    const button = element("button", "", title);
    button.type = "button"; button.value = value;
    button.addEventListener("click", async () => {
      const answer = await post("/api/feedback", { turn: message.turn, value }).catch(() => null);
      if (answer?.ok) { press(value); said.textContent = "Dạ, đã ghi lại. Cảm ơn mình."; }
      else said.textContent = "Chưa gửi được, mình bấm lại giúp.";
    });
    row.append(button);
  }
  row.append(said);
  press(message.feedback);
  return row;
}

function setState(id, text, retry) {
  const state = shown.get(id)?.querySelector(".state");
  if (!state) return;
  state.textContent = text;
  if (retry) {
    const button = element("button", "", "Thử lại");
    button.type = "button";
    button.addEventListener("click", retry);
    state.append(" ", button);
  }
}

// --- sending -------------------------------------------------------------------------------------------------
// randomUUID exists only on secure pages; a trial on a local network has none.
const newId = () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
const unsent = () => JSON.parse(localStorage.getItem("motcua.unsent") || "[]");
const keep = (list) => localStorage.setItem("motcua.unsent", JSON.stringify(list));
const forget = (id) => keep(unsent().filter((m) => m.id !== id));

function post(address, body) {
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  return fetch(address, { method: "POST", credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token }, body: JSON.stringify(body) });
}

function send({ text, button, shown: title }) {
  const message = { id: newId(), text, button, title: title ?? text };
  keep([...unsent(), message]);
  draw({ id: message.id, from: "citizen", text: message.title });
  scroll();
  deliver(message);
}

async function deliver(message) {
  setState(message.id, "Đang gửi …");
  const body = message.button ? { id: message.id, button: message.button } : { id: message.id, text: message.text };
  let answer;
  try { answer = await post("/api/messages", body); }
  catch { $("offline").hidden = false; return setState(message.id, "Chưa gửi được.", () => deliver(message)); }
  $("offline").hidden = true;
  if (answer.status === 202) {
    forget(message.id);
    setState(message.id, "Đã gửi");
    waiting = true; typing.hidden = false;
    return poll();
  }
  const told = (await answer.json().catch(() => ({}))).error || "Chưa gửi được.";
  if (answer.status === 400 || answer.status === 413) { forget(message.id); return setState(message.id, told); }
  setState(message.id, told, () => deliver(message));
}

// --- a photo of the receipt ----------------------------------------------------------------------------------
// Sent as it is, kept neither here nor there: what comes back is its code as a message, or why there is none.
const LARGEST_PHOTO = 10 * 1024 * 1024;
async function sendPhoto(file, id) {
  setState(id, "Đang gửi hình …");
  const headers = { "Content-Type": "image/*", "X-Message-Id": id,
    "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value };
  let answer;
  try { answer = await fetch("/api/photo", { method: "POST", credentials: "same-origin", headers, body: file }); }
  catch { return setState(id, "Chưa gửi được.", () => sendPhoto(file, id)); }
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 202) {
    setState(id, "Đã gửi");
    waiting = true; typing.hidden = false;
    return poll();
  }
  if (!answer.ok) return setState(id, told.error || "Chưa gửi được.", () => sendPhoto(file, id));
  setState(id, "");
  draw({ id: newId(), from: "bot", text: told.reply });
  scroll();
}
$("camera").addEventListener("click", () => $("photo").click());
$("photo").addEventListener("change", () => {
  const file = $("photo").files[0], id = newId();
  $("photo").value = "";
  if (!file) return;
  draw({ id, from: "citizen", text: "Hình giấy hẹn" });
  scroll();
  if (file.size > LARGEST_PHOTO) return setState(id, "Hình lớn quá. Mình chụp riêng ô mã QR giúp.");
  sendPhoto(file, id);
});

// --- receiving -----------------------------------------------------------------------------------------------
function take(message) {
  if (message.cursor) cursor = message.cursor;
  const box = shown.get(message.id);
  if (!box) return draw(message);
  if (message.from === "citizen") {  // now as the server keeps it: personal numbers masked
    const text = box.querySelector(".text");
    if (text.textContent !== message.text) { text.textContent = ""; withLinks(text, message.text); }
    setState(message.id, "Đã gửi");
  }
}

async function poll() {
  clearTimeout(timer);
  try {
    const answer = await fetch(`/api/messages?after=${cursor}`, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(answer.status);
    const { messages, waiting: more } = await answer.json();
    const before = shown.size, first = messages.find(({ id, from }) => from === "bot" && !shown.has(id));
    messages.forEach(take);
    waiting = more; typing.hidden = !more; failures = 0; $("offline").hidden = true;
    if (shown.size > before) scroll(before && first ? shown.get(first.id) : undefined);
    if (document.hidden && !waiting) return;
    timer = setTimeout(poll, waiting ? FAST : SLOW);
  } catch {
    $("offline").hidden = false;
    timer = setTimeout(poll, BACKOFF[Math.min(failures++, BACKOFF.length - 1)]);
  }
}

function scroll(to = log.lastElementChild) {
  to?.scrollIntoView({ block: to.classList.contains("bot") ? "start" : "end" });
}

// --- the form ------------------------------------------------------------------------------------------------
const HINT = $("hint").textContent;
function grow() { question.style.height = "auto"; question.style.height = `${question.scrollHeight + 3}px`; }
question.addEventListener("input", () => {
  grow();
  const left = 2000 - question.value.length;
  $("hint").textContent = left < 200 ? `Còn gõ được ${left} chữ cái. Mình hỏi ngắn, từng việc một là được.`
    : HINT;
});
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
    event.preventDefault();
    form.requestSubmit();
  }
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = question.value.trim();
  if (!text) return question.focus();
  question.value = ""; grow();
  send({ text });
  question.focus();
});
for (const button of document.querySelectorAll(".examples button"))
  button.addEventListener("click", () => send({ text: button.textContent }));
window.addEventListener("online", poll);
document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });

await poll();
for (const message of unsent()) {
  if (!shown.has(message.id)) draw({ id: message.id, from: "citizen", text: message.title });
  deliver(message);
}
question.focus({ preventScroll: true });
