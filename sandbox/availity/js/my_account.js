// My Account in the shell's frame: My Info, Security with Update Password, Organization(s).
const CONFIG = settings();
const root = document.getElementById("root");
const CHANGE = "/cloud/public/onb/availity-fr/v1/change-password";

const myInfo = () => [h("h2", {}, "My Profile Information"),
  h("p", {}, CONFIG.name), h("p", {}, `User ID: ${CONFIG.userId}`), h("p", {}, CONFIG.email)];

function security(panel) {
  const open = () => panel.replaceChildren(h("h2", {}, "Update Password"), updateForm());
  return [h("h2", {}, "Security"), h("p", {}, "Password"),
    h("button", { type: "button", class: "btn btn-primary", "data-testid": "update-password-btn", onclick: open },
      "Update Password")];
}

function updateForm() {
  return passwordForm({
    conditions: CONFIG.conditions,
    submit: (values) => callSignedIn("POST", CHANGE, values),
    done: (_, alerts) => alerts.replaceChildren(alertBox("success", CHANGED)),
  });
}

const organizations = () => [h("h2", {}, "Organization(s)"), h("button", { type: "button" }, "Open My Administrators")];

const TABS = { "My Info": myInfo, Security: security, "Organization(s)": organizations };

function tabs() {
  const panel = h("div", { role: "tabpanel" });
  const buttons = Object.entries(TABS).map(([name, draw]) => {
    const choose = () => {
      buttons.forEach((each) => each.setAttribute("aria-selected", String(each === button)));
      panel.replaceChildren(...draw(panel));
    };
    const button = h("button", { role: "tab", type: "button", "aria-selected": "false", onclick: choose }, name);
    return button;
  });
  buttons[0].click();
  return [h("div", { role: "tablist" }, ...buttons), panel];
}

root.replaceChildren(h("main", {}, h("h1", {}, "My Account"), ...tabs()));
