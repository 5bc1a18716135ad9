// The provider portal: header with tax number, home, eligibility (#/eligibility).
const CONFIG = settings();
const root = document.getElementById("root");
const bearer = sessionStorage.getItem("uhc.bearer");
const POLLS = [60, 60, 100, 200, 500, 1000, 2000];
const NO_ANSWER = "This information is temporarily unavailable. Please try again later.";

/** A call with the token; a session that is gone leads to the signed-out page. */
async function ask(method, url, body) {
  const answer = await call(method, url, body, { Authorization: `Bearer ${bearer}` });
  if (answer.status !== 401) return answer;
  sessionStorage.removeItem("uhc.bearer");
  window.location.href = "/signed-out";
  return new Promise(() => {});
}

function tinChooser(user) {
  const select = h("select", { id: "tin-select", "data-testid": "tin-select" },
    ...user.tins.map((each) => h("option", { value: each.tin, selected: each.tin === user.chosenTin },
      `${each.tin} - ${each.organization}`)));
  select.addEventListener("change", async () => {
    await ask("PUT", "/api/tin", { tin: select.value });
    show();
  });
  return h("div", {}, h("label", { for: "tin-select" }, "Tax ID (TIN)"), select);
}

function userMenu(user) {
  const leave = async () => {
    await ask("DELETE", "/api/session");
    sessionStorage.removeItem("uhc.bearer");
    window.location.href = "/signed-out";
  };
  const menu = h("ul", {},
    h("li", {}, h("a", { href: user.profile, "data-testid": "manage-id-link" }, "Manage your One Healthcare ID")),
    h("li", {}, h("button", { type: "button", onclick: leave }, "Sign Out")));
  const arrow = h("button", { id: "icon-userfullname-arrow-down", type: "button",
    "aria-expanded": "false" }, user.fullName);
  const element = h("div", { class: "user-menu" }, arrow);
  arrow.addEventListener("click", () => (menu.isConnected ? menu.remove() : element.append(menu)));
  return element;
}

function header(user) {
  return h("header", {},
    h("strong", {}, "UnitedHealthcare Provider Portal"),
    h("a", { href: "#/eligibility", "data-testid": "eligibility-link" }, "Eligibility"),
    h("a", { href: "#/claims", "data-testid": "claims-and-payments-link" }, "Claims & Payments"),
    h("a", { href: "#/documents", "data-testid": "document-library-link" }, "Document Library"),
    tinChooser(user), userMenu(user));
}

const main = h("main", {});
const home = () => [h("h1", {}, "Welcome"), h("p", {}, "What would you like to do today?")];
const later = () => [h("h1", {}, "Not part of this practice portal")];

function input(id, testid, label, value = "") {
  const element = h("input", { id, "data-testid": testid, type: "text", value, autocomplete: "off" });
  return { element, parts: [h("label", { for: id }, label), element] };
}

function searchForm(options) {
  const tag = options.changedIds ? "v2-" : "";
  const words = options.changedLabels
    ? { member: "Subscriber No.", born: "Born on", submit: "Look Up Coverage" }
    : { member: "Member ID", born: "Date of Birth", submit: "Verify Eligibility" };
  const member = input(`${tag}eligibility-memberid-input`,
    `${tag}eligibility-search-member-id-abyss-text-input`, words.member);
  const born = input(`${tag}eligibility-dateofbirth-input`,
    `${tag}eligibility-search-DOB-abyss-date-picker-input`, words.born);
  const service = input(`${tag}eligibility-dateofservice-input`,
    `${tag}eligibility-search-DOS-abyss-date-picker-input`, "Date of Service", options.today);
  [born, service].forEach((each) => each.element.setAttribute("placeholder", "MM/DD/YYYY"));
  const provider = h("select", { id: `${tag}eligibility-provider-input`,
    "data-testid": "eligibility-search-provider-abyss-select-input" },
  h("option", { value: "" }, "Select a provider"),
  ...options.providers.map((each) =>
    h("option", { value: each.npi, selected: each.npi === options.remembered }, each.label)));
  const errors = h("div", {});
  const submit = h("button", { id: `${tag}submit-search-button`, type: "submit" }, words.submit);
  const form = h("form", { novalidate: true }, ...member.parts, ...born.parts, ...service.parts,
    h("label", { for: `${tag}eligibility-provider-input` }, "Provider"), provider, submit, errors);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search(errors, { memberId: member.element.value.trim(), dateOfBirth: born.element.value.trim(),
      dateOfService: service.element.value.trim(), npi: provider.value });
  });
  return [h("h1", {}, "Eligibility"), form];
}

async function eligibility() {
  const { status, data } = await ask("GET", "/api/eligibility/options");
  if (status !== 200) return [h("h1", {}, "Eligibility"), h("p", {}, data.message)];
  return searchForm(data);
}

async function answerAt(location) {
  for (let turn = 0; ; turn += 1) {
    await pause(POLLS[Math.min(turn, POLLS.length - 1)]);
    const { status, data } = await ask("GET", location);
    if (status !== 202) return data;
  }
}

async function search(errors, inquiry) {
  errors.replaceChildren();
  const overlay = h("div", { class: "abyss-loading-overlay-root", role: "status" }, "Loading");
  document.body.append(overlay);
  let said;
  try {
    const taken = await ask("POST", "/api/eligibility/search", inquiry);
    said = taken.status === 202 ? await answerAt(taken.location) : taken.data;
  } catch {
    said = { message: NO_ANSWER };
  }
  overlay.remove();
  if (said.message) {
    errors.replaceChildren(h("p", { role: "alert", "data-testid": "loading-error-message" }, said.message));
  } else await drawOverview(main, said, show);
}

const VIEWS = { "": home, "#/": home, "#/eligibility": eligibility, "#/claims": claims, "#/documents": documents };

async function show() {
  const hash = window.location.hash;
  const view = await (VIEWS[hash] || later)();
  if (window.location.hash === hash) main.replaceChildren(...view);
}

async function start() {
  if (!bearer) {
    window.location.replace(CONFIG.signIn);
    return;
  }
  const { data } = await ask("GET", "/api/user");
  root.replaceChildren(header(data), main);
  window.addEventListener("hashchange", show);
  await show();
}

start();
