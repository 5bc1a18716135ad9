// The page as it stands, with what fields hold, and without whatever acts, decorates or leads elsewhere.
// In a browser's console: copy( this whole file ), and it is on the clipboard.
(() => {
  const copy = document.documentElement.cloneNode(true);
  const fields = document.querySelectorAll("input, option");
  copy.querySelectorAll("input, option").forEach((field, index) => {
    const live = fields[index];
    if (live.tagName === "OPTION") field.toggleAttribute("selected", live.selected);
    else if (live.type !== "password") field.setAttribute("value", live.value);
  });
  copy.querySelectorAll("script, style, link, meta, iframe, noscript").forEach((element) => element.remove());
  for (const element of copy.querySelectorAll("*")) {
    for (const { name } of [...element.attributes]) {
      if (/^(on.*|style|href|src|srcset|srcdoc|action)$/.test(name)) element.removeAttribute(name);
    }
  }
  return copy.outerHTML;
})()
