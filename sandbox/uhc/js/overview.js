// A member's page. It is drawn three times: skeleton, who and coverage, then benefits.
const { h, call, pause, settings } = kit;
const FIRST_VALUES_AFTER = 60;
const ALL_VALUES_AFTER = 90;
const OUTAGE = "This transaction could not be processed. The system is unavailable.";

const testid = (label) => `${label.toLowerCase().replace(/[^a-z]+/g, "-")}-content`;
const skeleton = () => h("span", { class: "abyss-skeleton", "aria-busy": "true" });

function item([label, value], ready) {
  return h("div", { class: "overview-item" }, h("span", {}, label),
    h("span", { "data-testid": testid(label) }, ready ? value : skeleton()));
}

function benefits(rows) {
  return h("table", { "data-testid": "benefits-table" },
    h("thead", {}, h("tr", {},
      ...["Benefit", "Level", "Network", "Amount", "Met"].map((each) => h("th", {}, each)))),
    h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell))))));
}

function drawing(said, step, again) {
  return [
    h("button", { type: "button", onclick: again,
      "data-testid": "overview-new-search-button-abyss-button-root" }, "New Search"),
    h("h1", { "data-testid": "overview-member-name" }, step > 0 ? said.name : skeleton()),
    h("section", { "data-testid": "overview-member" }, ...said.who.map((row) => item(row, step > 0))),
    h("section", { "data-testid": "overview-coverage" },
      ...(said.outage ? [h("p", {}, OUTAGE)] : said.coverage.map((row) => item(row, step > 1)))),
    h("section", { "data-testid": "overview-benefits" },
      said.outage ? null : step > 1 ? benefits(said.benefits) : skeleton()),
  ];
}

/** Draw into `place` again and again: a reader must wait until the page is still. Who has left sees no more of it. */
async function drawInSteps(place, drawing, waits) {
  let drawn = drawing(0);
  place.replaceChildren(...drawn);
  for (const [step, wait] of waits.entries()) {
    await pause(wait);
    if (!drawn[0].isConnected) return;
    drawn = drawing(step + 1);
    place.replaceChildren(...drawn);
  }
}

const drawOverview = (place, said, again) =>
  drawInSteps(place, (step) => drawing(said, step, again), [FIRST_VALUES_AFTER, ALL_VALUES_AFTER]);
