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
  for (const { month, days, isOpen, span } of months) {
    const count = days.length;
    const label = say(month.includes("~") ? "months" : "month", { month: monthName(month), sessions: counted(count, "session"), weekdays: counted(count, "weekday") });
    const button = make("button", { type: "button", "aria-expanded": isOpen, "data-month": month, "aria-label": label }, `${isOpen ? "▾" : "▸"} ${monthName(month)}`);
    top.append(make("th", isOpen ? { scope: "colgroup", colspan: days.length } : { scope: "col", rowspan: 2, class: "shut" }, span ? spanButton(span) : null, button));
    if (isOpen) low.append(...days.map((one, place) => dayHead(one, place)));
  }
  return [top, low];
}

// Puts the months of an opened span together again.
function spanButton(span) {
  const label = say("hideMonths", { month: monthName(span) });
  return make("button", { type: "button", "aria-expanded": true, "data-month": span, "aria-label": label, title: label }, "▾▾");
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
  const counts = WORST.filter(count).map((state) => `${say(`states.${state}`)}: ${number(count(state))}`).join(", ");
  // What passed in a month of few captures is not lost among what is missing.
  const signs = worst === "missing" ? ["passed", "quadrimester", "warned", "missing"].filter(count) : [worst];
  const label = say("monthCell", { index, month: monthName(month), counts });
  return make("button", { type: "button", class: `cell ${worst}`, "aria-label": label, title: counts, "data-month": month, "data-row": index, tabindex: -1 }, signs.map((state) => `${SIGNS[state]} ${number(count(state))}`).join(" "));
}

function toggle(month, row) {
  view.months.has(month) ? view.months.delete(month) : view.months.add(month);
  keep();
  drawGrid();
  const one = (place) => at("grid").querySelector(place);
  const newest = month.split("~").at(-1);
  const cell = row && (one(`[data-cell^="${row}.${month}"]`) || one(`[data-row="${row}"][data-month="${newest}"]`));
  focusOn(cell || one(`thead [data-month="${month}"]`) || one(`thead [data-month="${newest}"]`));
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
