// The dialog of a number. Belongs here: its elements and what they do. Does not belong here: its texts (numbers.js, people.js).

const pageData = JSON.parse(document.getElementById("page-data").textContent);
const numbers = new Numbers(pageData);
const people = pageData.people && new People(pageData.people, pageData.item_labels);
const dialog = document.getElementById("number"), dialogBody = document.getElementById("number-body");

function openDialog() {
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

/** Open what is known of the numbers of these results. */
function openNumbers(resultIds) {
  const description = numbers.describe(resultIds);
  dialogBody.replaceChildren();
  for (const number of description.numbers) {
    append(append(dialogBody, "h3", `${number.printed} `), "small", number.resultId);
    const list = appendLines(dialogBody, number.lines);
    append(list, "dt", "In the terminal and in SQL");
    const commands = append(list, "dd");
    append(commands, "code", `wavehouse trace ${number.resultId}`);
    append(commands, "br");
    append(commands, "code", `from trace('${number.resultId}')`);
  }
  if (description.sharedLines.length) {
    append(dialogBody, "h3", "All of these");
    appendLines(dialogBody, description.sharedLines);
  }
  if (people) {
    for (const index of description.scopeIndexes) appendPeople(people.table(pageData.people.scopes[index]), dialogBody);
  }
  openDialog();
}

/** table: of People.table. */
function appendPeople(table, parent) {
  const fold = append(parent, "details");
  append(fold, "summary", table.summary);
  const tableBody = appendTable(appendScroller(fold, "Person by person"), table.columns);
  for (const person of table.rows) {
    const row = appendRow(tableBody, person.participantId);
    if (!person.isCounted) row.className = "left-out";
    if (person.group !== null) append(row, "td", person.group);
    for (const { wave, text } of person.values) {
      const cell = append(row, "td");
      if (text !== null) appendAnswersButton(cell, text, table, person, wave);
    }
    if (person.change !== null) append(row, "td", person.change);
    for (const text of person.facts) append(row, "td", text);
    if (person.returns !== null) append(row, "td", person.returns);
  }
}

/** A button that opens the answers behind a value in a row below its own, and closes them again. */
function appendAnswersButton(cell, text, table, person, wave) {
  const row = cell.parentElement, button = append(cell, "button", text);
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.dataset.wave = wave;
  button.addEventListener("click", () => {
    const nextRow = row.nextElementSibling, wasOpen = button.getAttribute("aria-expanded") === "true";
    if (nextRow?.classList.contains("answers")) {
      nextRow.remove();
      for (const rowButton of row.querySelectorAll("button")) rowButton.setAttribute("aria-expanded", "false");
    }
    if (wasOpen) return;
    button.setAttribute("aria-expanded", "true");
    const answersRow = document.createElement("tr"), answersCell = append(answersRow, "td");
    answersRow.className = "answers";
    answersCell.colSpan = table.columns.length;
    append(answersCell, "strong", person.participantId + (wave ? `, ${wave}` : ""));
    appendAnswers(people.answers(table.kind, table.measure, wave, person.personIndex), answersCell);
    row.after(answersRow);
  });
}

/** answers: of People.answers. */
function appendAnswers(answers, parent) {
  append(parent, "p", answers.summary);
  const tableBody = appendTable(parent, answers.columns);
  for (const { title, rows } of answers.blocks) {
    if (title !== null) {
      const heading = append(append(tableBody, "tr"), "th", title);
      heading.colSpan = answers.columns.length;
      heading.scope = "rowgroup";
    }
    for (const [item, ...cells] of rows) {
      const row = appendRow(tableBody, item);
      for (const text of cells) append(row, "td", text);
    }
  }
}

dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
