// A date field like MUI X's: three sections that take digits and move on by themselves.
const SECTIONS = [
  { name: "Month", shown: "MM", size: 2, most: 12, ready: 1 },
  { name: "Day", shown: "DD", size: 2, most: 31, ready: 3 },
  { name: "Year", shown: "YYYY", size: 4, most: 9999, ready: 999 },
];

/** `changed()` is told of each change; `value` is an ISO date, or "" while incomplete or wrong. */
function dateField(name, label, changed) {
  const digits = ["", "", ""];
  let fresh = true;
  const hidden = h("input", { class: "MuiPickersInputBase-input", "aria-hidden": "true",
    tabindex: "-1", readonly: true, name });
  const spans = SECTIONS.map((section, index) => h("span", {
    role: "spinbutton", contenteditable: "true", tabindex: index ? "-1" : "0",
    "aria-label": section.name, "aria-valuemin": "1", "aria-valuemax": section.most,
    inputmode: "numeric", spellcheck: "false", class: "MuiPickersInputBase-sectionContent",
    onkeydown: (event) => onKey(event, index), oninput: () => onInput(index),
    onfocus: () => { fresh = true; },
    onpaste: (event) => onPaste(event) }, section.shown));
  const group = h("div", { role: "group", "aria-labelledby": `${name}-picker-label`,
    class: "MuiPickersSectionList-root", onclick: (event) => onClick(event) },
    ...spans.flatMap((span, index) => (index ? [h("span", { "aria-hidden": "true" }, "/"), span] : [span])));
  const root = h("div", { class: "MuiFormControl-root" },
    h("label", { id: `${name}-picker-label` }, label), group, hidden);

  function draw() {
    SECTIONS.forEach((section, index) => {
      const text = digits[index];
      spans[index].textContent = text ? text.padStart(section.size, "0") : section.shown;
      if (text) spans[index].setAttribute("aria-valuenow", Number(text));
      else spans[index].removeAttribute("aria-valuenow");
      spans[index].setAttribute("aria-valuetext", text || "Empty");
    });
    hidden.value = spans.map((span) => span.textContent).join("/");
    changed();
  }

  function type(index, digit) {
    const section = SECTIONS[index];
    const before = fresh ? "" : digits[index];
    const joined = before + digit;
    digits[index] = Number(joined) > section.most || joined.length > section.size ? digit : joined;
    fresh = false;
    const full = digits[index].length === section.size || Number(digits[index]) > section.ready;
    draw();
    if (full && index < 2) spans[index + 1].focus();
  }

  function onKey(event, index) {
    if (event.ctrlKey || event.metaKey || event.key === "Tab") return;
    event.preventDefault();
    if (/^\d$/.test(event.key)) type(index, event.key);
    else if (event.key === "Backspace" || event.key === "Delete") clearSection(index);
    else if (event.key === "ArrowRight" || (event.key === "/" && digits[index])) move(index + 1);
    else if (event.key === "ArrowLeft") move(index - 1);
    else if (event.key === "ArrowUp") turn(index, 1);
    else if (event.key === "ArrowDown") turn(index, -1);
  }

  const move = (index) => spans[Math.max(0, Math.min(2, index))].focus();

  function turn(index, by) {
    const now = Number(digits[index] || (index === 2 ? CONFIG.today.slice(0, 4) : "0"));
    digits[index] = String(Math.max(1, Math.min(SECTIONS[index].most, now + by)));
    draw();
  }

  function clearSection(index) {
    if (window.getSelection().toString().length > SECTIONS[index].size) digits.fill("");
    digits[index] = "";
    fresh = true;
    draw();
  }

  // Text that came without key presses (an input method, a program): read what it left.
  function onInput(index) {
    const typed = spans[index].textContent.replace(/\D/g, "");
    digits[index] = "";
    fresh = true;
    if (!typed) return draw();
    [...typed].forEach((digit) => type(index, digit));
  }

  function onPaste(event) {
    event.preventDefault();
    const found = event.clipboardData.getData("text").match(/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/);
    if (found) { digits.splice(0, 3, ...found.slice(1)); draw(); }
  }

  function onClick(event) {
    if (event.target === group) spans[0].focus();
  }

  function iso() {
    const [month, day, year] = digits;
    if (!month || !day || year.length !== 4) return "";
    const text = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
    const read = new Date(`${text}T00:00:00Z`);
    return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(text) ? text : "";
  }

  return {
    root,
    get value() { return iso(); },
    set(text) {
      const [year, month, day] = text ? text.split("-") : ["", "", ""];
      digits.splice(0, 3, month, day, year);
      draw();
    },
  };
}
