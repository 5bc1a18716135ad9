// Passwords on the login page: forgotten, reset by a link, expired, about to expire.
async function standing() {
  const { status, data } = await call("GET", `${SIGN_IN}/progress`);
  return status === 401 ? null : data;
}

/** A change that stands between the password and home; afterwards the sign-in goes on. */
function changeView(heading, words) {
  return async () => {
    const data = await standing();
    if (!data) return go("/login");
    const done = (next) => root.replaceChildren(h("main", {}, alertBox("success", CHANGED),
      h("button", { type: "button", class: "btn btn-primary", onclick: () => follow(next) }, "Continue")));
    const submit = async (values) => {
      const answer = await call("POST", `${SIGN_IN}/change-password`, values);
      if (answer.status !== 401) return answer;
      go("/login");
      return new Promise(() => {});
    };
    return [h("h1", {}, heading), h("p", {}, words), passwordForm({ conditions: data.conditions, submit, done })];
  };
}

const expiredView = changeView("Your password has expired", "Choose a new password to continue.");
const updateView = changeView("Update Password", "Choose a new password.");

async function expiringView() {
  const data = await standing();
  if (!data || data.stage !== "expiring") return go("/login");
  const later = async () => {
    const answer = await post("change-password/later", {});
    if (answer.status === 200) follow(answer.data);
    else go("/login");
  };
  return [h("h1", {}, `Your password will expire in ${data.daysLeft} day${data.daysLeft === 1 ? "" : "s"}`),
    h("p", {}, "Change it now, or you are asked again each time you log in."),
    h("button", { type: "button", class: "btn btn-primary", onclick: () => go("/update-password") }, "Update Password"),
    h("button", { type: "button", class: "btn btn-secondary", onclick: later }, "Remind Me Later")];
}

function forgotView() {
  const user = textField("userId", "User ID", { placeholder: "Enter your user ID.", autocomplete: "username", type: "text" });
  const act = async () => {
    user.help(user.input.value ? "" : "Enter a valid user ID");
    if (!user.input.value) return null;
    const { status, data } = await post("forgot-password", { userId: user.input.value });
    return status === 200 ? go("/check-email") : data.message;
  };
  return [h("h1", {}, "Forgot your password?"), h("p", {}, "Enter your user ID to reset your password."),
    form("Next", [user.root], act),
    h("p", {}, h("a", { href: "#/forgot-user-id" }, "Forgot your user ID?"), " ", h("a", { href: "#/login" }, "Return to Sign In"))];
}

const checkEmailView = () => [h("h1", {}, "Check your email"),
  h("p", {}, "An email with instructions to reset your password is on its way."),
  h("a", { href: "#/login" }, "Return to Sign In")];

const DEAD_LINKS = {
  used: "This link has already been used",
  expired: "This link has expired",
  unknown: "This link is not valid",
};

const deadLink = (worth) => [h("h1", {}, DEAD_LINKS[worth]),
  h("p", {}, "To reset your password, request a new link."),
  h("a", { href: "#/forgot-password" }, "Request a new link")];

async function resetView() {
  const token = new URLSearchParams(window.location.hash.split("?")[1]).get("token") || "-";
  const { data } = await call("GET", `${SIGN_IN}/reset-links/${encodeURIComponent(token)}`);
  if (data.worth !== "good") return deadLink(data.worth);
  const submit = async (values) => {
    const answer = await call("POST", `${SIGN_IN}/reset-password`, { token, ...values });
    if (answer.status !== 410) return answer;
    root.replaceChildren(h("main", {}, ...deadLink(answer.data.worth)));
    return new Promise(() => {});
  };
  const done = () => root.replaceChildren(h("main", {}, h("h1", {}, "Your password has been reset"),
    h("p", {}, "Use your new password the next time you log in."),
    h("a", { href: "#/login", class: "btn btn-primary" }, "Go to Login")));
  return [h("h1", {}, "Reset your password"), h("p", {}, `User ID: ${data.userId}`),
    passwordForm({ conditions: data.conditions, known: false, button: "Next", submit, done })];
}
