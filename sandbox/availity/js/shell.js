// The shell: top bar, menus, region, announcements, and the frame applications open in.
const CONFIG = settings();
const root = document.getElementById("root");
const ELIGIBILITY = "/static/web/pres/web/eligibility/";
const MY_ACCOUNT = "/static/web/onb/onboarding-ui-apps/my-account/";
const CLAIM_STATUS = "/static/web/post/cs/enhanced-claim-status-ui/";
const REMITS = "/static/web/post/rm/remitviewerui/";
const BANNER_AFTER = 120;
const MENUS = {
  "Patient Registration": [
    { title: "Eligibility and Benefits Inquiry", permission: "7234", app: ELIGIBILITY },
  ],
  "Claims & Payments": [
    { title: "Claim Status", permission: "484", app: CLAIM_STATUS },
    { title: "Remittance Viewer", permission: "498", app: REMITS },
  ],
};

const openApp = (path) => {
  window.location.hash = `#/loadApp/?appUrl=${encodeURIComponent(path)}`;
};

/** A button with a menu that opens and closes below it. */
function dropdown(name, trigger, menu) {
  const element = h("div", { class: name }, trigger);
  trigger.addEventListener("click", () => {
    const open = menu.isConnected;
    trigger.setAttribute("aria-expanded", String(!open));
    if (open) menu.remove();
    else element.append(menu);
  });
  return element;
}

function menuOf(title, items) {
  const trigger = h("button", { class: "NavDropdown__trigger", type: "button",
    "aria-label": title, "aria-expanded": "false" }, title);
  const links = items.map((item) =>
    h("div", { class: "NavLinkItem__link", onclick: () => { trigger.click(); openApp(item.app); } },
      h("div", { class: "NavLinkItem__link--content", title: item.title }, item.title)));
  return dropdown("NavDropdown", trigger, h("div", { class: "NavDropdown__menu" }, ...links));
}

function regionsMenu(regions) {
  const current = regions.find((each) => each.currentlySelected) || { value: "Region" };
  const choose = async (region) => {
    await callSignedIn("PUT", `${PLATFORM}/regions`, { id: region.id });
    window.location.reload();
  };
  const options = regions.map((region) =>
    h("li", { class: "UserRegionsMenu__option" },
      h("button", { type: "button", onclick: () => choose(region) }, region.value)));
  const trigger = h("button", { class: "UserRegionsMenu__trigger", type: "button",
    "aria-haspopup": "true", "aria-expanded": "false" }, current.value);
  return dropdown("UserRegionsMenu", trigger, h("ul", { class: "UserRegionsMenu__menu" }, ...options));
}

async function logOut() {
  await call("DELETE", `${PLATFORM}/sessions/current`);
  await toLogout();
}

function topBar(me, regions, held) {
  const name = `${me.firstName} ${me.lastName}`;
  return h("header", {},
    h("strong", {}, "Availity Essentials"),
    ...Object.entries(MENUS).map(([title, items]) =>
      menuOf(title, items.filter((item) => held.has(item.permission)))),
    h("button", { type: "button" }, "My Favorites"),
    h("button", { type: "button" }, "Payer Spaces"),
    regionsMenu(regions),
    menuOf(`${name}'s Account`, [{ title: "My Account", app: MY_ACCOUNT }]),
    h("button", { id: "logout-link", type: "button", onclick: logOut }, "Logout"));
}

/** An announcement that interrupts: over everything, once per session. */
function announce(notice) {
  const close = async () => {
    backdrop.remove();
    await callSignedIn("PUT", `/api/v1/notifications/${notice.id}`, { read: true });
  };
  const backdrop = h("div", { class: "modal-backdrop" },
    h("div", { role: "dialog", "aria-modal": "true", "aria-labelledby": "announcement-title" },
      h("h2", { id: "announcement-title" }, notice.title),
      h("p", {}, notice.message),
      h("button", { type: "button", onclick: close }, "Close")));
  document.body.append(backdrop);
}

function appIn(hash) {
  const [route, query = ""] = hash.slice(1).split("?");
  return route === "/loadApp/" ? new URLSearchParams(query).get("appUrl") : null;
}

function show(body) {
  const app = appIn(window.location.hash || "#/");
  // Only our own applications: the address comes from whoever wrote the link.
  if (app && app.startsWith("/static/web/")) {
    body.replaceChildren(h("iframe", { id: "newBodyFrame", name: "newBody", src: app,
      title: "Application" }));
  } else {
    body.replaceChildren(h("main", {}, h("h1", {}, "Home"),
      h("p", {}, "Notification Center"), h("p", {}, "My Top Applications")));
  }
}

async function start() {
  const [me, regions, permissions, notices] = await Promise.all([
    callSignedIn("GET", `${PLATFORM}/users/me`),
    callSignedIn("GET", `${PLATFORM}/regions`),
    callSignedIn("GET", `${PLATFORM}/permissions`),
    callSignedIn("GET", "/api/v1/notifications"),
  ]);
  const held = new Set(permissions.data.axiUserPermissions.map((each) => each.id));
  const body = h("div", { id: "shell-body" });
  root.replaceChildren(topBar(me.data, regions.data.regions, held), body);
  window.addEventListener("hashchange", () => show(body));
  show(body);
  notices.data.notifications.filter((each) => each.interruptIndicator).forEach(announce);
  beacon(CONFIG, "home");
}

start();
setTimeout(() => cookieBanner(CONFIG), BANNER_AFTER);
