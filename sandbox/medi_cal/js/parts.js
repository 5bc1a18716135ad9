// Fields as the portal has them: a new id at each drawing, and characters that get lost when they come at once.
const { h, call, settings } = kit;
const CONFIG = settings();
const root = document.getElementById("root");
const TROUBLE = "We are having trouble reaching the server. Try again.";

/** A field. What is pasted or filled at once loses its last character; a `dropping` one also loses a typed one. */
function field(label, placeholder, { id, type = "text", value = "", dropping = false } = {}) {
  const own = id || crypto.randomUUID();
  const element = h("input", { id: own, type, placeholder, value, autocomplete: "off" });
  let before = value;
  let lose = dropping;
  element.addEventListener("input", () => {
    const grown = element.value.length - before.length;
    if (grown > 1) element.value = element.value.slice(0, -1);
    else if (grown === 1 && lose && element.value.length === 3) {
      element.value = element.value.slice(0, -1);
      lose = false;
    }
    before = element.value;
  });
  return { element, parts: [h("label", { for: own }, label), element] };
}

const button = (words, onclick, props = {}) =>
  h("button", { type: "button", "data-testid-type": "submit", id: crypto.randomUUID(), onclick, ...props }, words);

const error = (words) => h("p", { class: "error", role: "alert" }, words);

/** Draw a page; `flaws` of the server may put a notice above it. */
function draw(...content) {
  root.replaceChildren(...content.flat().filter(Boolean));
}

function view(heading, flaws, ...content) {
  return h("main", {},
    flaws.extraBanner ? h("div", { class: "notice" }, "The portal will be upgraded on the last Sunday of the month.") : null,
    flaws.hiddenBanner ? h("div", { style: "display:none" }, h("h2", {}, "Tell us what you think")) : null,
    h("h1", {}, flaws.otherHeading ? "Welcome to Medi-Cal" : heading), ...content);
}

function go(path) {
  window.history.pushState(null, "", path);
  return show();
}

/** A call by somebody signed in; without a session it leads to the front door. */
async function ask(method, url, body) {
  const answer = await call(method, url, body);
  if (answer.status !== 401) return answer;
  await go("/login");
  return new Promise(() => {});
}
