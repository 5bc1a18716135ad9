// Pieces of One Healthcare ID's screens: calls, following the server, titles, forms, fields.
const { h, call, settings } = kit;
const CONFIG = settings();
const API = "/api/v1/auth";
const root = document.getElementById("root");
const NO_ANSWER = "We are having trouble reaching the server. Try again.";
const FACTORS = {
  sms: { id: "sms", text: "Via Text Message" },
  call: { id: "call", text: "Via Call" },
  totp: { id: "totp", text: "Via Microsoft Authenticator" },
};
const STAGES = {
  expired: "/password/expired",
  code: "/rba/options",
  terms: "/terms",
  expiring: "/password/expiring",
  busy: "/session-in-use",
};
const LABELS = CONFIG.changedLabels
  ? { user: "E-mail or ID", password: "Secret phrase", next: "Proceed" }
  : { user: "One Healthcare ID or Email Address", password: "Password", next: "Continue" };
const IDS = CONFIG.changedIds
  ? { user: "ohid-user", password: "ohid-secret", next: "ohid-next" }
  : { user: "username", password: "login-pwd", next: "btnLogin" };
let username = "";

const go = (route) => { window.location.hash = route; };

/** Device profiling: reports that are sent while the user types, and never waited for. */
function profile(event) {
  for (const target of CONFIG.telemetry) {
    navigator.sendBeacon(target, `event=${event}&at=${Date.now()}`);
  }
}

async function post(path, body) {
  try {
    return await call("POST", `${API}/${path}`, body);
  } catch {
    return { status: 0, data: { message: NO_ANSWER } };
  }
}

/** Follow the server to the stage it says. */
function follow({ status, data }) {
  if (status === 401) return go("/login");
  if (data.code) return go(`/${data.code}`);
  if (data.stage === "home") window.location.href = data.redirect;
  else if (data.stage) go(STAGES[data.stage]);
  return data.message;
}

const title = (text) => h("h1", { id: "page-title", "data-cy": "data-page-title-field" }, text);

function summary(message) {
  return h("div", { id: "loginerrorsummary", role: "alert" },
    h("span", { class: "error-msg", "data-cy": "data-loginerrorsummary-error" }, message));
}

/** A form with one button; `act` returns an error message or nothing. */
function form(button, fields, act) {
  const errors = h("div", {});
  const element = h("form", { novalidate: true }, errors, ...fields, button);
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    errors.replaceChildren();
    button.disabled = true;
    const message = await act();
    button.disabled = false;
    if (message) errors.replaceChildren(summary(message));
  });
  return element;
}

const nextButton = () => h("button", { id: IDS.next, type: "submit" }, LABELS.next);

function field(id, label, props = {}) {
  const input = h("input", { id, "data-testid": id, ...props });
  const error = h("span", { class: "error-msg", id: `${id}-error` });
  return { input, error, parts: [h("label", { for: id }, label), input, error] };
}
