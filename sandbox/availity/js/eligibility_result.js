// The result page of the eligibility application.
const pair = (tag, [label, value], props = {}) =>
  h(tag, props, h("span", {}, label), h("span", {}, value));

function accordion(section, open) {
  const details = h("div", { class: "MuiAccordionDetails-root", hidden: !open },
    h("table", {},
      h("thead", {}, h("tr", {},
        ...["Benefit", "Coverage Level", "Network", "Amount", "Remaining"].map((each) => h("th", {}, each)))),
      h("tbody", {}, ...section.rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell)))))));
  const summary = h("button", { type: "button", class: "MuiAccordionSummary-root",
    "aria-expanded": String(open) }, section.heading);
  summary.addEventListener("click", () => {
    details.hidden = !details.hidden;
    summary.setAttribute("aria-expanded", String(!details.hidden));
  });
  return h("div", { class: "MuiAccordion-root" }, h("h3", {}, summary), details);
}

function patientCard(said) {
  return h("div", { id: "patient-card" },
    h("h2", { class: "patient-name" }, said.patient),
    ...said.card.map((row) => pair("div", row, { class: "patient-card-extended-label" })));
}

const OUTAGE = "The system is temporarily unavailable. Your transaction could not be processed.";

function planDetails(said) {
  const otherInsurance = said.otherInsurance
    ? [h("div", { id: "other-insurance" }, h("h3", {}, "Other or Additional Payer"), h("p", {}, said.otherInsurance))]
    : [];
  return [
    h("div", { class: "MuiChip-root" }, h("span", { class: "MuiChip-label" }, said.chip)),
    h("div", { id: "plan-details-summary" },
      h("h3", { class: "plan-name" }, said.planName),
      h("ul", { class: "plan-date-information" }, ...said.dates.map((row) => pair("li", row))),
      ...said.facts.map((row) => pair("div", row, { class: "plan-detail" }))),
    ...otherInsurance,
    ...said.sections.map((section, index) => accordion(section, index === 0)),
  ];
}

/** Everything below the buttons for a coverage answer. */
function resultView(said) {
  const body = said.outage ? [h("div", { id: "plan-details-summary" }, OUTAGE)] : planDetails(said);
  return [patientCard(said), ...body];
}
