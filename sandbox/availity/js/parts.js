// Pieces shared by Availity's applications: its addresses, alerts, text fields, cookie banner.
const { h, call, pause, settings, cookie } = kit;

const LOGIN = "/static/public/onb/onboarding-ui-apps/availity-fr-ui/";
const SHELL = "/static/web/onb/onboarding-ui-apps/navigation/#/";
const PLATFORM = "/api/sdk/platform/v1";
const TELEMETRY = "/ms/api/availity/internal/pui/key-delivery/v1/telemetry";
const NO_ANSWER = "We could not reach the server. Check your connection and try again.";

/** Where every application goes when the session is gone. */
function toLogout() {
  window.top.location.href = `${LOGIN}#/logout`;
  return new Promise(() => {});
}

/** A call that leaves for #/logout when the session is gone. */
async function callSignedIn(method, url, body) {
  const answer = await call(method, url, body);
  return answer.status === 401 ? toLogout() : answer;
}

/** Telemetry: sent, never waited for. */
function beacon({ telemetry }, event) {
  if (!telemetry) return;
  const body = new Blob([JSON.stringify({ event, at: Date.now() })], { type: "application/json" });
  navigator.sendBeacon(TELEMETRY, body);
}

function errorAlert(message) {
  return h("div", { role: "alert", class: "MuiAlert-root MuiAlert-standardError" },
    h("div", { class: "MuiAlert-message" }, message));
}

/** A labelled text field with a helper text; `field.input`, `field.help(text)`. */
function textField(id, label, props = {}) {
  const input = h("input", { id, name: id, "aria-describedby": `${id}-helper-text`, ...props });
  const helper = h("p", { id: `${id}-helper-text`, class: "MuiFormHelperText-root" });
  const root = h("div", { class: "MuiFormControl-root" },
    h("label", { for: id, id: `${id}-label` }, label),
    h("div", { class: "MuiInputBase-root" }, input), helper);
  const help = (text) => {
    helper.textContent = text;
    input.setAttribute("aria-invalid", text ? "true" : "false");
  };
  return { root, input, help };
}

/** OneTrust's banner: swallows every click until the cookies are accepted. */
function cookieBanner({ cookieBanner: wanted, hiddenBanner }) {
  if (hiddenBanner) document.body.append(bannerElement(true));
  else if (wanted && !cookie("OptanonAlertBoxClosed")) document.body.append(bannerElement(false));
}

function bannerElement(hidden) {
  const accept = () => {
    document.cookie = "OptanonAlertBoxClosed=1; path=/; max-age=31536000; samesite=lax";
    document.getElementById("onetrust-consent-sdk").remove();
  };
  return h("div", { id: "onetrust-consent-sdk", style: hidden ? "display: none" : null },
    h("div", { class: "onetrust-pc-dark-filter" }),
    h("div", { id: "onetrust-banner-sdk", role: "region", "aria-label": "Cookie banner" },
      h("p", {}, "We use cookies to make this site work."),
      h("button", { id: "onetrust-reject-all-handler", onclick: accept }, "Reject All"),
      h("button", { id: "onetrust-accept-btn-handler", onclick: accept }, "Accept All Cookies")));
}
