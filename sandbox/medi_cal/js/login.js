// The way in: e-mail, password, and what may stand before the transaction center.
const STAGES = { home: "/transactionCenter", expired: "/passwordExpired", expiring: "/passwordExpiring",
  terms: "/ula", busy: "/sessionInUse" };

function emailView() {
  const flaws = CONFIG.flaws;
  const email = field(flaws.changedLabels ? "Account" : "Email", flaws.changedLabels ? "Your account" : "Email Address",
    { dropping: flaws.droppedCharacters });
  const next = button(flaws.changedLabels ? "Onward" : "Next", () => passwordView(email.element.value));
  draw(view("Log In", flaws, email.parts, next));
}

function passwordView(email) {
  const flaws = CONFIG.flaws;
  const password = field(flaws.changedLabels ? "Passphrase" : "Password",
    flaws.changedLabels ? "Your passphrase" : "Enter your Password", { type: "password", dropping: flaws.droppedCharacters });
  const message = h("div", {});
  const submit = button(flaws.changedLabels ? "Enter" : "Log In", async () => {
    message.replaceChildren();
    submit.disabled = true;
    try {
      const { data } = await call("POST", "/api/login", { email, password: password.element.value });
      if (data.stage) {
        await go(STAGES[data.stage]);
        return;
      }
      password.element.value = "";
      message.replaceChildren(error(data.message));
    } catch {
      message.replaceChildren(error(TROUBLE));
    }
    submit.disabled = false;
  });
  draw(view("Log In", flaws, h("p", {}, email), password.parts, submit, message));
}

async function agreementView() {
  const { data } = await ask("GET", "/api/agreement");
  const id = `checkboxid-${crypto.randomUUID()}`;
  const box = h("input", { type: "checkbox", id });
  const next = button("Next", async () => {
    if (box.checked) await go(STAGES[(await ask("POST", "/api/agreement", {})).data.stage]);
  });
  draw(view("User Agreement", {}, h("div", { class: "ula-text" }, data.text),
    box, h("label", { class: "legal", for: id }, "I confirm that I have read and agree to the above"), next));
}

async function busyView() {
  const end = button("End the other session", async () =>
    go(STAGES[(await ask("POST", "/api/take-over", {})).data.stage]));
  draw(view("You are already signed in", {}, h("p", {}, "This account has a session somewhere else."), end));
}

async function expiringView() {
  const { data } = await ask("GET", "/api/password");
  const later = button("Remind Me Later", async () => go(STAGES[(await ask("POST", "/api/later", {})).data.stage]));
  draw(view(`Your password will expire in ${data.daysLeft} day${data.daysLeft === 1 ? "" : "s"}`, {},
    button("Change Password", () => go("/changePassword")), later));
}

async function passwordForm(heading) {
  const { data } = await ask("GET", "/api/password");
  const secret = (label, placeholder) => field(label, placeholder, { type: "password" });
  const fields = [secret("Current Password", "Enter your Current Password"),
    secret("New Password", "Enter your New Password"), secret("Confirm Password", "Re-enter your New Password")];
  const message = h("div", {});
  const submit = button("Submit", async () => {
    const [current, wanted, again] = fields.map((each) => each.element.value);
    message.replaceChildren();
    try {
      const said = await ask("POST", "/api/password", { current, wanted, again });
      message.replaceChildren(said.data.stage
        ? h("p", { role: "status" }, "Your password has been updated.") : error(said.data.message));
      if (said.data.stage) message.append(button("Continue", () => go(STAGES[said.data.stage])));
    } catch {
      message.replaceChildren(error(TROUBLE));
    }
  });
  return view(heading, {}, fields.flatMap((each) => each.parts), h("ul", {}, ...data.rules.map((each) => h("li", {}, each))),
    submit, message);
}
