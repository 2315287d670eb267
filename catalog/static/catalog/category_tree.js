// The tree of departments: branches open in place, and move by drag and by Alt with an arrow.
// The server decides every move; the page is read anew after it.
"use strict";

(() => {
  const tree = document.querySelector("[data-tree]");
  if (!tree) return;
  const told = tree.querySelector("[data-told]");
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const mayChange = "mayChange" in tree.dataset && token;
  const WAYS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "out", ArrowRight: "in" };
  const FOCUS = "soko.tree.focus";

  const nodeOf = (element) => element.closest("[data-node]");
  const openKeys = () =>
    [...tree.querySelectorAll("[data-open]")].map((one) => nodeOf(one).dataset.node);

  const setOpen = (toggle, isOpen) => {
    toggle.toggleAttribute("data-open", isOpen);
    toggle.setAttribute("aria-expanded", String(isOpen));
    const list = nodeOf(toggle).querySelector(":scope > [data-branches]");
    if (list) list.hidden = !isOpen;
  };
  const dress = (within) => {
    for (const toggle of within.querySelectorAll("[data-toggle]")) {
      toggle.setAttribute("role", "button");
      toggle.setAttribute("aria-expanded", String("open" in toggle.dataset));
    }
    if (mayChange) for (const row of within.querySelectorAll("[data-row]")) row.draggable = true;
  };
  const toggleBranch = async (toggle) => {
    const node = nodeOf(toggle);
    if (!node.querySelector(":scope > [data-branches]")) {
      const answer = await fetch(toggle.dataset.toggle);
      if (!answer.ok || answer.redirected) return location.assign(toggle.href);
      node.insertAdjacentHTML("beforeend", await answer.text());
      dress(node);
      setOpen(toggle, true);
    } else setOpen(toggle, !("open" in toggle.dataset));
  };

  const change = async (node, fields) => {
    const sent = new URLSearchParams({ ...fields, id: node.dataset.node, quiet: "1" });
    const answer = await fetch(tree.dataset.change, {
      method: "POST",
      headers: { "X-CSRFToken": token },
      body: sent,
    });
    if (answer.status === 204) {
      const where = new URL(location.href);
      where.search = "";
      // The browser would take the focus to it, away from what was moved.
      where.hash = "";
      where.searchParams.set("at", node.dataset.node);
      for (const key of openKeys()) where.searchParams.append("open", key);
      sessionStorage.setItem(FOCUS, node.dataset.node);
      return location.replace(where);
    }
    const words = answer.status === 409 ? await answer.text() : "That did not work. Try again.";
    told.textContent = words;
    told.className = "desk-note desk-note-bad";
  };

  tree.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-toggle]");
    if (toggle) {
      event.preventDefault();
      toggleBranch(toggle);
      return;
    }
    // What stands open stays so on the page that follows.
    const name = event.target.closest("[data-choose]");
    if (!name) return;
    const where = new URL(name.href);
    for (const key of openKeys()) where.searchParams.append("open", key);
    name.href = where;
  });
  tree.addEventListener("keydown", (event) => {
    const toggle = event.target.closest("[data-toggle]");
    if (toggle && event.key === " ") {
      event.preventDefault();
      toggleBranch(toggle);
    }
    const way = WAYS[event.key];
    if (!mayChange || !event.altKey || !way || !event.target.closest("[data-choose]")) return;
    event.preventDefault();
    change(nodeOf(event.target), { what: way });
  });

  // Drag: onto the middle of a row goes below it, onto its edges before or behind it.
  let dragged = null;
  const placeOf = (row, y) => {
    const box = row.getBoundingClientRect();
    const share = (y - box.top) / box.height;
    return share < 0.3 ? "before" : share > 0.7 ? "behind" : "below";
  };
  const unmark = () =>
    tree.querySelectorAll("[data-drop]").forEach((row) => row.removeAttribute("data-drop"));
  tree.addEventListener("dragstart", (event) => {
    const row = event.target.closest("[data-row]");
    if (!mayChange || !row) return;
    dragged = nodeOf(row);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.node);
  });
  tree.addEventListener("dragover", (event) => {
    const row = event.target.closest("[data-row]");
    if (!dragged || !row || dragged.contains(row)) return unmark();
    event.preventDefault();
    unmark();
    row.dataset.drop = placeOf(row, event.clientY);
  });
  tree.addEventListener("dragend", () => {
    dragged = null;
    unmark();
  });
  tree.addEventListener("drop", (event) => {
    const row = event.target.closest("[data-row]");
    if (!dragged || !row || dragged.contains(row)) return;
    event.preventDefault();
    const target = nodeOf(row);
    const place = placeOf(row, event.clientY);
    const parent = target.parentElement.closest("[data-node]")?.dataset.node ?? "";
    const next = target.nextElementSibling;
    if (place === "below") change(dragged, { what: "move", parent: target.dataset.node });
    else if (place === "before")
      change(dragged, { what: "move", parent, before: target.dataset.node });
    else change(dragged, { what: "move", parent, before: next?.dataset.node ?? "" });
  });

  dress(tree);
  // Where the two halves stand side by side, the chosen one is brought beside its panel.
  if (matchMedia("(width >= 64rem)").matches)
    tree.querySelector("[data-chosen]")?.scrollIntoView({ block: "center" });
  const key = sessionStorage.getItem(FOCUS);
  if (key) {
    sessionStorage.removeItem(FOCUS);
    tree.querySelector(`[data-node="${CSS.escape(key)}"] [data-choose]`)?.focus();
  }
})();
