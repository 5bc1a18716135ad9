// One Healthcare ID's sign-in screens; the routes of all its screens stand in VIEWS.
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
    kit.sendsItself(CONFIG, code.input, form(verify, code.parts, () => codeStep(code)))];
}

function accessCodeView() {
  const code = field("accessCodeBox", "Access Code", { type: "text", maxlength: "6" });
  const trust = h("input", { type: "checkbox", id: "trustDevice" });
  const verify = h("button", { id: "btnVerify", type: "submit" }, "Continue");
  return [title("Access Code"), h("p", {}, "Enter the access code we sent you."),
    kit.sendsItself(CONFIG, code.input, form(verify, [...code.parts, h("label", { for: "trustDevice" }, trust,
      "Skip this step in future if this is your private device.")],
    () => codeStep(code, { trustDevice: trust.checked })))];
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

function disabledView() {
  return [title("Your account is inactive"),
    h("p", {}, "This One Healthcare ID was deactivated because it was not used. Contact your administrator.")];
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
  "#/disabled": disabledView,
  "#/password/expired": expiredView,
  "#/password/expiring": expiringView,
  "#/password/update": updateView,
  "#/profile": profileView,
  "#/recover": recoverView,
  "#/recover/code": recoverCodeView,
  "#/recover/password": recoverPasswordView,
  "#/recover/done": recoveredView,
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
