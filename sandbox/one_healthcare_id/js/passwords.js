// One Healthcare ID's screens for new passwords: profile, expired, expiring, recovery.
let recovery = { username: "" };

const conditionList = (conditions) => h("div", { id: "password-rules" },
  h("p", {}, "Your new password must contain"),
  h("ul", {}, ...conditions.map(({ words }) => h("li", {}, words))));

/** The fields of a new password; `known: false` leaves out the current one. */
function passwordFields(known) {
  const secret = (id, label) => field(id, label, { type: "password", autocomplete: "off" });
  const fields = [secret("new-pwd", "New password"), secret("confirm-pwd", "Type password again")];
  return known ? [secret("current-pwd", "Current password"), ...fields] : fields;
}

/** Whether every field is filled and the new password stands there twice. */
function complete(fields) {
  fields.forEach((each) => { each.error.textContent = each.input.value ? "" : "This field cannot be left blank"; });
  if (fields.some((each) => !each.input.value)) return false;
  const [wanted, again] = fields.slice(-2);
  if (wanted.input.value !== again.input.value) again.error.textContent = "Passwords do not match";
  return wanted.input.value === again.input.value;
}

/** The form; `send(values)` posts it and `done(data)` follows the change. */
function passwordForm({ conditions, known = true, send, done }) {
  const fields = passwordFields(known);
  const save = h("button", { id: "btnSave", type: "submit" }, "Save");
  const act = async () => {
    if (!complete(fields)) return null;
    const [confirmPassword, newPassword, currentPassword] = fields.map((each) => each.input.value).reverse();
    const answer = await send({ currentPassword, newPassword, confirmPassword });
    if (answer.status === 200) return done(answer.data);
    if (!answer.data.redraw) return follow(answer);
    fields.forEach((each) => { each.input.value = ""; });
    fields[0].error.textContent = "This field cannot be left blank";
    return null;
  };
  return form(save, [...fields.flatMap((each) => each.parts), conditionList(conditions)], act);
}

/** A change that stands between the password and the portal; afterwards the sign-in goes on. */
function changeView(heading, words) {
  return async () => {
    const { status, data } = await call("GET", `${API}/progress`);
    if (status === 401 || !data.conditions) return go("/login");
    const send = (values) => post("password/change", values);
    const done = (next) => {
      const onward = h("button", { id: "btnContinue", type: "button", onclick: () => follow({ data: next }) }, "Continue");
      root.replaceChildren(notice("Your password was changed"), onward);
    };
    return [title(heading), h("p", {}, words), passwordForm({ conditions: data.conditions, send, done })];
  };
}

const notice = (words) => h("div", { id: "notificationMessage", role: "status" }, words);
const expiredView = changeView("Your password has expired", "Choose a new password to continue.");
const updateView = changeView("Change your password", "Choose a new password.");

async function expiringView() {
  const { status, data } = await call("GET", `${API}/progress`);
  if (status === 401 || data.stage !== "expiring") return go("/login");
  const later = async () => follow(await post("password/later", {}));
  return [title(`Your password will expire in ${data.daysLeft} day${data.daysLeft === 1 ? "" : "s"}`),
    h("button", { id: "btnChangeNow", type: "button", onclick: () => go("/password/update") }, "Change password"),
    h("button", { id: "btnNotNow", type: "button", onclick: later }, "Not now")];
}

function signInPanel(panel, data) {
  const done = () => panel.replaceChildren(notice("Your password was changed"));
  const open = () => panel.replaceChildren(passwordForm(
    { conditions: data.conditions, send: (values) => post("password/change", values), done }));
  return [h("p", {}, `One Healthcare ID: ${data.username}`),
    h("button", { id: "btnChangePassword", type: "button", onclick: open }, "Change password")];
}

async function profileView() {
  const { status, data } = await call("GET", `${API}/profile`);
  if (status === 401) return go("/login");
  const panel = h("div", { role: "tabpanel" });
  const tab = (id, name, draw) => h("button", { id, role: "tab", type: "button",
    onclick: () => panel.replaceChildren(...draw()) }, name);
  panel.append(h("p", {}, data.name));
  return [title("Manage your One Healthcare ID"),
    h("div", { role: "tablist" },
      tab("tabProfile", "Update Profile", () => [h("p", {}, data.name)]),
      tab("tabSignIn", "Sign In Information", () => signInPanel(panel, data)),
      tab("tabVerification", "Manage Verification Options", () => [h("p", {}, data.email)])), panel];
}

function recoverView() {
  const user = field("username", "One Healthcare ID or Email Address", { type: "text", autocomplete: "username" });
  const button = h("button", { id: "btnRecover", type: "submit" }, "Continue");
  const act = async () => {
    if (!user.input.value) return "Enter your One Healthcare ID";
    const { status, data } = await post("recover", { username: user.input.value });
    if (status !== 200) return data.message;
    recovery = { username: user.input.value };
    return go("/recover/code");
  };
  return [title("Recover your account"), form(button, user.parts, act),
    h("p", {}, h("a", { href: "#/login" }, "Cancel"))];
}

function recoverCodeView() {
  if (!recovery.username) return go("/recover");
  const code = field("accessCodeBox", "Access Code", { type: "text", maxlength: "6" });
  const button = h("button", { id: "btnVerify", type: "submit" }, "Continue");
  const act = async () => {
    if (!/^\d{6}$/.test(code.input.value)) return "Enter the six-digit code";
    const { status, data } = await post("recover/code", { ...recovery, code: code.input.value });
    if (status !== 200) return data.message;
    recovery = data;
    return go("/recover/password");
  };
  return [title("Access Code"), h("p", {}, "Enter the access code we sent to your email."),
    form(button, code.parts, act)];
}

function recoverPasswordView() {
  if (!recovery.token) return go("/recover");
  const send = ({ newPassword, confirmPassword }) =>
    post("recover/password", { token: recovery.token, newPassword, confirmPassword });
  const done = () => go("/recover/done");
  return [title("Create a new password"),
    passwordForm({ conditions: recovery.conditions, known: false, send, done })];
}

const recoveredView = () => [title("Your password was reset"),
  h("p", {}, "Use your new password the next time you sign in."),
  h("a", { id: "btnGoToLogin", href: "#/login" }, "Go to Login")];
