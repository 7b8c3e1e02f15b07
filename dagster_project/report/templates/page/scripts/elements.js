// Making elements. Belongs here: elements that say nothing of studies. Does not belong here: what they show.

function append(parent, tag, text = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  parent.append(element);
  return element;
}

/** A table with its headings and an empty body. Returns the body. */
function appendTable(parent, columns) {
  const table = append(parent, "table"), headings = append(append(table, "thead"), "tr");
  for (const column of columns) append(headings, "th", column).scope = "col";
  return append(table, "tbody");
}

/** A row with its heading. Returns the row. */
function appendRow(tableBody, heading) {
  const row = append(tableBody, "tr");
  append(row, "th", heading).scope = "row";
  return row;
}

/** A box that scrolls sideways. */
function appendScroller(parent, label) {
  const scroller = append(parent, "div");
  scroller.className = "scroll";
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "group");
  scroller.setAttribute("aria-label", label);
  return scroller;
}

/** Terms and texts, as a list. Returns the list. */
function appendLines(parent, lines) {
  const list = append(parent, "dl");
  for (const { term, text } of lines) {
    append(list, "dt", term);
    append(list, "dd", text);
  }
  return list;
}
