// The eligibility application: the inquiry form, waiting for the payer, and its answer.
const CONFIG = settings();
const root = document.getElementById("root");
const COVERAGES = "/api/v1/proxy/pres/coverages";
const BY_ID = "Member ID";
const POLLS = [60, 60, 100, 200, 500, 1000, 2000];
const NAMES = CONFIG.changedLabels
  ? { organization: "Practice", payer: "Plan", memberId: "Subscriber Number", submit: "Send Inquiry" }
  : { organization: "Organization", payer: "Payer", memberId: "Member ID", submit: "Submit" };
const named = (id) => (CONFIG.changedIds ? `${id}-v2` : id);
const plain = (words) => words.map((each) => ({ id: each, label: each }));

const organization = combobox(named("organization-field"), NAMES.organization,
  { choose: () => loadProviders("") });
const payer = combobox(named("payerId-field"), NAMES.payer, { choose: () => loadOptions("") });
const provider = combobox(named("provider"), "Provider", { choose: validate });
const searchOption = combobox(named("patientSearchOption"), "Patient Search Option", { choose: showFields });
const relationship = combobox(named("subscriberRelationship-field"), "Patient's Relationship to Subscriber",
  { options: plain(CONFIG.relationships), choose: validate });
const serviceType = combobox(named("serviceType"), "Benefit / Service Type",
  { options: plain(CONFIG.serviceTypes), choose: validate });
const memberId = textField(named("memberId"), NAMES.memberId, { oninput: validate });
const lastName = textField("patientLastName", "Patient Last Name", { oninput: validate });
const firstName = textField("patientFirstName", "Patient First Name", { oninput: validate });
const birthDate = dateField("patientBirthDatefield", "Patient Date of Birth", () => validate());
const asOfDate = dateField("asOfDate", "As of Date", () => validate());
const submit = h("button", { type: "submit", class: "MuiButton-root", disabled: true }, NAMES.submit);
const fields = h("div", {});
const outcome = h("div", { id: "eligibility-response", "aria-live": "polite" });
const form = h("form", { novalidate: true }, fields, submit);
const payerOptions = new Map();

async function loadProviders(remembered) {
  provider.load([], { loading: true });
  validate();
  const asked = organization.chosen;
  if (!asked) return provider.load([]);
  const { data } = await callSignedIn("GET", `/api/internal/v1/providers?customerId=${asked.id}`);
  if (organization.chosen !== asked) return;
  provider.load(data.providers.map((each) => ({ id: each.npi, label: each.uiDisplayName })));
  provider.set(remembered);
  validate();
}

function loadOptions(remembered) {
  searchOption.load(plain(payer.chosen ? payerOptions.get(payer.chosen.id) : []));
  searchOption.disable(!payer.chosen);
  searchOption.set(remembered);
  showFields();
}

/** Which patient fields the search option asks for. */
function showFields() {
  const option = searchOption.chosen && searchOption.chosen.id;
  const shown = [organization, payer, provider, searchOption];
  if (option === BY_ID) shown.push(memberId);
  if (option) shown.push(lastName, firstName, birthDate, relationship, asOfDate, serviceType);
  fields.replaceChildren(...shown.map((each) => each.root));
  validate();
}

function validate() {
  const byId = searchOption.chosen && searchOption.chosen.id === BY_ID;
  const who = byId ? memberId.input.value.trim() : lastName.input.value && firstName.input.value;
  const chosen = [organization, payer, provider, searchOption, relationship, serviceType];
  const born = birthDate.value && birthDate.value <= CONFIG.today;
  submit.disabled = !(chosen.every((each) => each.chosen) && who && born && asOfDate.value);
}

function inquiry() {
  return {
    organization: organization.chosen.id,
    payer: payer.chosen.id,
    provider: provider.chosen.id,
    searchOption: searchOption.chosen.id,
    relationship: relationship.chosen.id,
    serviceType: serviceType.chosen.id,
    memberId: memberId.input.value.trim(),
    lastName: lastName.input.value.trim(),
    firstName: firstName.input.value.trim(),
    birthDate: birthDate.value,
    asOfDate: asOfDate.value,
  };
}

/** Poll as the portal's own library does, at shorter distances. */
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
    const taken = await callSignedIn("POST", COVERAGES, inquiry());
    show(taken.status === 202 ? await answerAt(taken.location) : taken.data);
  } catch {
    show({ message: NO_ANSWER });
  }
}

function show(said) {
  if (said.message) {
    outcome.replaceChildren(errorAlert(said.message), newRequest());
    return validate();
  }
  form.hidden = true;
  outcome.replaceChildren(newRequest(), ...resultView(said));
}

/** Back to the form. Its values stay: that is how the real one does it. */
function newRequest() {
  const back = () => {
    outcome.replaceChildren();
    form.hidden = false;
    validate();
  };
  return h("button", { type: "button", class: "MuiButton-root", onclick: back }, "New Request");
}

async function start() {
  const [organizations, payers, remembered] = await Promise.all([
    callSignedIn("GET", `${PLATFORM}/organizations`),
    callSignedIn("GET", "/api/internal/v1/extended-payers"),
    callSignedIn("GET", "/api/utils/v1/settings"),
  ]);
  const last = remembered.data;
  organization.load(organizations.data.organizations.map((each) => ({ id: each.id, label: each.name })));
  payer.load(payers.data.payers.map((each) => {
    payerOptions.set(each.payerId, each.searchOptions);
    return { id: each.payerId, label: each.payerName };
  }));
  organization.set(last.organization);
  payer.set(last.payer);
  relationship.set(last.relationship);
  serviceType.set(last.serviceType);
  asOfDate.set(CONFIG.today);
  form.addEventListener("submit", ask);
  root.replaceChildren(h("main", {}, h("h1", {}, "Eligibility and Benefits Inquiry"), form, outcome));
  loadOptions(last.searchOption);
  await loadProviders(last.provider);
}

start();
