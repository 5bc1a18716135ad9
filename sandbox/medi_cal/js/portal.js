// The transaction center: eligibility of a single subscriber, claim status, the account's provider number.
const POLLS = [60, 60, 100, 200, 500, 1000, 2000];
const OVER = "Your session has expired. Please log in again.";
let user = null;

function header() {
  const chosen = user.providers.find((each) => each.npi === user.chosen);
  const select = h("select", { "aria-label": "Provider Number", id: crypto.randomUUID() },
    ...user.providers.map((each) => h("option", { value: each.npi, selected: each.npi === user.chosen },
      `${each.organization} - ${each.npi}`)));
  select.addEventListener("change", async () => {
    await ask("POST", "/api/provider", { npi: select.value });
    await show();
  });
  const link = (words, path) => h("a", { href: path, onclick: (event) => { event.preventDefault(); go(path); } }, words);
  const leave = async () => { await ask("POST", "/api/logout", {}); await go("/login"); };
  return h("header", {}, h("strong", {}, "Medi-Cal Provider Portal"), h("span", { class: "user-name" }, user.name),
    h("span", { class: "provider-name" }, `${chosen.organization} NPI: ${chosen.npi}`), select,
    link("Transaction Center", "/transactionCenter"),
    user.roles.includes("eligibility") ? link("Single Subscriber", "/eligibility/single") : null,
    user.roles.includes("claim_status") ? link("Claim Status", "/claimStatus") : null,
    link("Change Password", "/changePassword"), h("button", { type: "button", onclick: leave }, "Log Out"));
}

/** The answer to an inquiry: 202 while the payer thinks. Whatever is wrong ends up in the result area, as prose. */
async function answerTo(url, inquiry) {
  let { status, data, location } = await call("POST", url, inquiry);
  for (let turn = 0; status === 202; turn += 1) {
    await kit.pause(POLLS[Math.min(turn, POLLS.length - 1)]);
    ({ status, data } = await call("GET", location));
  }
  return status === 401 ? { prose: OVER } : data;
}

/** A search form above its result area. What a search said stays there until the form is opened again. */
function searching(url, fields, submit) {
  const area = h("div", { id: "status-area" });
  const medicare = h("span", { id: "medicare-id-label" });
  const name = h("span", { id: "subscriber-name-label" });
  const claims = h("div", {});
  submit.addEventListener("click", async () => {
    const typed = Object.entries(fields).map(([key, each]) => [key, each.element.value.trim()]);
    let said;
    try {
      said = await answerTo(url, Object.fromEntries(typed));
    } catch {
      said = { prose: TROUBLE };
    }
    if (said.provider) document.querySelector(".provider-name").textContent = said.provider;
    name.textContent = said.name || "";
    medicare.textContent = said.medicare || "";
    claims.replaceChildren(...(said.claims ? [claimTable(said.claims)] : []));
    area.textContent = said.prose || "";
  });
  return [h("p", {}, "Subscriber: ", name), h("p", {}, "Medicare ID: ", medicare), claims, area];
}

const HEADS = ["CCN", "From Date", "To Date", "Billed", "Paid", "Category", "Status Code", "Status", "Status Date",
  "Payment Number", "Payment Date"];

const claimTable = (rows) => h("table", { id: "claim-results" },
  h("thead", {}, h("tr", {}, ...HEADS.map((each) => h("th", {}, each)))),
  h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell))))));

async function singleView() {
  const { data } = await ask("GET", "/api/eligibility/form");
  const id = (name) => (data.flaws.changedIds ? `v2-${name}` : name);
  const other = data.flaws.changedLabels;
  const dropping = data.flaws.droppedCharacters;
  const fields = {
    subscriberId: field(other ? "Beneficiary No." : "Subscriber ID", "", { id: id("subscriber-id"), dropping }),
    issueDate: field("Issue Date", "MM/DD/YYYY", { id: id("issue-date") }),
    birthDate: field(other ? "Born" : "Birth Date", "MM/DD/YYYY", { id: id("birth-date"), dropping }),
    serviceDate: field(other ? "Day" : "Service Date", "MM/DD/YYYY", { id: id("service-date"), dropping }),
  };
  const submit = button(other ? "Find" : "Search", () => {});
  return view("Single Subscriber Eligibility", data.flaws, Object.values(fields).flatMap((each) => each.parts), submit,
    searching("/api/eligibility", fields, submit));
}

async function claimsView() {
  const { data } = await ask("GET", "/api/claims/form");
  const other = data.flaws.changedLabels;
  const dropping = data.flaws.droppedCharacters;
  const fields = {
    ccn: field("Claim Control Number (CCN)", "Enter CCN"),
    subscriberId: field(other ? "Beneficiary No." : "Subscriber ID", "Enter Subscriber ID", { dropping }),
    fromDate: field(other ? "First Day" : "From Date", "MM/DD/YYYY", { dropping }),
    toDate: field(other ? "Last Day" : "To Date", "MM/DD/YYYY", { dropping }),
    totalCharge: field("Total Charge", "Enter Total Charge"),
  };
  const submit = button(other ? "Find" : "Search", () => {});
  return view("Claim Status", data.flaws, Object.values(fields).flatMap((each) => each.parts), submit,
    searching("/api/claims", fields, submit));
}

const VIEWS = {
  "/transactionCenter": async () => view("Transaction Center", user.flaws, h("p", {}, "Choose a transaction.")),
  "/eligibility/single": singleView,
  "/claimStatus": claimsView,
  "/changePassword": () => passwordForm("Change Password"),
};
const BEFORE = { "/ula": agreementView, "/sessionInUse": busyView, "/passwordExpiring": expiringView,
  "/passwordExpired": async () => draw(await passwordForm("Your password has expired")) };

async function show() {
  const path = window.location.pathname;
  if (BEFORE[path]) return BEFORE[path]();
  const { status, data } = await call("GET", "/api/user");
  if (status === 401) {
    if (path !== "/login") window.history.pushState(null, "", "/login");
    return emailView();
  }
  user = data;
  if (!VIEWS[path]) return go("/transactionCenter");
  const content = await VIEWS[path]();
  if (window.location.pathname === path) draw(header(), content);
}

window.addEventListener("popstate", show);
show();
