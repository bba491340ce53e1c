// What the page knows: the cells, the filters, the words; and which cells fit the filters.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const site = read("site");
const texts = read("texts");
const at = (id) => document.getElementById(id);

const SIGNS = { passed: "✓", quadrimester: "Q", warned: "!", refused: "✕", withheld: "≠", missing: "○", holiday: "–" };
const STATES = Object.keys(SIGNS);
const WORST = ["refused", "withheld", "missing", "warned", "passed", "quadrimester", "holiday"];
const OPEN_DAYS = 40;
const RUNS_SHOWN = 20;
const INDICES = Object.keys(site.states);

// What is known of each cell, by index and day.
const cells = new Map(INDICES.map((index) => [index, new Map()]));
let cellCount = 0;
for (const index of INDICES) {
  let place = 0;
  site.days.forEach((day, number) => {
    const state = site.letters[site.states[index][number]];
    if (!state) return;
    const isPublished = ["passed", "quadrimester", "warned"].includes(state);
    const about = isPublished ? site.passed[index][place++] : null;
    const key = `${index} ${day}`;
    const reasons = site.reasons[key] || [];
    const withdrawn = site.withdrawn[key] || [];
    cells.get(index).set(day, { index, day, state, about, reasons, withdrawn });
    cellCount += 1;
  });
}

// Filters, and everything else that a link restores.
const view = { lang: "en", index: "", states: new Set(STATES), from: "", to: "", text: "", months: new Set(), cell: "" };

function restore() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const wanted = hash.get("lang") || new URLSearchParams(location.search).get("lang");
  const asked = [wanted, ...(navigator.languages || [navigator.language])].filter(Boolean);
  view.lang = asked.map((name) => (/^pt/i.test(name) ? "pt-BR" : /^en/i.test(name) ? "en" : "")).find(Boolean) || "en";
  view.index = cells.has(hash.get("index")) ? hash.get("index") : "";
  const states = (hash.get("state") || "").split(",").filter((state) => STATES.includes(state));
  view.states = new Set(states.length ? states : STATES);
  view.from = day(hash.get("from"));
  view.to = day(hash.get("to"));
  view.text = hash.get("text") || "";
  view.months = new Set((hash.get("months") || "").split(",").filter((month) => /^\d{4}-\d\d(~\d{4}-\d\d)?$/.test(month)));
  const [index, one] = (hash.get("cell") || "").split(".");
  view.cell = cells.get(index)?.has(one) ? `${index}.${one}` : "";
}

function keep() {
  const hash = new URLSearchParams();
  hash.set("lang", view.lang);
  if (view.index) hash.set("index", view.index);
  if (view.states.size < STATES.length) hash.set("state", STATES.filter((state) => view.states.has(state)).join(","));
  for (const name of ["from", "to", "text", "cell"]) if (view[name]) hash.set(name, view[name]);
  if (view.months.size) hash.set("months", [...view.months].sort().join(","));
  history.replaceState(null, "", `#${hash.toString().replaceAll("%2C", ",")}`);
}

const day = (text) => (/^\d{4}-\d\d-\d\d$/.test(text || "") ? text : "");

// Words.
function say(key, values = {}) {
  const found = key.split(".").reduce((part, name) => part?.[name], texts[view.lang]);
  return String(found ?? key.split(".").pop()).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
const counted = (count, noun) => `${number(count)} ${say(`nouns.${noun}.${count === 1 ? "one" : "many"}`)}`;
const isPortuguese = () => view.lang === "pt-BR";
const shortDate = (text) => (isPortuguese() ? text.split("-").reverse().join("/") : text);
const date = (text, options) => new Intl.DateTimeFormat(view.lang, { ...options, timeZone: "UTC" }).format(new Date(`${text}T00:00Z`));
const longDate = (text) => date(text, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const monthName = (months) => months.split("~").map((month) => date(`${month}-01`, { month: "short", year: "numeric" })).join(" – ");
const time = (seconds) => {
  const [day, hour] = new Date(seconds * 1000).toISOString().slice(0, 16).split("T");
  return `${shortDate(day)} ${hour} UTC`;
};
const number = (value) => value.toLocaleString(view.lang);
// A figure as a rule found it, digits unchanged, with the dates in it.
function figure(text) {
  if (!isPortuguese()) return text;
  return text.replace(/\d{4}-\d\d-\d\d/g, shortDate).replace(/^-?\d+\.\d+$/, (digits) => digits.replace(".", ","));
}

// Elements; text is always text, never markup.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}
const sign = (state) => make("span", { class: `sign ${state}`, "aria-hidden": "true" }, SIGNS[state]);

// Which cells fit the filters.
function fits(cell) {
  return view.states.has(cell.state) && (!view.text || words(cell).includes(view.text.toLowerCase()));
}
function words(cell) {
  const about = cell.about ? [cell.about[3], site.sources[cell.about[0]]] : [];
  const reasons = cell.reasons.flatMap((one) => [one.rule, one.table, one.seen, one.seen && figure(one.seen), one.payload, site.runs[one.run].id, explained(one)]);
  const why = cell.state === "holiday" ? [site.closed[cell.day]?.[view.lang]] : [];
  return [cell.index, cell.day, shortDate(cell.day), ...about, ...reasons, ...why, ...cell.withdrawn].filter(Boolean).join(" ").toLowerCase();
}
const inSpan = (day) => (!view.from || day >= view.from) && (!view.to || day <= view.to);

function chosen() {
  const rows = new Map();
  const days = new Set();
  for (const index of INDICES) {
    if (view.index && index !== view.index) continue;
    const fitting = [...cells.get(index).values()].filter((cell) => inSpan(cell.day) && fits(cell));
    if (!fitting.length) continue;
    rows.set(index, new Map(fitting.map((cell) => [cell.day, cell])));
    fitting.forEach((cell) => days.add(cell.day));
  }
  return { rows, months: byMonth(site.days.filter((day) => days.has(day)), capturedMonths()) };
}

// Months of which the lake holds something of the chosen indices.
function capturedMonths() {
  const months = new Set();
  for (const index of view.index ? [view.index] : INDICES)
    for (const { day, state, reasons, withdrawn } of cells.get(index).values())
      if (!["missing", "holiday"].includes(state) || reasons.length || withdrawn.length) months.add(day.slice(0, 7));
  return months;
}

// The newest captured months stand open, as many as go on a screen. Months in a row that nobody
// captured are one column. A person may open and shut each.
function byMonth(days, captured) {
  const months = new Map();
  for (const day of days) months.set(day.slice(0, 7), [...(months.get(day.slice(0, 7)) || []), day]);
  let shown = 0;
  const columns = [...months].map(([month, days]) => {
    const isCaptured = captured.has(month);
    if (isCaptured) shown += days.length;
    const isNew = isCaptured && (shown <= OPEN_DAYS || shown === days.length);
    return { month, days, isCaptured, isOpen: isNew !== view.months.has(month) };
  });
  return together(columns).flatMap(spanned);
}

function together(columns) {
  const runs = [];
  for (const column of columns) {
    const last = runs.at(-1);
    if (last && !column.isCaptured && !last[0].isCaptured) last.push(column);
    else runs.push([column]);
  }
  return runs;
}

function spanned(run) {
  if (run.length === 1) return run;
  const span = `${run.at(-1).month}~${run[0].month}`;
  if (view.months.has(span)) return [{ ...run[0], span }, ...run.slice(1)];
  return [{ month: span, days: run.flatMap(({ days }) => days), isOpen: false }];
}
