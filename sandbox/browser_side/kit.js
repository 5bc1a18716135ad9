// What the portals' own scripts share: building elements and calling the server.
const kit = (() => {
  /** An element: attributes, on… handlers and children in one call. */
  function h(tag, props = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value != null) element.setAttribute(name, value);
    }
    element.append(...children.flat().filter((child) => child != null));
    return element;
  }

  /** Replace the whole document, as a page from in front of the application does. */
  function replaceDocument(html) {
    document.documentElement.innerHTML = html;
    return new Promise(() => {});
  }

  /** One request. Resolves to {status, data, location}; never when another page took over. */
  async function call(method, url, body, headers = {}) {
    const options = { method, headers: { ...headers }, credentials: "same-origin" };
    if (body !== undefined) {
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    const response = await fetch(url, options);
    if ((response.headers.get("Content-Type") || "").startsWith("text/html")) {
      return replaceDocument(await response.text());
    }
    const data = response.status === 204 ? null : await response.json();
    return { status: response.status, data, location: response.headers.get("Location") };
  }

  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  /** The settings the server wrote into the page. */
  const settings = () => JSON.parse(document.getElementById("settings").textContent);

  const cookie = (name) =>
    document.cookie.split("; ").some((each) => each.startsWith(`${name}=`));

  /** Where it is ordered, send a form by itself when the sixth digit is in its box. */
  function sendsItself({ selfSubmitting }, input, element) {
    if (selfSubmitting) {
      input.addEventListener("input", () => {
        if (/^\d{6}$/.test(input.value)) element.requestSubmit();
      });
    }
    return element;
  }

  return { h, call, pause, settings, cookie, sendsItself };
})();
