// One Healthcare ID: #/login, #/login/password, #/rba/options…, #/terms, #/session-in-use, #/locked.
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
  if (data.code === "locked") return go("/locked");
  if (data.stage === "home") window.location.href = data.redirect;
  else if (data.stage) go({ code: "/rba/options", terms: "/terms", busy: "/session-in-use" }[data.stage]);
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

function userView() {
  const user = field(IDS.user, LABELS.user, { type: "text", autocomplete: "username" });
  user.input.value = username;
  const act = async () => {
    if (!user.input.value) return "Enter your One Healthcare ID";
    const { status, data } = await post("login-options", { username: user.input.value });
    if (status !== 200) return data.message;
    username = user.input.value;
    return data.userExists ? go("/login/password") : "Username and/or password is not recognized";
  };
  return [title("Sign In With Your One Healthcare ID"), form(nextButton(), user.parts, act)];
}

function passwordView() {
  if (!username) return go("/login");
  const password = field(IDS.password, LABELS.password,
    { type: "password", autocomplete: "current-password" });
  password.input.addEventListener("input", () => profile("typing"), { once: true });
  const act = async () => {
    password.error.textContent = password.input.value ? "" : "Enter your password";
    if (!password.input.value) return null;
    const answer = await post("password", { username, password: password.input.value });
    if (answer.status !== 401) return follow(answer);
    password.input.value = "";
    if (answer.data.redraw) {
      password.error.textContent = "This field cannot be left blank";
      return null;
    }
    return answer.data.message;
  };
  return [title("Sign In With Your One Healthcare ID"), h("p", {}, username),
    form(nextButton(), password.parts, act),
    h("p", {}, h("a", { href: "#/recover" }, "Forgot password?"))];
}

async function optionsView() {
  const { status, data } = await call("GET", `${API}/progress`);
  if (status === 401 || !data.factors) return go("/login");
  const choose = (factor) => async () => {
    const answer = await post("factor", { factor });
    if (answer.status === 200) go(`/rba/options/${factor}`);
    else follow(answer);
  };
  return [title("Verify Your Identity"), h("p", {}, "Choose how to verify your identity."),
    ...data.factors.map((factor) => h("button",
      { id: FACTORS[factor].id, type: "button", class: "factor", onclick: choose(factor) },
      FACTORS[factor].text))];
}

async function codeStep(code, extra = {}) {
  if (!/^\d{6}$/.test(code.input.value)) return "Enter the six-digit code";
  const answer = await post("code", { code: code.input.value, ...extra });
  if (answer.status === 400) code.input.value = "";
  return follow(answer);
}

function totpView() {
  const code = field("totp", "Verification code",
    { type: "text", inputmode: "numeric", maxlength: "6", autocomplete: "one-time-code" });
  const verify = h("button", { id: "btnVerify", type: "submit" }, "Verify");
  return [title("Verify Your Identity"),
    h("p", {}, "Enter the code from Microsoft Authenticator."),
    form(verify, code.parts, () => codeStep(code))];
}

function accessCodeView() {
  const code = field("accessCodeBox", "Access Code", { type: "text", maxlength: "6" });
  const trust = h("input", { type: "checkbox", id: "trustDevice" });
  const verify = h("button", { id: "btnVerify", type: "submit" }, "Continue");
  return [title("Access Code"), h("p", {}, "Enter the access code we sent you."),
    form(verify, [...code.parts, h("label", { for: "trustDevice" }, trust,
      "Skip this step in future if this is your private device.")],
    () => codeStep(code, { trustDevice: trust.checked }))];
}

function termsView() {
  const agree = h("input", { type: "checkbox", id: "agree" });
  const next = h("button", { id: "btnTerms", type: "submit" }, "Next");
  const act = async () =>
    (agree.checked ? follow(await post("terms", {})) : "Confirm that you have read the terms");
  return [title("Updated Terms of Use"),
    form(next, [h("label", { for: "agree" }, agree, "I confirm that I have read and agree to the above")], act)];
}

function busyView() {
  const end = h("button", { id: "btnEndOther", type: "submit" }, "End the other session");
  return [title("You are already signed in"),
    h("p", {}, "This One Healthcare ID is signed in on another device."),
    form(end, [], async () => follow(await post("take-over", {}))),
    h("p", {}, h("a", { href: "#/login" }, "Cancel"))];
}

function lockedView() {
  return [title("Your account is locked"),
    h("p", {}, "For your security, this One Healthcare ID was locked after too many attempts. Recover your account to unlock it."),
    h("a", { href: "#/recover" }, "Recover account")];
}

const laterView = () => [title("Not part of this practice portal"), h("a", { href: "#/login" }, "Sign In")];

const VIEWS = {
  "#/login": userView,
  "#/login/password": passwordView,
  "#/rba/options": optionsView,
  "#/rba/options/totp": totpView,
  "#/rba/options/sms": accessCodeView,
  "#/rba/options/call": accessCodeView,
  "#/terms": termsView,
  "#/session-in-use": busyView,
  "#/locked": lockedView,
};

async function show() {
  if (!window.location.hash) return window.location.replace("#/login");
  const hash = window.location.hash;
  const view = await (VIEWS[hash] || laterView)();
  if (view && window.location.hash === hash) root.replaceChildren(...view);
}

window.addEventListener("hashchange", show);
show();
profile("load");
