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
  const facts = { lake: site.lake, indices: counted(INDICES.length, "index"), portfolios: counted(days.length, "published_portfolio"), first: days.length ? shortDate(days[0]) : "", last: days.length ? shortDate(days.at(-1)) : "", run: site.runs.length ? time(site.runs[0].at) : "–" };
  at("about").textContent = say(days.length ? "about" : "aboutEmpty", facts);
  drawLate();
}

// The indices that lack the session which the calendar asks for: the daily run may be dead.
function drawLate() {
  const late = Object.keys(site.late);
  at("late").hidden = !late.length;
  const newest = late.map((index) => site.late[index]).sort().at(-1);
  const facts = { day: shortDate(site.expected), late: number(late.length), indices: counted(INDICES.length, "index"), newest: newest && shortDate(newest) };
  at("late").replaceChildren(...coded(say("late", facts)).childNodes);
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
