// Claims (#/claims): the search by its kinds, its results, and one claim.
const KINDS = ["Claim number", "Member ID & date of birth"];
const RANGES = ["Last 90 days", "Custom"];
const CLAIMS_OUTAGE = "This transaction could not be processed. The system is unavailable.";
const LINE_HEADS = ["", "Line", "Date", "Procedure", "Modifiers", "Units", "Billed", "Allowed", "Paid"];

const marked = (name, props = {}) => ({ "data-testid": name, ...props });

function selectOf(props, options, chosen) {
  return h("select", props, ...options.map(([value, label]) =>
    h("option", { value, selected: value === chosen }, label)));
}

const labelled = (label, element) => h("label", {}, label, element);

function claimForm(options) {
  const tag = options.changedIds ? "v2-" : "";
  const kinds = options.changedLabels ? ["Claim no.", "Subscriber & born on"] : KINDS;
  const kind = selectOf(marked(`${tag}claim-search-type-abyss-select-input-input`, { id: `${tag}claim-search-type` }),
    kinds.map((each, index) => [String(index), each]), "0");
  const range = selectOf({ name: "search.dateRange" }, RANGES.map((each) => [each.toLowerCase(), each]), "last 90 days");
  const text = (name, props = {}) => h("input", { name, type: "text", autocomplete: "off", ...props });
  const day = { placeholder: "MM/DD/YYYY" };
  const number = text("search.claim.claimNumber");
  const member = text("search.claim.memberId");
  const born = text("search.claim.dateOfBirth", day);
  const first = text("search.dates.firstServiceDate", day);
  const last = text("search.dates.lastServiceDate", day);
  const wide = h("input", { name: "search.tinWideSearch", type: "checkbox", checked: true });
  const provider = selectOf({ name: "search.claim.provider" },
    [["", "Select a provider"], ...options.providers.map((each) => [each.npi, each.label])], options.remembered);
  const fields = h("div", {});
  const errors = h("div", {});
  const redraw = () => {
    const byMember = kind.selectedIndex === 1;
    const custom = range.selectedIndex === 1;
    fields.replaceChildren(...(byMember
      ? [labelled("Member ID", member), labelled("Date of birth", born), labelled("Date range", range),
        ...(custom ? [labelled("First service date", first), labelled("Last service date", last)] : [])]
      : [labelled("Claim number", number)]));
  };
  kind.addEventListener("change", redraw);
  range.addEventListener("change", redraw);
  redraw();
  const form = h("form", { novalidate: true }, labelled("Search by", kind), fields,
    labelled("Search all providers of this tax ID", wide), labelled("Provider", provider),
    h("button", { id: `${tag}submit-claim-search-button`, type: "submit" }, "Search"), errors);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const byMember = kind.selectedIndex === 1;
    const value = (element, shown) => (shown ? element.value.trim() : "");
    searchClaims(errors, { npi: provider.value, tinWideSearch: wide.checked, claimNumber: value(number, !byMember),
      memberId: value(member, byMember), dateOfBirth: value(born, byMember),
      firstServiceDate: value(first, byMember && range.selectedIndex === 1),
      lastServiceDate: value(last, byMember && range.selectedIndex === 1) });
  });
  return [h("h1", {}, "Claims"), form];
}

async function claims() {
  const { status, data } = await ask("GET", "/api/claims/options");
  if (status !== 200) return [h("h1", {}, "Claims"), h("p", {}, data.message)];
  return claimForm(data);
}

async function searchClaims(errors, inquiry) {
  errors.replaceChildren();
  const overlay = loading();
  let said;
  let location;
  try {
    const taken = await ask("POST", "/api/claims/search", inquiry);
    location = taken.location;
    said = taken.status === 202 ? await answerAt(location) : taken.data;
  } catch {
    said = { message: NO_ANSWER };
  }
  overlay.remove();
  if (said.message) {
    errors.replaceChildren(h("p", marked("loading-error-message", { role: "alert" }), said.message));
  } else await drawResults(said, location);
}

function loading() {
  const overlay = h("div", { class: "abyss-loading-overlay-root", role: "status" }, "Loading");
  document.body.append(overlay);
  return overlay;
}

const newSearchButton = () =>
  h("button", marked("claims-new-search-button-abyss-button-root", { type: "button", onclick: show }), "New Search");

const summaryItem = ([label, value]) =>
  h("div", { class: "overview-item" }, h("span", {}, label), h("span", {}, value));

function resultRow(claim, open, ready) {
  const link = h("a", { href: claim.link, onclick: (event) => { event.preventDefault(); open(claim.number); } },
    claim.number);
  return h("tr", {}, h("td", {}, link), ...claim.cells.map((each) => h("td", {}, ready ? each : skeleton())));
}

/** The results are drawn with skeletons in the order they came, and once more, newest first. */
async function drawResults(said, location) {
  const open = (number) => openClaim(said, location, number);
  const count = said.claims.length;
  const drawing = (rows, ready) => [newSearchButton(), h("h1", {}, "Claims"), ...said.summary.map(summaryItem),
    ...(said.outage ? [h("p", {}, CLAIMS_OUTAGE)] : [
      h("p", marked("search-results-label"), `${count} ${count === 1 ? "claim" : "claims"} found`),
      said.noClaims ? h("p", marked("no-claims-found"), said.noClaims) : null,
      h("table", {}, h("thead", {}, h("tr", {},
        ...["Claim number", "Date of service", "Billed", "Status"].map((each) => h("th", {}, each)))),
      h("tbody", { id: "claims-results" }, ...rows.map((each) => resultRow(each, open, ready))))])].filter(Boolean);
  const newestFirst = [...said.claims].reverse();
  await drawInSteps(main, (step) => drawing(step ? newestFirst : said.claims, step > 0), [FIRST_VALUES_AFTER]);
}

function expandable(line) {
  const more = h("tr", marked("expanded-row"), h("td", { colspan: "9" },
    h("span", marked("expanded-row-carc-codes-text"), line.carc),
    h("span", marked("expanded-row-remark-codes-text"), line.remark)));
  const button = h("button", marked("expand-row-button", { type: "button", "aria-expanded": "false" }), "+");
  const shown = h("tr", marked("claim-line"), h("td", {}, button), ...line.cells.map((each) => h("td", {}, each)));
  button.addEventListener("click", () => {
    const open = more.isConnected;
    button.setAttribute("aria-expanded", String(!open));
    if (open) more.remove();
    else shown.after(more);
  });
  return shown;
}

async function openClaim(said, location, number) {
  const overlay = loading();
  const { data } = await ask("GET", `${location}/claims/${number}`);
  overlay.remove();
  const drawing = (ready) => [
    h("button", marked("back-to-results", { type: "button", onclick: () => drawResults(said, location) }),
      "Back to results"),
    ...data.items.map(([name, label, value]) => h("div", { class: "overview-item" }, h("span", {}, label),
      h("span", marked(name), ready ? value : skeleton()))),
    ready ? h("table", marked("claim-lines"), h("thead", {}, h("tr", {}, ...LINE_HEADS.map((each) => h("th", {}, each)))),
      h("tbody", {}, ...data.lines.map(expandable))) : skeleton(),
  ];
  await drawInSteps(main, (step) => drawing(step > 0), [FIRST_VALUES_AFTER]);
}
