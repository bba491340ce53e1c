"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const site = read("site");
  const texts = read("texts");
  const at = (id) => document.getElementById(id);

  const SIGNS = { passed: "✓", warned: "!", refused: "✕", missing: "○", holiday: "–" };
  const STATES = Object.keys(SIGNS);
  const WORST = ["refused", "missing", "warned", "passed", "holiday"];
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
      const isPublished = state === "passed" || state === "warned";
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
    view.months = new Set((hash.get("months") || "").split(",").filter((month) => /^\d{4}-\d\d$/.test(month)));
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
  const date = (text, options) => new Intl.DateTimeFormat(view.lang, { ...options, timeZone: "UTC" }).format(new Date(`${text}T00:00Z`));
  const longDate = (text) => date(text, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const monthName = (month) => date(`${month}-01`, { month: "short", year: "numeric" });
  const time = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ") + " UTC";
  const number = (value) => value.toLocaleString(view.lang);

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
    const reasons = cell.reasons.flatMap((one) => [one.rule, one.table, one.seen, one.payload, site.runs[one.run].id, explained(one)]);
    const why = cell.state === "holiday" ? [site.closed[cell.day]?.[view.lang]] : [];
    return [cell.index, cell.day, ...about, ...reasons, ...why, ...cell.withdrawn].filter(Boolean).join(" ").toLowerCase();
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
    return { rows, months: byMonth(site.days.filter((day) => days.has(day))) };
  }

  // The newest months stand open, as many as go on a screen; a person may open and shut each.
  function byMonth(days) {
    const months = new Map();
    for (const day of days) months.set(day.slice(0, 7), [...(months.get(day.slice(0, 7)) || []), day]);
    let shown = 0;
    return [...months].map(([month, days]) => {
      shown += days.length;
      const isNew = shown <= OPEN_DAYS || shown === days.length;
      return { month, days, isOpen: isNew !== view.months.has(month) };
    });
  }

  // The table.
  function drawGrid() {
    const { rows, months } = chosen();
    const shown = [...rows.values()].reduce((sum, row) => sum + row.size, 0);
    at("count").textContent = shown ? say("counted", { cells: number(shown), all: number(cellCount) }) : say("none");
    at("scroll").hidden = !shown;
    const [head, body] = [at("grid").tHead, at("grid").tBodies[0]];
    head.replaceChildren(...heads(months));
    body.replaceChildren(...[...rows].map(([index, row]) => make("tr", {}, make("th", { scope: "row" }, index), ...months.flatMap((one) => tds(index, row, one)))));
    const first = body.querySelector("button");
    if (first) first.tabIndex = 0;
  }

  function heads(months) {
    const top = make("tr", {}, make("th", { class: "corner", scope: "col", rowspan: 2 }, say("index")));
    const low = make("tr");
    for (const { month, days, isOpen } of months) {
      const button = make("button", { type: "button", "aria-expanded": isOpen, "data-month": month, "aria-label": say("month", { month: monthName(month), count: days.length }) }, `${isOpen ? "▾" : "▸"} ${monthName(month)}`);
      top.append(make("th", isOpen ? { scope: "colgroup", colspan: days.length } : { scope: "col", rowspan: 2, class: "shut" }, button));
      if (isOpen) low.append(...days.map((one, place) => dayHead(one, place)));
    }
    return [top, low];
  }

  function dayHead(one, place) {
    const time = make("time", { datetime: one, title: longDate(one) }, make("span", { class: "dow" }, date(one, { weekday: "narrow" })), String(Number(one.slice(8))));
    return make("th", { scope: "col", class: place ? null : "first" }, time);
  }

  function tds(index, row, { month, days, isOpen }) {
    if (!isOpen) return [make("td", { class: "first" }, monthButton(index, row, month, days))];
    return days.map((day, place) => make("td", { class: place ? null : "first" }, row.has(day) ? cellButton(row.get(day)) : ""));
  }

  function cellButton({ index, day, state }) {
    const label = say("cell", { index, date: longDate(day), state: say(`states.${state}`) });
    return make("button", { type: "button", class: `cell ${state}`, "aria-label": label, "aria-haspopup": "dialog", "data-cell": `${index}.${day}`, tabindex: -1 }, SIGNS[state]);
  }

  function monthButton(index, row, month, days) {
    const held = days.map((day) => row.get(day)?.state).filter(Boolean);
    if (!held.length) return "";
    const count = (state) => held.filter((one) => one === state).length;
    const worst = WORST.find(count);
    const counts = WORST.filter(count).map((state) => `${say(`states.${state}`)}: ${count(state)}`).join(", ");
    const label = say("monthCell", { index, month: monthName(month), counts });
    return make("button", { type: "button", class: `cell ${worst}`, "aria-label": label, title: counts, "data-month": month, "data-row": index, tabindex: -1 }, `${SIGNS[worst]} ${count(worst)}`);
  }

  function toggle(month, row) {
    view.months.has(month) ? view.months.delete(month) : view.months.add(month);
    keep();
    drawGrid();
    const cell = row && at("grid").querySelector(`[data-cell^="${row}.${month}"]`);
    focusOn(cell || at("grid").querySelector(`thead [data-month="${month}"]`));
  }

  function focusOn(button) {
    if (!button) return;
    if (button.closest("tbody")) {
      at("grid").querySelectorAll("tbody button[tabindex='0']").forEach((other) => (other.tabIndex = -1));
      button.tabIndex = 0;
    }
    button.focus();
    button.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // Arrow keys: over days without a cell to the next that has one.
  function move(event) {
    const td = event.target.closest("tbody td");
    if (!td || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const row = td.parentElement;
    const ends = { Home: [...row.cells], End: [...row.cells].reverse() }[event.key];
    if (!step && !ends) return;
    event.preventDefault();
    focusOn(ends ? ends.map((cell) => cell.querySelector("button")).find(Boolean) : next(td, step));
  }
  function next(td, [down, right]) {
    const rows = at("grid").tBodies[0].rows;
    let [y, x] = [td.parentElement.sectionRowIndex + down, td.cellIndex + right];
    for (; rows[y]?.cells[x]; y += down, x += right) {
      const button = rows[y].cells[x].querySelector("button");
      if (button) return button;
    }
    return null;
  }

  // One cell's reasons.
  function show(name) {
    const [index, day] = name.split(".");
    const cell = cells.get(index).get(day);
    view.cell = name;
    keep();
    drawDetail(cell);
    at("detail").showModal();
    at("detail-title").focus();
  }

  function drawDetail(cell) {
    const state = say(`states.${cell.state}`);
    at("detail-title").replaceChildren(`${cell.index}, ${longDate(cell.day)} `, make("span", { class: `sign ${cell.state}` }, `${SIGNS[cell.state]} ${state}`));
    at("detail-body").replaceChildren(...introduced(cell), ...payloads(cell), ...taken(cell));
    at("detail").scrollTop = 0;
  }

  function introduced(cell) {
    if (cell.state === "missing") return [coded(say("whatMissing"))];
    if (cell.state === "holiday") return [make("p", {}, say("whatHoliday", { why: site.closed[cell.day]?.[view.lang] }))];
    if (cell.state === "refused") return [coded(say("whatRefused"))];
    const own = cell.reasons.filter((one) => one.published);
    return [make("h3", {}, `${say("publishedPayload")} `, make("code", {}, cell.about[3])), facts(published(cell.about)), ...own.map(reason), ...judged(own)];
  }
  // `code` in a sentence of ours.
  const coded = (text) => make("p", {}, ...text.split("`").map((part, place) => (place % 2 ? make("code", {}, part) : part)));

  function published([source, seconds, positions]) {
    const name = site.sources[source];
    const first = site.runs.filter((run) => run.at >= seconds).pop();
    return [
      [say(name === "capture" ? "captured" : "imported"), time(seconds)],
      [say("source"), say(`sources.${name}`)],
      [say("positions"), number(positions)],
      ...(first ? [[say("firstRun"), make("span", {}, make("code", {}, first.id), " ", links(first))]] : []),
    ];
  }

  function payloads(cell) {
    const others = cell.reasons.filter((one) => !one.published);
    return [...new Set(others.map((one) => one.payload))].flatMap((payload) => {
      const those = others.filter((one) => one.payload === payload);
      const mark = those[0].withdrawn ? ` ${say("withdrawnMark")}` : null;
      return [make("h3", {}, `${say("otherPayload")} `, make("code", {}, payload), mark), ...those.map(reason), ...judged(those)];
    });
  }

  function taken(cell) {
    const told = new Set(cell.reasons.map((one) => one.payload));
    return cell.withdrawn.filter((payload) => !told.has(payload)).map((payload) => make("p", {}, say("withdrawn"), make("code", {}, payload)));
  }

  const explained = (one) => texts[view.lang].rules[one.rule.startsWith("contract: ") ? "contract" : texts[view.lang].rules[one.rule] ? one.rule : one.column] || "";

  function reason(one) {
    const rows = [
      [say("rule"), make("code", {}, one.rule)],
      ...(one.seen === null ? [] : [[say("seen"), one.seen]]),
      [say("severity"), say(`severities.${one.severity}`)],
      [say("table"), make("code", {}, [one.table, one.column].filter(Boolean).join("."))],
    ];
    return make("div", { class: `reason ${one.severity === "blocking" ? "refuses" : "warns"}` }, make("p", {}, make("span", { class: "quiet" }, `${say("broken")} `), explained(one) || one.rule), facts(rows));
  }

  // The reasons of a payload are of one run: the newest that looked at it.
  function judged(reasons) {
    if (!reasons.length) return [];
    const run = site.runs[reasons[0].run];
    return [facts([[say("run"), make("span", {}, make("code", {}, run.id), " ", links(run))], [say("checked"), time(run.at)]])];
  }

  const facts = (rows) => make("dl", {}, ...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));

  function links(run) {
    if (!run.pages.length) return make("span", { class: "quiet" }, `${say("pages")}: ${say("noPages")}`);
    const several = run.pages.length > 1;
    const made = run.pages.map((page, place) => make("a", { href: page }, say("pages") + (several ? ` ${place + 1}` : ""), make("span", { class: "hidden" }, ` ${run.id}`)));
    return make("span", {}, ...made.flatMap((link, place) => (place ? [", ", link] : [link])));
  }

  // Runs, and what could not be read.
  function drawRuns(all = false) {
    const columns = ["checked", "run", "refusedCount", "warnedCount", "withheldCount", "rulesVersion", "pages"];
    const isNumber = (name) => (name.endsWith("Count") ? "number" : null);
    at("runs").tHead.replaceChildren(make("tr", {}, ...columns.map((name) => make("th", { scope: "col", class: isNumber(name) }, say(name)))));
    const shown = all ? site.runs : site.runs.slice(0, RUNS_SHOWN);
    at("runs").tBodies[0].replaceChildren(...shown.map((run) => make("tr", {},
      make("th", { scope: "row" }, time(run.at)),
      make("td", {}, make("code", {}, run.id)),
      ...["refused", "warned", "withheld"].map((name) => make("td", { class: "number" }, number(run[name]))),
      make("td", {}, make("code", {}, run.rules)),
      make("td", {}, links(run)),
    )));
    at("more").hidden = shown.length === site.runs.length;
  }

  function drawUnread() {
    at("unread").hidden = !site.unread.length;
    at("unread-rows").tHead.replaceChildren(make("tr", {}, ...["rejected", "name", "reason", "payload"].map((name) => make("th", { scope: "col" }, say(name)))));
    at("unread-rows").tBodies[0].replaceChildren(...site.unread.map((note) => make("tr", {},
      make("td", {}, time(note.at)), make("td", { class: "long" }, note.name), make("td", { class: "long" }, note.reason), make("td", {}, make("code", {}, note.payload)),
    )));
  }

  // What stands still, in the language chosen.
  function drawTexts() {
    document.documentElement.lang = view.lang;
    document.title = `${say("title")}: ${site.lake}`;
    document.querySelectorAll("[data-text]").forEach((element) => (element.textContent = say(element.dataset.text)));
    document.querySelectorAll("[data-label]").forEach((element) => element.setAttribute("aria-label", say(element.dataset.label)));
    document.querySelectorAll("[data-placeholder]").forEach((element) => (element.placeholder = say(element.dataset.placeholder)));
    document.querySelectorAll("[data-lang]").forEach((button) => button.setAttribute("aria-pressed", button.dataset.lang === view.lang));
    const days = INDICES.flatMap((index) => [...cells.get(index).values()].filter((cell) => cell.about).map((cell) => cell.day)).sort();
    const facts = { lake: site.lake, indices: number(INDICES.length), sessions: number(days.length), first: days[0], last: days.at(-1), run: site.runs.length ? time(site.runs[0].at) : "–" };
    at("about").textContent = say(days.length ? "about" : "aboutEmpty", facts);
  }

  function drawFilters() {
    const counts = Object.fromEntries(STATES.map((state) => [state, 0]));
    for (const row of cells.values()) for (const cell of row.values()) counts[cell.state] += 1;
    at("states").replaceChildren(...STATES.map((state) => {
      const box = make("input", { type: "checkbox", name: "state", value: state });
      box.checked = view.states.has(state);
      return make("label", {}, box, sign(state), make("span", {}, `${say(`states.${state}`)} (${number(counts[state])})`));
    }));
    at("index").replaceChildren(make("option", { value: "" }, say("all")), ...INDICES.map((index) => make("option", { value: index }, index)));
    for (const name of ["index", "from", "to", "text"]) at(name).value = view[name];
  }

  function filter() {
    const boxes = [...at("states").querySelectorAll("input")];
    view.states = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    for (const name of ["index", "from", "to", "text"]) view[name] = at(name).value.trim();
    view.months.clear();
    keep();
    drawGrid();
  }

  function draw() {
    drawTexts();
    drawFilters();
    drawGrid();
    drawRuns();
    drawUnread();
    at("detail").close();
    if (view.cell) show(view.cell);
  }

  function listen() {
    at("filters").addEventListener("input", filter);
    at("filters").addEventListener("submit", (event) => event.preventDefault());
    at("reset").addEventListener("click", (event) => {
      event.preventDefault();
      Object.assign(view, { index: "", states: new Set(STATES), from: "", to: "", text: "", months: new Set() });
      keep();
      drawFilters();
      drawGrid();
    });
    at("grid").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.month) return toggle(button.dataset.month, button.dataset.row);
      focusOn(button);
      show(button.dataset.cell);
    });
    at("grid").addEventListener("keydown", move);
    at("close").addEventListener("click", () => at("detail").close());
    at("detail").addEventListener("click", (event) => event.target === at("detail") && at("detail").close());
    at("detail").addEventListener("close", closed);
    at("more").addEventListener("click", () => drawRuns(true));
    document.querySelector("nav").addEventListener("click", (event) => {
      const button = event.target.closest("[data-lang]");
      if (!button) return;
      view.lang = button.dataset.lang;
      keep();
      draw();
    });
    window.addEventListener("hashchange", () => { restore(); draw(); });
  }

  function closed() {
    if (at("detail").open) return;
    const button = at("grid").querySelector(`[data-cell="${view.cell}"]`);
    view.cell = "";
    keep();
    focusOn(button);
  }

  restore();
  listen();
  draw();
})();
