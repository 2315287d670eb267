/* On a phone pages and tabs stand in rows that scroll: the current ones are brought into sight. */
for (const current of document.querySelectorAll(":is(.counter-nav, .tabs) [aria-current]")) {
  const row = current.closest("ul, .tabs");
  row.scrollLeft = current.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
}
