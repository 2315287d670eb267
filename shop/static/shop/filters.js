// On a narrow screen the filters open as a sheet over the list. Without this script they open
// above it, and their button leads to the result.
"use strict";

(() => {
  const narrow = matchMedia("(width < 56rem)");
  const filters = () => document.getElementById("filters");
  const form = () => document.getElementById("facets");
  let sheet = null;

  // What the list says of itself, whenever it has changed.
  function tell() {
    const words = document.querySelector("#listing [data-show]")?.dataset.show;
    if (!sheet || !words) return;
    form().querySelector("[type=submit]").textContent = words;
    // A page below a sheet is silent: what changed is said in the sheet.
    form().querySelector("[role=status]").textContent = words;
  }

  function open() {
    const button = form().querySelector("[type=submit]");
    const usual = button.textContent;
    sheet = document.createElement("dialog");
    sheet.className = "filters sheet";
    sheet.setAttribute("aria-label", form().getAttribute("aria-label"));
    sheet.addEventListener("close", () => {
      filters().append(form());
      button.textContent = usual;
      sheet.remove();
      sheet = null;
      if (narrow.matches) filters().querySelector("summary").focus();
    });
    // Beside the sheet: its own surface covers all of the dialog.
    sheet.addEventListener("click", (event) => {
      if (event.target === sheet) sheet.close();
    });
    sheet.append(form());
    document.body.append(sheet);
    sheet.showModal();
    tell();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("#facets [data-close]")) return sheet?.close();
    if (!narrow.matches || !event.target.closest("#filters > summary")) return;
    if (filters().open) return;
    event.preventDefault();
    open();
  });

  // All that was chosen is in the list already; the button only leads there.
  document.addEventListener("submit", (event) => {
    if (!sheet || event.target !== form()) return;
    event.preventDefault();
    sheet.close();
  });

  narrow.addEventListener("change", () => sheet?.close());
  document.addEventListener("htmx:afterSettle", (event) => {
    tell();
    // A chip that was taken away takes the focus along: go on from the list, not from the top.
    if (event.target.id === "listing" && document.activeElement === document.body) {
      event.target.focus({ preventScroll: true });
    }
  });
})();
