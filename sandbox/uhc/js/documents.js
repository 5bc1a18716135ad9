// The document library (#/documents): payments by date, in pages, with their 835s one or many at once.
const DOCUMENT_HEADS = ["", "Payment number", "Payment date", "Amount", "Type", "Tax ID", "NPI", "Posted", "Status"];
const NO_FILE = "Your file could not be downloaded. Please try again.";

async function documents() {
  const { status, data } = await ask("GET", "/api/documents/options");
  if (status !== 200) return [h("h1", {}, "Document Library"), h("p", {}, data.message)];
  return documentForm(data);
}

function documentForm(options) {
  const tag = options.changedIds ? "v2." : "";
  const words = options.changedLabels
    ? { everybody: "Everyone", next: "More", download: "Get files" }
    : { everybody: "All providers", next: "Next", download: "Download 835" };
  const text = (name) => h("input", { name: `${tag}${name}`, type: "text", autocomplete: "off", placeholder: "MM/DD/YYYY" });
  const first = text("documents.fromDate");
  const last = text("documents.toDate");
  const provider = selectOf({ name: `${tag}documents.provider` },
    [["", words.everybody], ...options.providers.map((each) => [each.npi, each.label])], "");
  const errors = h("div", {});
  const form = h("form", { novalidate: true }, labelled("Provider", provider), labelled("From", first), labelled("To", last),
    h("button", { id: `${tag}submit-document-search-button`, type: "submit" }, "Search"), errors);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    searchDocuments(errors, words,
      { npi: provider.value, fromDate: first.value.trim(), toDate: last.value.trim() });
  });
  return [h("h1", {}, "Document Library"), form];
}

async function searchDocuments(errors, words, inquiry) {
  errors.replaceChildren();
  const overlay = loading();
  let said;
  let location;
  try {
    const taken = await ask("POST", "/api/documents/search", inquiry);
    location = taken.location;
    said = taken.status === 202 ? await answerAt(location) : taken.data;
  } catch {
    said = { message: NO_ANSWER };
  }
  overlay.remove();
  if (said.message) {
    errors.replaceChildren(h("p", marked("loading-error-message", { role: "alert" }), said.message));
  } else await drawDocuments(said, location, words);
}

async function turnDocuments(location, page, words) {
  const overlay = loading();
  const { data } = await ask("GET", `${location}?page=${page}`);
  overlay.remove();
  await drawDocuments(data, location, words);
}

function documentRow(each, ready, chosen, changed) {
  const box = h("input", { type: "checkbox", name: "document", value: each.number, disabled: !each.offered,
    "aria-label": `Select ${each.cells[0]}` });
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(each.number);
    else chosen.delete(each.number);
    changed();
  });
  return h("tr", {}, h("td", {}, box), ...each.cells.map((cell) => h("td", {}, ready ? cell : skeleton())));
}

/** Drawn with skeletons first, as the claims are. */
async function drawDocuments(said, location, words) {
  const chosen = new Set();
  const message = h("div", {});
  const get = h("button", marked("download-835-button", { type: "button", disabled: true,
    onclick: () => fetchFiles(location, [...chosen], message, () => turnDocuments(location, said.page, words)) }),
  words.download);
  const changed = () => { get.disabled = chosen.size === 0; };
  const next = h("button", marked("next-page-button", { type: "button", disabled: said.page + 1 >= said.pages,
    onclick: () => turnDocuments(location, said.page + 1, words) }), words.next);
  const list = (ready) => (said.none
    ? [h("p", marked("no-documents-found"), said.none)]
    : [h("p", marked("documents-count"), `${said.total} ${said.total === 1 ? "document" : "documents"} found`),
      h("table", {}, h("thead", {}, h("tr", marked("documents-heads"), ...DOCUMENT_HEADS.map((each) => h("th", {}, each)))),
        h("tbody", { id: "documents-results" }, ...said.rows.map((each) => documentRow(each, ready, chosen, changed)))),
      h("p", marked("documents-page"), `Page ${said.page + 1} of ${said.pages}`), next, get, message]);
  const drawing = (ready) => [
    h("button", marked("documents-new-search-button-abyss-button-root", { type: "button", onclick: show }), "New Search"),
    h("h1", {}, "Document Library"), ...said.summary.map(summaryItem),
    ...(said.outage ? [h("p", {}, CLAIMS_OUTAGE)] : said.silent ? [] : list(ready))];
  await drawInSteps(main, (step) => drawing(step > 0), [FIRST_VALUES_AFTER]);
}

/** The files come by script, with the token, and are saved under the name that the answer gives them. */
async function fetchFiles(location, numbers, message, again) {
  message.replaceChildren();
  const overlay = loading();
  try {
    const response = await fetch(`${location}/files?numbers=${numbers.join(",")}`,
      { headers: { Authorization: `Bearer ${bearer}` }, credentials: "same-origin" });
    if (response.status === 401) {
      window.location.href = "/signed-out";
      return;
    }
    const disposition = response.headers.get("Content-Disposition");
    if (!disposition) {
      if ((response.headers.get("Content-Type") || "").startsWith("text/html")) {
        document.documentElement.innerHTML = await response.text();
        return;
      }
      throw new Error("no file");
    }
    const anchor = h("a", { href: URL.createObjectURL(await response.blob()), download: /filename="(.+)"/.exec(disposition)[1] });
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
    overlay.remove();
    await again();
  } catch {
    overlay.remove();
    message.replaceChildren(h("p", marked("documents-error-message", { role: "alert" }), NO_FILE));
  }
}
