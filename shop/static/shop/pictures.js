// Pictures are dropped to be added, and dragged into their order. Buttons do the same without.
"use strict";

for (const form of document.querySelectorAll("[data-drop]")) {
  const zone = form.querySelector("[data-drop-zone]");
  const input = form.querySelector("input[type=file]");
  const words = zone.textContent;
  zone.hidden = false;
  const under = (is) => zone.classList.toggle("under", is);
  const tell = () => {
    const names = [...input.files].map((file) => file.name);
    zone.textContent = names.length ? names.join(", ") : words;
  };
  input.addEventListener("change", tell);
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      under(true);
    });
  }
  zone.addEventListener("dragleave", () => under(false));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    under(false);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    tell();
  });
}

// The list is swapped after each change: listeners are on what stays.
let dragged = null;
const cardOf = (target) => target.closest?.("[data-order] [data-key]");

document.addEventListener("dragstart", (event) => {
  dragged = cardOf(event.target);
  dragged?.classList.add("dragged");
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("dragged");
  dragged = null;
});
document.addEventListener("dragover", (event) => {
  const card = cardOf(event.target);
  if (!dragged || !card) return;
  event.preventDefault();
  for (const other of card.parentElement.children) other.classList.toggle("under", other === card && other !== dragged);
});
document.addEventListener("drop", (event) => {
  const card = cardOf(event.target);
  if (!dragged || !card || card === dragged) return;
  event.preventDefault();
  const cards = [...card.parentElement.children];
  if (cards.indexOf(dragged) < cards.indexOf(card)) card.after(dragged);
  else card.before(dragged);
  const form = card.closest("[data-order]");
  const order = form.elements.order;
  order.disabled = false;
  order.value = [...card.parentElement.children].map((one) => one.dataset.key).join(",");
  form.requestSubmit();
});

// A button that a picture does not have in its new place takes the focus with it: it goes to the
// picture's first one, and after a removal to the picture that stands there now.
let pressed = null;
document.addEventListener("click", (event) => {
  const card = event.target.closest?.(".picture-moves button") && cardOf(event.target);
  if (card) pressed = { key: card.dataset.key, place: [...card.parentElement.children].indexOf(card) };
});
document.addEventListener("htmx:afterSettle", () => {
  const was = pressed;
  pressed = null;
  if (!was || document.activeElement !== document.body) return;
  const cards = [...document.querySelectorAll("[data-order] [data-key]")];
  const card = cards.find((one) => one.dataset.key === was.key) ?? cards[Math.min(was.place, cards.length - 1)];
  (card?.querySelector(".picture-moves button") ?? document.querySelector("[data-drop] input[type=file]"))?.focus();
});
