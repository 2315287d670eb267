// The search box as a palette: results while one types, chosen by the arrows (the combobox
// pattern of the ARIA guide), opened from anywhere by Ctrl+K, Cmd+K or "/".
"use strict";

const PAUSE_MS = 150;

function start(form) {
  const box = form.querySelector("input[type=search]");
  const panel = form.querySelector("[role=listbox]");
  const told = form.querySelector("[role=status]");
  const key = form.querySelector("kbd");
  let options = [];
  let active = -1;
  let timer = 0;
  let asked = null;

  box.setAttribute("role", "combobox");
  box.setAttribute("aria-controls", panel.id);
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-expanded", "false");
  if (key) {
    key.hidden = false;
    if (/Mac|iP/.test(navigator.platform)) key.textContent = "⌘ K";
  }

  const choose = (index) => {
    if (options[active]) options[active].setAttribute("aria-selected", "false");
    active = index;
    const option = options[active];
    if (!option) return box.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    box.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    panel.hidden = true;
    box.setAttribute("aria-expanded", "false");
    choose(-1);
  };
  const open = () => {
    panel.hidden = options.length === 0;
    box.setAttribute("aria-expanded", String(options.length > 0));
  };
  const show = (html) => {
    choose(-1);
    panel.innerHTML = html;
    options = [...panel.querySelectorAll("[role=option]")];
    // Two boxes may stand on one page.
    for (const option of options) option.id = `${panel.id}-${option.id}`;
    panel.firstElementChild?.removeAttribute("id");
    const count = panel.firstElementChild?.dataset.count ?? "0";
    told.textContent = `${count} found`;
    open();
  };
  const ask = async () => {
    asked?.abort();
    const term = box.value.trim();
    if (term.length < 2) {
      options = [];
      told.textContent = "";
      return close();
    }
    asked = new AbortController();
    const address = `${form.action}?${new URLSearchParams({ q: term, part: "1" })}`;
    try {
      const answer = await fetch(address, { signal: asked.signal });
      // A log-in page that comes in its place is not for the list.
      if (answer.ok && !answer.redirected) show(await answer.text());
    } catch (error) {
      // Enter still sends the form.
      if (error.name !== "AbortError") close();
    }
  };

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  box.addEventListener("focus", () => options.length && open());
  box.addEventListener("keydown", (event) => {
    const last = options.length - 1;
    if (event.key === "Escape" && !panel.hidden) close();
    else if (event.key === "ArrowDown" && last >= 0) {
      open();
      choose(active >= last ? 0 : active + 1);
    } else if (event.key === "ArrowUp" && last >= 0) {
      open();
      choose(active <= 0 ? last : active - 1);
    } else if (event.key === "Enter" && options[active]) options[active].click();
    else return;
    event.preventDefault();
  });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) close();
  });
  // Else the box loses the focus, and the list its link, before the click arrives.
  panel.addEventListener("mousedown", (event) => event.preventDefault());
}

function listen() {
  const forms = [...document.querySelectorAll("[data-find]")];
  forms.forEach(start);
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest("input, textarea, select, [contenteditable]");
    const asks =
      (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) ||
      // Over a list it is the list's own box that the theme opens.
      (event.key === "/" && !writing && !document.getElementById("searchbar"));
    if (!asks) return;
    const boxes = forms.map((form) => form.querySelector("input[type=search]"));
    const box = boxes.reverse().find((one) => one.offsetParent !== null);
    event.preventDefault();
    if (box) {
      box.focus();
      box.select();
    } else if (forms.length) location.assign(forms[0].action);
  });
}

// The page may name the script twice.
if (!window.paletteListens) {
  window.paletteListens = true;
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", listen);
  else listen();
}
