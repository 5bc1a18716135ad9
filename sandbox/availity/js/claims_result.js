// What claim status shows: the table of results, and one claim with its lines and codes.
const REDRAWN_AFTER = 60;
const CODES_AT_FIRST = 3;
const OUTAGE = "The system is temporarily unavailable. Your transaction could not be processed.";

const heads = (names) => h("thead", {}, h("tr", {}, ...names.map((each) => h("th", {}, each))));
const row = (cells, props = {}) => h("tr", props, ...cells.map((each) => h("td", {}, each)));

function summaryOf(pairs) {
  return h("div", { id: "search-summary" }, ...pairs.map(([label, value]) =>
    h("div", { class: "search-summary-item" }, h("span", {}, label), h("span", {}, value))));
}

function badge(words) {
  const colour = { PAID: "success", DENIED: "danger" }[words] || "warning";
  return h("span", { class: `badge badge-${colour}` }, words);
}

const claimRow = (claim, open) => row([
  h("button", { type: "button", class: "claim-link", onclick: () => open(claim.number) }, claim.number),
  claim.dates, claim.billed, claim.finalized, badge(claim.badge)]);

function claimsTable(claims, open, busy) {
  return h("table", { id: "claimsTable", "aria-busy": String(busy) },
    heads(["Claim Number", "Service Dates", "Billed Amount", "Finalized Date", "Status"]),
    h("tbody", {}, ...claims.map((each) => claimRow(each, open))));
}

/** The table is drawn as it came, and once more, newest first, when it has been sorted. */
async function drawClaims(place, claims, open) {
  const shown = h("p", { class: "MuiTablePagination-displayedRows" },
    `${Math.min(1, claims.length)}–${claims.length} of ${claims.length}`);
  place.replaceChildren(claimsTable(claims.slice(0, 1), open, true), shown);
  await pause(REDRAWN_AFTER);
  const newestFirst = [...claims].sort((one, other) => key(other).localeCompare(key(one)));
  place.replaceChildren(claimsTable(newestFirst, open, false), shown);
}

const key = ({ dates }) => dates.replace(/^(..)\/(..)\/(....).*/, "$3$1$2");

function panel([label, value]) {
  return h("div", { "data-testid": `test${label}Panel`, class: "panel" },
    h("span", {}, label), h("span", {}, value));
}

function lineRows(line, index) {
  const cells = line.cells.map((each, place) => (place === 2 ? h("p", { id: `procedureCode-${index}` }, each) : each));
  const more = h("tr", { class: "expanded-row" }, h("td", { colspan: "9" },
    ...line.codes.map(([label, value]) =>
      h("div", { class: "line-code" }, h("span", {}, label), h("span", {}, value)))));
  const toggle = h("button", { type: "button", title: "Toggle Row Expanded", "aria-expanded": "false" }, "▸");
  const shown = row([toggle, ...cells], { class: "line-row" });
  toggle.addEventListener("click", () => {
    const open = more.isConnected;
    toggle.setAttribute("aria-expanded", String(!open));
    if (open) more.remove();
    else shown.after(more);
  });
  return shown;
}

function codesTable(codes) {
  const body = h("tbody", {}, ...codes.slice(0, CODES_AT_FIRST).map((each) => row(each)));
  const rest = codes.slice(CODES_AT_FIRST);
  const more = h("button", { type: "button", onclick: () => {
    body.append(...rest.map((each) => row(each)));
    more.remove();
  } }, "Show more...");
  return [h("table", { id: "codesTable" }, heads(["Type", "Code", "Description"]), body), rest.length ? more : null];
}

function claimView(said, back) {
  return h("div", { id: "claimDetail", "aria-busy": "false" },
    h("a", { href: "#", onclick: (event) => { event.preventDefault(); back(); } }, "Return to Results"),
    ...said.panels.map(panel),
    h("table", { id: "lineLevelTable" },
      heads(["", "Line", "Service Date", "Procedure", "Modifiers", "Units", "Billed", "Allowed", "Paid"]),
      h("tbody", {}, ...said.lines.map(lineRows))),
    ...codesTable(said.codes));
}
