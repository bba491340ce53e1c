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
  if (cell.state === "withheld") return [coded(say("whatWithheld"))];
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
    ...(one.seen === null ? [] : [[say("seen"), figure(one.seen)]]),
    [say("severity"), say(`severities.${one.severity}`)],
    [say("table"), make("code", {}, [one.table, one.column].filter(Boolean).join("."))],
  ];
  return make("div", { class: `reason ${{ blocking: "refuses", withheld: "withholds" }[one.severity] || "warns"}` }, make("p", {}, make("span", { class: "quiet" }, `${say("broken")} `), explained(one) || one.rule), facts(rows));
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
