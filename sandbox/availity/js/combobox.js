// A combobox like MUI's Autocomplete: a text input that opens and filters a list of options.

/** `choose(option)` is told of each new choice; options are {id, label}. */
function combobox(id, label, { options = [], choose = () => {}, loading = false } = {}) {
  const state = { options, chosen: null, open: false, focused: -1, typed: null, loading };
  const input = h("input", { id, type: "text", role: "combobox", autocomplete: "off",
    "aria-autocomplete": "list", "aria-expanded": "false", "aria-labelledby": `${id}-label` });
  const opener = h("button", { type: "button", "aria-label": "Open", tabindex: "-1",
    class: "MuiAutocomplete-popupIndicator" }, "▾");
  const list = h("ul", { id: `${id}-listbox`, role: "listbox", "aria-labelledby": `${id}-label`,
    class: "MuiAutocomplete-popper" });
  const root = h("div", { class: "MuiFormControl-root MuiAutocomplete-root" },
    h("label", { for: id, id: `${id}-label` }, label),
    h("div", { class: "MuiInputBase-root" }, input, opener));

  const matching = () => {
    const typed = (state.typed || "").trim().toLowerCase();
    return state.options.filter((each) => each.label.toLowerCase().includes(typed));
  };

  function redraw() {
    const found = matching();
    const rows = found.map((each, index) => h("li", {
      id: `${id}-option-${index}`, role: "option", class: optionClass(index), "data-value": each.id,
      "aria-selected": String(each === state.chosen),
      onmousedown: (event) => event.preventDefault(), onclick: () => take(each) }, each.label));
    const none = h("li", { class: "MuiAutocomplete-noOptions" },
      state.loading ? "Loading…" : "No options");
    list.replaceChildren(...(rows.length ? rows : [none]));
  }

  const optionClass = (index) =>
    `MuiAutocomplete-option${index === state.focused ? " Mui-focused" : ""}`;

  function open() {
    if (input.disabled) return;
    if (!state.open) {
      state.open = true;
      const box = root.getBoundingClientRect();
      list.style.left = `${box.left + window.scrollX}px`;
      list.style.top = `${box.bottom + window.scrollY}px`;
      document.body.append(list);
      input.setAttribute("aria-expanded", "true");
      input.setAttribute("aria-controls", list.id);
    }
    redraw();
  }

  function close() {
    state.open = false;
    state.focused = -1;
    state.typed = null;
    list.remove();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-controls");
    input.value = state.chosen ? state.chosen.label : "";
  }

  function take(option) {
    state.chosen = option;
    close();
    choose(option);
  }

  function onKey(event) {
    const found = matching();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      state.focused = Math.max(0, Math.min(found.length - 1, state.focused + step));
      open();
    } else if (event.key === "Enter" && state.open && found[state.focused]) {
      take(found[state.focused]);
    } else if (event.key === "Escape") {
      close();
    } else return;
    event.preventDefault();
  }

  input.addEventListener("mousedown", () => (state.open ? null : open()));
  input.addEventListener("input", () => { state.typed = input.value; state.focused = -1; open(); });
  input.addEventListener("keydown", onKey);
  input.addEventListener("blur", close);
  opener.addEventListener("mousedown", (event) => event.preventDefault());
  opener.addEventListener("click", () => {
    input.focus();
    if (state.open) close();
    else open();
  });

  return {
    root,
    input,
    get chosen() { return state.chosen; },
    /** Choose by id without telling anybody; an unknown id clears. */
    set(value) {
      state.chosen = state.options.find((each) => each.id === value) || null;
      close();
    },
    /** New options; the choice is lost. */
    load(fresh, { loading: waiting = false } = {}) {
      state.options = fresh;
      state.loading = waiting;
      state.chosen = null;
      input.disabled = waiting;
      if (state.open) redraw();
      if (document.activeElement !== input) close();
    },
    disable(off) { input.disabled = off; opener.disabled = off; },
  };
}
