// What a search engine will show, while it is typed; and a word before what was typed is lost.
"use strict";

for (const form of document.querySelectorAll("[data-editor]")) {
  const shown = [...form.querySelectorAll("[data-shows]")];
  const tell = () => {
    for (const place of shown) {
      const names = place.dataset.shows.split(" ");
      const value = names.map((name) => form.elements[name]?.value.trim()).find(Boolean);
      place.textContent = value ?? "";
    }
  };
  let isTouched = false;
  form.addEventListener("input", () => {
    isTouched = true;
    tell();
  });
  form.addEventListener("submit", () => {
    isTouched = false;
  });
  addEventListener("beforeunload", (event) => {
    if (isTouched) event.preventDefault();
  });
  tell();
}
