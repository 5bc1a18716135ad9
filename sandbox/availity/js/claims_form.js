// The claim status application: organization, payer and provider, the search by tabs, and its answer.
const CONFIG = settings();
const root = document.getElementById("root");
const CLAIM_STATUSES = "/api/v1/proxy/post/claim-statuses";
const POLLS = [60, 60, 100, 200, 500, 1000, 2000];
const MEMBER = "Member";
const HIPAA = "HIPAA Standard";
const TITLES = CONFIG.changedLabels ? { [MEMBER]: "Subscriber", [HIPAA]: "X12 Inquiry" } : {};
const named = (id) => (CONFIG.changedIds ? `${id}-v2` : id);

const organization = combobox(named("organization"), "Organization", { choose: () => loadProviders("") });
const payer = combobox(named("payer"), "Payer", { choose: () => showTabs() });
const provider = combobox(named("provider"), "Provider", { choose: () => fillNpi() });
const npi = textField(named("providerNpi"), "Provider NPI", { readonly: true });
const field = (id, label, props) => textField(named(id), label, { oninput: validate, ...props });
const DAY = { placeholder: "MM/DD/YYYY" };
const FIELDS = {
  [HIPAA]: {
    memberId: field("subscriberMemberId", "Subscriber Member ID"),
    lastName: field("patientLastName", "Patient Last Name"),
    firstName: field("patientFirstName", "Patient First Name"),
    birthDate: field("patientBirthDate", "Patient Date of Birth", DAY),
    fromDate: field("fromDate", "From Date", DAY),
    toDate: field("toDate", "To Date", DAY),
    claimNumber: field("claimNumber", "Claim Number"),
  },
  [MEMBER]: {
    memberId: field("memberId", "Member ID"),
    groupNumber: field("groupNumber", "Group Number"),
    fromDate: field("serviceDates-start", "Service Start Date", DAY),
    toDate: field("serviceDates-end", "Service End Date", DAY),
  },
};
const SUBMITS = { [HIPAA]: "submit-by276", [MEMBER]: "submit-byMember" };
const OPTIONAL = ["claimNumber", "groupNumber"];
const tabs = h("div", { role: "tablist" });
const panelOfTab = h("div", { role: "tabpanel" });
const outcome = h("div", { id: "claims-response", "aria-live": "polite" });
const form = h("form", { novalidate: true }, organization.root, payer.root, provider.root, tabs, panelOfTab);
const detail = h("div", {});
let active = MEMBER;
let submit = null;

async function loadProviders(remembered) {
  provider.load([], { loading: true });
  fillNpi();
  const asked = organization.chosen;
  if (!asked) return provider.load([]);
  const { data } = await callSignedIn("GET", `/api/internal/v1/providers?customerId=${asked.id}`);
  if (organization.chosen !== asked) return;
  provider.load(data.providers.map((each) => ({ id: each.npi, label: each.uiDisplayName })));
  provider.set(remembered);
  fillNpi();
}

function fillNpi() {
  npi.input.value = provider.chosen ? provider.chosen.id : "";
  validate();
}

/** Which tabs the payer has; each keeps what was typed into it. */
function showTabs() {
  const offered = payer.chosen ? CONFIG.tabs[payer.chosen.id] || [MEMBER] : [];
  active = MEMBER;
  tabs.replaceChildren(...offered.map((name) => h("button", { role: "tab", type: "button",
    "aria-selected": String(name === active), onclick: () => choose(name) }, TITLES[name] || name)));
  showPanel(offered.length > 0);
}

function choose(name) {
  active = name;
  [...tabs.children].forEach((each) =>
    each.setAttribute("aria-selected", String(each.textContent === (TITLES[name] || name))));
  showPanel(true);
}

function showPanel(any) {
  submit = h("button", { type: "submit", id: named(SUBMITS[active]), class: "btn", disabled: true,
    "data-analytics-pid": payer.chosen ? payer.chosen.id : null }, "Submit");
  const fields = Object.values(FIELDS[active]).map((each) => each.root);
  panelOfTab.replaceChildren(...(any ? [npi.root, ...fields, submit] : []));
  validate();
}

function validate() {
  if (!submit) return;
  const needed = Object.entries(FIELDS[active]).filter(([name]) => !OPTIONAL.includes(name));
  const filled = needed.every(([, each]) => each.input.value.trim());
  submit.disabled = !(filled && organization.chosen && payer.chosen && provider.chosen);
}

function inquiry() {
  const typed = Object.entries(FIELDS[active]).map(([name, each]) => [name, each.input.value.trim()]);
  return { organization: organization.chosen.id, payer: payer.chosen.id, provider: provider.chosen.id,
    ...Object.fromEntries(typed) };
}

async function answerAt(location) {
  for (let turn = 0; ; turn += 1) {
    await pause(POLLS[Math.min(turn, POLLS.length - 1)]);
    const { status, data } = await callSignedIn("GET", location);
    if (status !== 202) return data;
  }
}

async function ask(event) {
  event.preventDefault();
  if (submit.disabled) return;
  submit.disabled = true;
  outcome.replaceChildren(h("span", { role: "progressbar", class: "MuiCircularProgress-root",
    "aria-label": "Waiting for the payer" }));
  try {
    const taken = await callSignedIn("POST", CLAIM_STATUSES, inquiry());
    await show(taken.status === 202 ? await answerAt(taken.location) : taken.data, taken.location);
  } catch {
    await show({ message: NO_ANSWER });
  }
}

async function show(said, location) {
  if (said.message) {
    const codes = said.codes && said.codes.length ? codesTable(said.codes) : [];
    outcome.replaceChildren(newSearch(), errorAlert(said.message), ...codes.filter(Boolean));
    return validate();
  }
  form.hidden = true;
  const place = h("div", { id: "claims" });
  outcome.replaceChildren(newSearch(), summaryOf(said.summary), place);
  if (said.outage) return place.append(OUTAGE);
  return drawClaims(place, said.claims, (number) => openClaim(said, location, number));
}

async function openClaim(said, location, number) {
  outcome.hidden = true;
  detail.replaceChildren(h("div", { id: "claimDetail", "aria-busy": "true" }, "Loading…"));
  const { data } = await callSignedIn("GET", `${location}/claims/${number}`);
  detail.replaceChildren(claimView(data, () => {
    detail.replaceChildren();
    outcome.hidden = false;
    show(said, location);
  }));
}

/** Back to the search. Its values stay: that is how the real one does it. */
function newSearch() {
  const back = () => {
    outcome.replaceChildren();
    form.hidden = false;
    validate();
  };
  return h("button", { type: "button", class: "btn", onclick: back }, "New Search");
}

async function start() {
  const [organizations, payers, remembered] = await Promise.all([
    callSignedIn("GET", `${PLATFORM}/organizations`),
    callSignedIn("GET", "/api/internal/v1/extended-payers"),
    callSignedIn("GET", "/api/utils/v1/settings"),
  ]);
  const last = remembered.data;
  organization.load(organizations.data.organizations.map((each) => ({ id: each.id, label: each.name })));
  payer.load(payers.data.payers.map((each) => ({ id: each.payerId, label: each.payerName })));
  organization.set(last.organization);
  payer.set(last.payer);
  form.addEventListener("submit", ask);
  root.replaceChildren(h("main", {}, h("h1", {}, "Claim Status"), form, outcome, detail));
  showTabs();
  await loadProviders(last.provider);
}

start();
