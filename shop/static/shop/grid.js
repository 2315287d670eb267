// A sheet of cells: a paste fills the cells from where it began, arrows go up and down.
"use strict";

for (const table of document.querySelectorAll("[data-grid]")) {
  const rows = [...table.querySelectorAll("tbody tr")].map((row) => [
    ...row.querySelectorAll("input:not([type=hidden])"),
  ]);
  const placeOf = (cell) => {
    for (const [down, cells] of rows.entries()) {
      const across = cells.indexOf(cell);
      if (across >= 0) return [down, across];
    }
    return null;
  };

  // What differs from what the server sent is marked until it is sent back.
  const mark = (cell) => cell.classList.toggle("touched", cell.value !== cell.defaultValue);
  table.addEventListener("input", (event) => mark(event.target));

  table.addEventListener("paste", (event) => {
    const place = placeOf(event.target);
    const text = event.clipboardData?.getData("text/plain") ?? "";
    // One value goes into its cell as ever.
    if (!place || !/[\t\n]./.test(text)) return;
    event.preventDefault();
    const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
    for (const [down, line] of lines.entries()) {
      for (const [across, value] of line.split("\t").entries()) {
        const cell = rows[place[0] + down]?.[place[1] + across];
        if (!cell || cell.readOnly) continue;
        cell.value = value.trim();
        mark(cell);
      }
    }
  });

  table.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const place = step && placeOf(event.target);
    if (!place) return;
    const cell = rows[place[0] + step]?.[place[1]];
    if (!cell) return;
    event.preventDefault();
    cell.focus();
    cell.select();
  });
}
