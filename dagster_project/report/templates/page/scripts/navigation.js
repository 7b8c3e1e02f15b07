// Moving through the page: clicks, keys, links and paper. Belongs here: what listens to them. Does not belong here: the dialog.

const openButton = button => openNumbers(button.dataset.results.split(" "));

/** A table is one stop of the tab key; arrows lead from number to number. */
function makeGrid(table) {
  const buttonOf = event => event.target.closest("button[data-results]");
  const rows = [...table.rows].map(row => [...row.querySelectorAll("button[data-results]")]).filter(row => row.length);
  const columns = rows.map(row => row.map(button => button.closest("td").cellIndex));
  let tabStop = rows[0]?.[0];
  const moveTabStop = button => {
    if (tabStop) tabStop.tabIndex = -1;
    tabStop = button;
    tabStop.tabIndex = 0;
  };
  for (const button of rows.flat()) button.tabIndex = -1;
  if (tabStop) tabStop.tabIndex = 0;
  table.addEventListener("focusin", event => { if (buttonOf(event)) moveTabStop(buttonOf(event)); });
  table.addEventListener("click", event => { if (buttonOf(event)) openButton(buttonOf(event)); });
  table.addEventListener("keydown", event => {
    const row = rows.findIndex(buttons => buttons.includes(event.target));
    if (row < 0) return;
    const position = nextPosition(columns, row, rows[row].indexOf(event.target), event.key);
    if (!position) return;
    event.preventDefault();
    const button = rows[position.row][position.index];
    button.focus({ preventScroll: true });
    button.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}

/** index.html#change/wellbeing/T1-T2/p opens that number; a link into a fold opens the fold. */
function followHash() {
  let id = location.hash.slice(1);
  try {
    id = decodeURIComponent(id);
  } catch { /* not an address of this page */ }
  const target = document.getElementById(id), targetFold = target?.closest("details");
  if (targetFold) {
    targetFold.open = true;
    target.scrollIntoView();
  }
  if (!numbers.has(id)) {
    if (id && !target) {
      openNumbers([]);
      append(dialogBody, "p", `${id}: this page has no such number. wavehouse trace names the nearest, and results.results lists all.`);
    }
    return;
  }
  const button = [...document.querySelectorAll("button[data-results]")].find(candidate => candidate.dataset.results.split(" ").includes(id));
  const buttonFold = button?.closest("details");
  if (buttonFold) buttonFold.open = true;
  button?.focus();
  openNumbers([id]);
}

for (const table of document.querySelectorAll("main table:not(.joint)")) makeGrid(table);
for (const button of document.querySelectorAll(".flow button, .joint button")) button.addEventListener("click", () => openButton(button));
window.addEventListener("hashchange", followHash);
// A link to the hash that the address has already changes nothing that the browser would tell.
document.addEventListener("click", event => { if (event.target.closest("a")?.hash === location.hash && location.hash) followHash(); });

// Beside the page the contents are open, above it they are folded, so that the page opens with the answer.
const contents = document.querySelector("nav details"), isBeside = matchMedia("(min-width: 64rem)");
const foldContents = () => { contents.open = isBeside.matches; };
isBeside.addEventListener("change", foldContents);
foldContents();

// On paper every fold is open.
let closedFolds = [];
window.addEventListener("beforeprint", () => {
  closedFolds = [...document.querySelectorAll("main details:not([open])")];
  for (const fold of closedFolds) fold.open = true;
});
window.addEventListener("afterprint", () => { for (const fold of closedFolds) fold.open = false; });
followHash();
