// The form for a new password, after Availity's own component: fields, alerts, what it must contain.
const NOT_CHANGED = "An error occurred changing your password";
const CHANGED = "Your password was successfully changed";

function passwordField(name, testid, label, placeholder) {
  const input = h("input", { id: name, name, "data-testid": testid, type: "password", maxlength: "30",
    placeholder, class: "form-control", autocomplete: "off" });
  const feedback = h("div", { class: "invalid-feedback" });
  const root = h("div", { class: "form-group password-with-icon" }, h("label", { for: name }, label), input, feedback);
  const help = (text) => {
    feedback.textContent = text;
    input.classList.toggle("is-invalid", Boolean(text));
  };
  return { root, input, help };
}

/** The list that ticks off what the new password contains. */
function conditionList(conditions, newPassword) {
  const lines = conditions.map(({ words, pattern }) => {
    const icon = h("span", {});
    const draw = () => {
      const value = newPassword.value;
      const kind = value ? (new RegExp(pattern).test(value) ? "ok-circle" : "cancel-circle") : "circle-empty";
      icon.className = `icon icon-${kind}`;
      icon.setAttribute("data-testid", `${kind}-${words}`);
    };
    newPassword.addEventListener("input", draw);
    draw();
    return h("div", { class: "passwordElement pt-3" }, icon, words);
  });
  return h("div", {}, h("strong", {}, "Your new password must contain"), h("div", {}, ...lines));
}

const alertBox = (kind, words) => h("div", { role: "alert", class: `alert alert-${kind}` }, words);

/**
 * `submit(values)` resolves to {status, data}; `done(data, alerts)` is called when the password was changed.
 * `known: false` leaves out the current password.
 */
function passwordForm({ conditions, known = true, button = "Submit", submit, done }) {
  const current = passwordField("currentPassword", "current-password-input", "Current Password",
    "Input your current password");
  const wanted = passwordField("newPassword", "new-password-input", "New Password", "Input your new password");
  const again = passwordField("confirmNewPassword", "confirm-new-password-input", "Confirm New Password",
    "Confirm your new password");
  const fields = known ? [current, wanted, again] : [wanted, again];
  const alerts = h("div", {});
  const send = h("button", { type: "submit", class: "btn btn-primary", "data-testid": "submit-btn" }, button);
  const form = h("form", { novalidate: true }, alerts, ...fields.map((each) => each.root),
    conditionList(conditions, wanted.input), send);

  const complete = () => {
    fields.forEach((each) => each.help(each.input.value ? "" : "This field is required."));
    if (fields.some((each) => !each.input.value)) return false;
    if (wanted.input.value === again.input.value) return true;
    again.help("Passwords must match.");
    return false;
  };
  const refused = (data) => {
    if (!data.redraw) return alerts.replaceChildren(alertBox("danger", data.message));
    fields.forEach((each) => { each.input.value = ""; });
    return fields[0].help("This field cannot be left blank");
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    alerts.replaceChildren();
    if (!complete()) return;
    send.disabled = true;
    const values = Object.fromEntries(fields.map((each) => [each.input.name, each.input.value]));
    // The component says the same of a network failure as of a refusal.
    const answer = await submit(values).catch(() => ({ status: 0, data: { message: NOT_CHANGED } }));
    send.disabled = false;
    if (answer.status === 200) done(answer.data, alerts);
    else refused(answer.data);
  });
  return form;
}
