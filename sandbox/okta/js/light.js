// Okta's second-generation sign-in, light: the widget's DOM and words, drawn from IDX answers.
const { h, call, settings } = kit;
const CONFIG = settings();
const root = document.getElementById("widget");
const OVERRIDDEN = { "errors.E0000004": "Unable to sign in" };
const NO_ANSWER = "There was an unexpected internal error. Please try again.";
const WORDS = CONFIG.changedLabels
  ? { user: "E-mail or ID", next: "Continue", verify: "Go", password: "Secret phrase", code: "Number" }
  : { user: "Username", next: "Next", verify: "Verify", password: "Password", code: "Enter code" };
const NAMES = CONFIG.changedIds
  ? { identifier: "login-name", passcode: "login-secret" }
  : { identifier: "identifier", passcode: "credentials.passcode" };
const HEADINGS = {
  okta_password: "Verify with your password",
  google_otp: "Verify with Google Authenticator",
  okta_email: "Verify with your email",
};

const passcode = (value) => ({ credentials: { passcode: value } });

/** Send a form of an answer, and draw what comes back. */
async function send(form, values, blank) {
  const handle = form.value.find((field) => field.name === "stateHandle").value;
  try {
    const { data } = await call(form.method, form.href, { ...values, stateHandle: handle });
    draw(data);
    if (data.redraw) blank();
  } catch {
    document.querySelector("[data-se=o-form-error-container]").replaceChildren(infobox(NO_ANSWER));
  }
}

const infobox = (words) => h("div", { "data-se": "callout", class: "infobox infobox-error" }, h("p", {}, words));

function field(label, name, type) {
  const id = `input${Math.floor(Math.random() * 9000) + 10}`;
  const input = h("input", { id, name, type, autocomplete: "off" });
  const error = h("div", {});
  const says = (words) => error.replaceChildren(
    ...(words ? [h("p", { class: "okta-form-input-error o-form-input-error", role: "alert" }, words)] : []));
  return { input, says, parts: [h("label", { for: id }, `${label}\u00a0`), input, error] };
}

/** The form of one step; `values(texts)` makes the body that is sent. */
function form(remedy, fields, button, values) {
  const blank = () => {
    fields.forEach((each) => each.says("This field cannot be left blank"));
  };
  const act = (event) => {
    event.preventDefault();
    const texts = fields.map((each) => each.input.value);
    fields.forEach((each) => each.says(each.input.value ? "" : "This field cannot be left blank"));
    if (texts.every(Boolean)) {
      if (fields.length > 1 && texts[0] !== texts[1]) fields[1].says("New passwords must match");
      else send(remedy, values(texts[0]), () => root.current.blank());
    }
  };
  const element = h("form", { method: "POST", "data-se": "o-form", class: "ion-form o-form o-form-edit-mode", onsubmit: act },
    ...fields.flatMap((each) => each.parts),
    h("input", { class: "button button-primary", type: "submit", value: button }));
  return { element, blank, fields };
}

function chooser(remedy) {
  const { options } = remedy.value.find((each) => each.name === "authenticator");
  const row = (option, key) => h("div", { class: "authenticator-row" }, h("h3", {}, option.label),
    h("div", { class: "authenticator-button", "data-se": key },
      h("a", { "data-se": "button", class: "button select-factor link-button", href: "#",
        "aria-label": `Select ${option.label}.`,
        onclick: (event) => { event.preventDefault(); send(remedy, { authenticator: chosen(option) }); } }, "Select")));
  const keys = { "aut-totp": "google_otp", "aut-email": "okta_email" };
  const chosen = (option) => Object.fromEntries(option.value.form.value.map((each) => [each.name, each.value]));
  return { element: h("form", { "data-se": "o-form", class: "o-form" },
    h("div", { class: "authenticator-verify-list" }, ...options.map((each) => row(each, keys[chosen(each).id])))) };
}

function step(answer, remedy) {
  if (remedy.name === "identify") {
    return ["Sign In", form(remedy, [field(WORDS.user, NAMES.identifier, "text")], WORDS.next, (identifier) => ({ identifier }))];
  }
  if (remedy.name === "select-authenticator-authenticate") {
    return ["Verify it's you with a security method", chooser(remedy)];
  }
  if (remedy.name.startsWith("reenroll-authenticator")) {
    const { daysToExpiry } = answer.currentAuthenticator.value.settings;
    const days = `Your password will expire in ${daysToExpiry} days`;
    return [remedy.name.endsWith("warning") ? days : "Your password has expired",
      form(remedy, [field("New password", NAMES.passcode, "password"), field("Re-enter password", "confirmPassword", "password")],
        "Change Password", passcode)];
  }
  const { key } = answer.currentAuthenticatorEnrollment.value;
  const secret = key === "okta_password";
  const code = field(secret ? WORDS.password : WORDS.code, NAMES.passcode, secret ? "password" : "text");
  const drawn = form(remedy, [code], WORDS.verify, passcode);
  if (!secret) kit.sendsItself(CONFIG, code.input, drawn.element);
  return [HEADINGS[key], drawn];
}

function footer(answer, remedies) {
  const skip = remedies.find((each) => each.name === "skip");
  const other = remedies.slice(1).find((each) => each.name === "select-authenticator-authenticate");
  const link = (name, words, remedy) => h("a", { "data-se": name, href: "#", class: "link",
    onclick: (event) => { event.preventDefault(); send(remedy, {}); } }, words);
  return h("div", { class: "auth-footer" }, skip ? link("skip", "Remind me later", skip) : null,
    other ? h("a", { "data-se": "switchAuthenticator", href: "#", class: "link", onclick: (event) => {
      event.preventDefault();
      draw({ ...answer, remediation: { value: [other] } });
    } }, "Verify with something else") : null,
    answer.user ? link("cancel", "Back to sign in", answer.cancel) : null);
}

function draw(answer) {
  if (answer.success) {
    window.location.href = answer.success.href;
    return;
  }
  const remedies = answer.remediation ? answer.remediation.value : [];
  const [heading, drawn] = remedies.length ? step(answer, remedies[0]) : ["", { element: h("form", {}) }];
  const messages = answer.messages ? answer.messages.value : [];
  const shown = answer.redraw ? [] : messages.map((each) => infobox(OVERRIDDEN[each.i18n.key] || each.message));
  const passcodes = remedies.length ? remedies[0].value[0].form : null;
  const [wrong] = (passcodes && passcodes.value[0].messages ? passcodes.value[0].messages.value : []);
  if (wrong) drawn.fields[0].says(wrong.message);
  root.current = drawn;
  root.replaceChildren(h("main", { id: "okta-sign-in", "data-se": "auth-container", class: "auth-container main-container" },
    heading ? h("h2", { "data-se": "o-form-head", class: "okta-form-title o-form-head" }, heading) : null,
    answer.user ? h("span", { "data-se": "identifier", class: "identifier" }, answer.user.value.identifier) : null,
    h("div", { "data-se": "o-form-error-container", class: "o-form-error-container" }, ...shown),
    drawn.element, footer(answer, remedies)));
}

async function start() {
  const { data } = await call("POST", "/idp/idx/introspect", { stateToken: CONFIG.stateHandle });
  draw(data);
}

start();
