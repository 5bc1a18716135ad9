// The remittance viewer: search by payment, the list in pages, the 835 of a payment and its mark.
const CONFIG = settings();
const root = document.getElementById("root");
const REMITTANCES = "/api/v1/proxy/post/remittances";
const POLLS = [60, 60, 100, 200, 500, 1000, 2000];
const ROWS_A_PAGE = 10;
const EVERYBODY = { id: "", label: "All providers" };
const HEADS = ["Check/EFT Number", "Payment Date", "Payment Amount", "Payment Method", "Tax ID", "NPI",
  "Received Date", "Status", "835"];
const OUTAGE = "The system is temporarily unavailable. Your transaction could not be processed.";
const NO_FILE = "The file could not be downloaded. Please try again.";
const WORDS = CONFIG.changedLabels
  ? { search: "Look Up", next: "Later", download: "Get", mark: "Done", table: "Payments" }
  : { search: "Search", next: "Go to next page", download: "Download 835", mark: "Mark as downloaded", table: "Remits" };
const named = (id) => (CONFIG.changedIds ? `${id}-v2` : id);

const organization = combobox(named("remit-organization"), "Organization", { choose: () => loadParts() });
const payer = combobox(named("remit-payer"), "Payer", { choose: () => validate() });
const taxId = combobox(named("remit-taxId"), "Tax ID", { choose: () => validate() });
const provider = combobox(named("remit-provider"), "Provider", { choose: () => validate() });
const DAY = { placeholder: "MM/DD/YYYY", oninput: () => validate() };
const from = textField(named("paymentDate-start"), "Payment Date From", DAY);
const to = textField(named("paymentDate-end"), "Payment Date To", DAY);
const submit = h("button", { type: "submit", id: named("checkSearchButton"), disabled: true }, WORDS.search);
const outcome = h("div", { id: "remits-response", "aria-live": "polite" });
const message = h("div", { id: "remits-message" });
const form = h("form", { novalidate: true }, organization.root, payer.root, taxId.root, provider.root,
  from.root, to.root, submit);

async function loadParts() {
  taxId.load([], { loading: true });
  provider.load([], { loading: true });
  validate();
  const asked = organization.chosen;
  if (!asked) return;
  const [tins, providers] = await Promise.all([
    callSignedIn("GET", `/api/internal/v1/tax-ids?customerId=${asked.id}`),
    callSignedIn("GET", `/api/internal/v1/providers?customerId=${asked.id}`)]);
  if (organization.chosen !== asked) return;
  taxId.load(tins.data.taxIds.map((each) => ({ id: each.id, label: each.taxId })));
  provider.load([EVERYBODY, ...providers.data.providers.map((each) => ({ id: each.npi, label: each.uiDisplayName }))]);
  provider.set("");
  validate();
}

function validate() {
  const days = from.input.value.trim() && to.input.value.trim();
  submit.disabled = !(days && organization.chosen && payer.chosen && taxId.chosen && provider.chosen);
}

const waiting = () => h("span", { role: "progressbar", class: "MuiCircularProgress-root", "aria-label": "Searching" });

async function answerAt(location) {
  for (let turn = 0; ; turn += 1) {
    await pause(POLLS[Math.min(turn, POLLS.length - 1)]);
    const { status, data } = await callSignedIn("GET", location);
    if (status !== 202) return data;
  }
}

async function search(event) {
  event.preventDefault();
  if (submit.disabled) return;
  submit.disabled = true;
  outcome.replaceChildren(waiting());
  message.replaceChildren();
  try {
    const taken = await callSignedIn("POST", REMITTANCES, { organization: organization.chosen.id,
      payer: payer.chosen.id, taxId: taxId.chosen.id, npi: provider.chosen.id,
      from: from.input.value.trim(), to: to.input.value.trim() });
    show(taken.status === 202 ? await answerAt(taken.location) : taken.data, taken.location);
  } catch {
    show({ message: NO_ANSWER });
  }
}

function newSearch() {
  const back = () => {
    outcome.replaceChildren();
    message.replaceChildren();
    form.hidden = false;
    validate();
  };
  return h("button", { type: "button", onclick: back }, "New Search");
}

function summaryOf(pairs) {
  return h("div", { id: "search-summary" }, ...pairs.map(([label, value]) =>
    h("div", { class: "search-summary-item" }, h("span", {}, label), h("span", {}, value))));
}

function show(said, location) {
  if (said.message) {
    const summary = said.summary ? [summaryOf(said.summary)] : [];
    outcome.replaceChildren(newSearch(), ...summary, errorAlert(said.message));
    return validate();
  }
  form.hidden = true;
  const place = h("div", { id: "remits", "aria-busy": "false" });
  outcome.replaceChildren(newSearch(), summaryOf(said.summary), place);
  if (said.outage) return place.append(OUTAGE);
  if (!said.silent) drawPage(place, said, location);
}

async function turnTo(place, location, first) {
  place.setAttribute("aria-busy", "true");
  const { data } = await callSignedIn("GET", `${location}?page=${first / ROWS_A_PAGE}`);
  drawPage(place, data, location);
}

function drawPage(place, said, location) {
  const last = said.first + said.rows.length;
  const again = () => turnTo(place, location, said.first);
  const table = h("div", { role: "table", "aria-label": WORDS.table },
    h("div", { role: "row", class: "remit-heads" }, ...HEADS.map((each) => h("span", { role: "columnheader" }, each))),
    ...said.rows.map((each) => remitRow(each, location, again)));
  const turn = (label, first, off) => h("button", { type: "button", "aria-label": label, disabled: off,
    onclick: () => turnTo(place, location, first) }, label);
  place.replaceChildren(table,
    h("p", { class: "MuiTablePagination-displayedRows" },
      `${said.total ? said.first + 1 : 0}–${last} of ${said.total}`),
    turn("Go to previous page", said.first - ROWS_A_PAGE, said.first === 0),
    turn(WORDS.next, said.first + ROWS_A_PAGE, last >= said.total));
  place.setAttribute("aria-busy", "false");
}

function remitRow(remit, location, again) {
  const file = `${location}/files/${remit.number}`;
  const get = h("button", { type: "button", class: "remit-download", onclick: () => download(file, get) }, WORDS.download);
  const mark = h("button", { type: "button", class: "remit-mark",
    onclick: async () => { await callSignedIn("PUT", file, {}); await again(); } }, WORDS.mark);
  const actions = remit.offered ? [get, remit.marked ? null : mark] : ["Not available yet"];
  return h("div", { role: "row", class: "remit-row" }, ...remit.cells.map((each) => h("span", { role: "cell" }, each)),
    h("span", { role: "cell" }, ...actions.filter(Boolean)));
}

/** The file comes by script, and is saved under the name that the answer gives it. */
async function download(address, button) {
  button.disabled = true;
  message.replaceChildren();
  try {
    const response = await fetch(address, { credentials: "same-origin" });
    if (response.status === 401) return toLogout();
    if (!response.headers.get("Content-Disposition")) {
      if ((response.headers.get("Content-Type") || "").startsWith("text/html")) {
        document.documentElement.innerHTML = await response.text();
        return undefined;
      }
      throw new Error("no file");
    }
    const name = /filename="(.+)"/.exec(response.headers.get("Content-Disposition"))[1];
    const anchor = h("a", { href: URL.createObjectURL(await response.blob()), download: name });
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
  } catch {
    message.replaceChildren(errorAlert(NO_FILE));
  }
  button.disabled = false;
  return undefined;
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
  form.addEventListener("submit", search);
  const tab = (label, current) => h("li", { class: "nav-item" },
    h("a", { class: `nav-link${current ? " active" : ""}`, href: "#" }, h("span", {}, label)));
  root.replaceChildren(h("main", {}, h("h1", {}, "Remittance Viewer"),
    h("ul", { class: "nav nav-tabs" }, tab("Check/EFT", true), tab("Claim", false)), form, message, outcome));
  await loadParts();
}

start();
