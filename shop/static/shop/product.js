// The larger picture in a dialog, and arrow keys through the pictures. Without this script the
// pictures are links: to the next one, and to the file itself.
"use strict";

(() => {
  const gallery = () => document.getElementById("pictures");

  // Of the gallery; of a review's photos, whose links lead to them in full.
  function pictures(place) {
    const thumbs = [...place.querySelectorAll(".thumbs img")];
    const found = thumbs.length ? thumbs : [...place.querySelectorAll(".zoom img, .zoom-photo img")];
    return found.map((image) => ({
      src: image.closest(".zoom-photo")?.href ?? image.src,
      alt: image.alt,
    }));
  }

  function button(words, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button";
    made.textContent = words;
    made.addEventListener("click", act);
    return made;
  }

  function enlarge(group, src, opener) {
    const all = pictures(group);
    let place = Math.max(0, all.findIndex((picture) => picture.src === src));
    const words = group.dataset;
    const dialog = document.createElement("dialog");
    dialog.className = "large";
    const image = document.createElement("img");
    const acts = document.createElement("div");
    acts.className = "large-acts";
    const show = (step) => {
      place = (place + step + all.length) % all.length;
      image.src = all[place].src;
      image.alt = all[place].alt;
    };
    const close = button(words.close, () => dialog.close());
    if (all.length > 1) {
      acts.append(button(words.previous, () => show(-1)));
      acts.append(button(words.next, () => show(1)));
      dialog.addEventListener("keydown", (event) => {
        if (event.key === "ArrowRight") show(1);
        if (event.key === "ArrowLeft") show(-1);
      });
    }
    acts.append(close);
    image.addEventListener("click", () => dialog.close());
    dialog.append(image, acts);
    dialog.addEventListener("close", () => {
      dialog.remove();
      opener.focus();
    });
    show(0);
    document.body.append(dialog);
    dialog.showModal();
    close.focus();
  }

  // On the document: HTMX replaces the gallery.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#pictures .zoom, .zoom-photo");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const photos = link.closest(".review-photos");
    if (photos) enlarge(photos, link.href, link);
    else enlarge(gallery(), link.querySelector("img").src, link);
  });

  document.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !event.target.closest("#pictures")) return;
    const thumbs = [...gallery().querySelectorAll(".thumbs a")];
    const now = thumbs.findIndex((thumb) => thumb.hasAttribute("aria-current"));
    const next = thumbs[(now + step + thumbs.length) % thumbs.length];
    if (!next) return;
    event.preventDefault();
    next.click();
    // The new gallery has the focus where the old one had it.
    document.body.addEventListener(
      "htmx:afterSettle",
      () => [...gallery().querySelectorAll(".thumbs a")]
        .find((thumb) => thumb.hasAttribute("aria-current"))?.focus(),
      { once: true },
    );
  });
})();
