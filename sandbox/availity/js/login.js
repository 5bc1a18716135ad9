// The sign-in application: its routes stand in VIEWS.
const SIGN_IN = "/cloud/public/onb/availity-fr/v1";
const CONFIG = settings();
const root = document.getElementById("root");
if (window.top !== window) window.top.location.href = window.location.href;

const LABELS = CONFIG.changedLabels
  ? { user: "Sign-in name", password: "Pass phrase", submit: "Log On" }
  : { user: "User ID", password: "Password", submit: "Sign In" };
const IDS = CONFIG.changedIds
  ? { user: "signInName", password: "passPhrase" }
  : { user: "userId", password: "password" };

const STAGES = {
  expired: "/password-expired",
  question: "/security-question",
  code: "/two-step-authentication",
  terms: "/terms",
  expiring: "/password-expiring",
  busy: "/session-in-use",
};

const go = (route) => { window.location.hash = route; };

/** Post a step of the sign-in; the network failing is an answer too. */
async function post(path, body) {
  try {
    return await call("POST", `${SIGN_IN}/${path}`, body);
  } catch {
    return { status: 0, data: { message: NO_ANSWER } };
  }
}

/** Follow the server to the stage it says. */
function follow(data) {
  if (data.stage === "home") window.location.href = SHELL;
  else go(STAGES[data.stage]);
}

/** A form whose button waits for the answer; `act` returns an error message or nothing. */
function form(button, fields, act) {
  const errors = h("div", {});
  const submit = h("button", { type: "submit", class: "MuiButton-root" }, button);
  const element = h("form", { novalidate: true }, errors, ...fields, submit);
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    errors.replaceChildren();
    submit.disabled = true;
    const message = await act();
    submit.disabled = false;
    if (message) errors.replaceChildren(errorAlert(message));
  });
  return element;
}

function loginView() {
  const user = textField(IDS.user, LABELS.user,
    { placeholder: "Enter your user ID.", autocomplete: "username", type: "text" });
  const password = textField(IDS.password, LABELS.password,
    { placeholder: "Enter your password.", autocomplete: "current-password", type: "password" });
  const act = async () => {
    user.help(user.input.value ? "" : "Enter a valid user ID");
    password.help(password.input.value ? "" : "Enter a valid password");
    if (!user.input.value || !password.input.value) return null;
    const { status, data } = await post("sign-in",
      { userId: user.input.value, password: password.input.value });
    if (status === 200) return follow(data);
    if (status !== 0) password.input.value = "";
    if (data.redraw) return password.help("This field cannot be left blank");
    return data.message;
  };
  return [h("h1", {}, "Availity Essentials"),
    form(LABELS.submit, [user.root, password.root], act),
    h("p", {}, h("a", { href: "#/forgot-password" }, "Forgot your password?"), " ",
      h("a", { href: "#/forgot-user-id" }, "Forgot your user ID?"), " ",
      h("a", { href: "#/register" }, "Create a Free Account"))];
}

async function questionView() {
  const { status, data } = await call("GET", `${SIGN_IN}/progress`);
  if (status === 401 || data.stage !== "question") return go("/login");
  const answer = textField("securityAnswer", "Answer", { autocomplete: "off", type: "text" });
  const act = async () => {
    answer.help(answer.input.value ? "" : "Enter your answer");
    if (!answer.input.value) return null;
    const reply = await post("security-question", { answer: answer.input.value });
    if (reply.status === 200) return follow(reply.data);
    if (reply.status === 401) return go("/login");
    if (reply.status !== 0) answer.input.value = "";
    return reply.data.message;
  };
  return [h("h1", {}, "Answer your security question"), h("p", { id: "securityQuestion" }, data.question),
    form("Continue", [answer.root], act)];
}

async function choiceView() {
  const { status, data } = await call("GET", `${SIGN_IN}/progress`);
  if (status === 401) return go("/login");
  const radios = data.choices.map((choice, index) =>
    h("label", { for: `choice-${index}` },
      h("input", { type: "radio", name: "choice", id: `choice-${index}`, value: choice }), choice));
  const act = async () => {
    const chosen = root.querySelector("input[name=choice]:checked");
    if (!chosen) return "Select how you would like to authenticate.";
    const answer = await post("two-step/choice", { choice: chosen.value });
    if (answer.status === 401) return go("/login");
    return answer.status === 200 ? go("/two-step-authentication/authenticate") : answer.data.message;
  };
  return [h("h1", {}, "How would you like to authenticate?"),
    form("Continue", [h("div", { role: "radiogroup" }, ...radios)], act)];
}

async function codeView() {
  const { status } = await call("GET", `${SIGN_IN}/progress`);
  if (status === 401) return go("/login");
  const code = textField("code", "Code",
    { placeholder: "Enter your code.", autocomplete: "one-time-code", inputmode: "numeric" });
  const act = async () => {
    code.help(code.input.value ? "" : "Enter a valid code");
    if (!code.input.value) return null;
    const answer = await post("two-step/code", { code: code.input.value.trim() });
    if (answer.status === 200) return follow(answer.data);
    if (answer.status === 401) return go("/login");
    if (answer.status !== 0) code.input.value = "";
    return answer.data.message;
  };
  return [h("h1", {}, "Enter your authentication code"),
    kit.sendsItself(CONFIG, code.input, form("Continue", [code.root], act))];
}

function termsView() {
  const box = h("input", { type: "checkbox", id: "agree", name: "agree" });
  const act = async () => {
    if (!box.checked) return "Confirm that you have read the terms.";
    const { status, data } = await post("terms", {});
    return status === 200 ? follow(data) : go("/login");
  };
  return [h("h1", {}, "Terms of Use have changed"),
    h("p", {}, "Read the updated terms of use before you continue."),
    form("Next", [h("label", { for: "agree" }, box,
      "I confirm that I have read and agree to the above")], act)];
}

function busyView() {
  const takeOver = async () => {
    const { status, data } = await post("sessions/take-over", {});
    return status === 200 ? follow(data) : go("/login");
  };
  return [h("h1", {}, "You are already signed in elsewhere"),
    h("p", {}, "Availity allows only one instance of a user ID to access the system at a time."),
    form("End the other session and continue", [], takeOver),
    h("p", {}, h("a", { href: "#/login" }, "Cancel"))];
}

function logoutView() {
  return [h("h1", {}, "You have been logged out"),
    h("p", {}, "Your session has ended."),
    h("a", { href: "#/login" }, "Return to Sign In")];
}

function laterView() {
  return [h("h1", {}, "Not part of this practice portal"),
    h("a", { href: "#/login" }, "Return to Sign In")];
}

const VIEWS = {
  "#/login": loginView,
  "#/security-question": questionView,
  "#/two-step-authentication": choiceView,
  "#/two-step-authentication/authenticate": codeView,
  "#/terms": termsView,
  "#/session-in-use": busyView,
  "#/logout": logoutView,
  "#/forgot-password": forgotView,
  "#/check-email": checkEmailView,
  "#/reset-password": resetView,
  "#/password-expired": expiredView,
  "#/password-expiring": expiringView,
  "#/update-password": updateView,
};

async function show() {
  if (!window.location.hash) return window.location.replace("#/login");
  const hash = window.location.hash;
  const view = await (VIEWS[hash.split("?")[0]] || laterView)();
  if (view && window.location.hash === hash) root.replaceChildren(h("main", {}, ...view));
}

window.addEventListener("hashchange", show);
show();
beacon(CONFIG, "page");
cookieBanner(CONFIG);
