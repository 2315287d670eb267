// Rows of a list that are picked: all of a page at once, and how many.
"use strict";

for (const form of document.querySelectorAll("[data-picking]")) {
  const all = form.querySelector("[data-pick-all]");
  const told = form.querySelector("[data-picked]");
  if (!all || !told) continue;
  const boxes = [...form.querySelectorAll("tbody .pick input[type=checkbox]")];
  all.hidden = false;

  const tell = () => {
    const picked = boxes.filter((box) => box.checked).length;
    all.checked = picked === boxes.length;
    all.indeterminate = picked > 0 && picked < boxes.length;
    told.hidden = picked === 0;
    told.textContent = picked;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    tell();
  });
  form.addEventListener("change", tell);
  // The browser may have kept what was picked.
  tell();
}
