// The console works without this file; with it, it works from the keyboard.
"use strict";
(() => {
  const one = (what, where = document) => where.querySelector(what);
  const all = (what, where = document) => [...where.querySelectorAll(what)];
  document.documentElement.classList.add("js");

  // ---------------------------------------------------------------- moving
  const entries = all("[data-entry], [data-evidence]");
  let at = -1;
  const remembered = () => Number(sessionStorage.getItem("entry")) || 0;
  function go(to, quietly) {
    if (!entries.length) return;
    at = Math.max(0, Math.min(entries.length - 1, to));
    entries.forEach((entry, n) => entry.classList.toggle("here", n === at));
    const entry = entries[at];
    entry.tabIndex = -1;
    entry.focus({ preventScroll: true });
    if (!quietly) entry.scrollIntoView({ block: entry.dataset.entry ? "center" : "start" });
    if (entry.dataset.entry) sessionStorage.setItem("entry", entry.dataset.entry);
  }
  function step(by) {
    const to = at + by;
    const beyond = to >= entries.length ? "[data-onwards]" : to < 0 ? "[data-backwards]" : "";
    const link = beyond && one(beyond);
    if (link) link.click(); else go(to);
    return true;
  }
  const whole = one(".whole");
  const target = whole && location.hash && document.getElementById(location.hash.slice(1));
  if (target) {
    const before = (entry) => entry === target
      || Boolean(entry.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING);
    at = entries.filter(before).length - 1;
    if (entries[at] === target) go(at);
  }
  if (one("[data-queue]")) {
    const known = entries.findIndex((entry) => Number(entry.dataset.entry) === remembered());
    go(Math.max(known, 0), known < 0);
  }

  // ---------------------------------------------------------------- ruling
  const dialog = one("dialog#ruling");
  function rule(decision) {
    const entry = entries[at];
    if (!dialog || !entry) return pick(decision);
    const form = one("form", dialog);
    const ids = entry.dataset.cases.split(",");
    const many = ids.length > 1;
    form.reset();
    form.action = many ? "/campaigns/decide" : `/cases/${entry.dataset.entry}/decide`;
    form.elements.key.value = crypto.randomUUID();
    form.elements.cases.value = many ? entry.dataset.cases : "";
    form.elements.kind.value = entry.dataset.kind || "malware";
    form.elements.decision.value = decision;
    one("h2", dialog).textContent = entry.dataset.name;
    const scope = one(".scope", dialog);
    scope.hidden = !many;
    scope.textContent = many ? `and ${ids.length - 1} more of its campaign, which are ruled on alike` : "";
    dialog.showModal();
    form.elements.reason.focus();
    return true;
  }
  function pick(decision) {
    const choice = one(`[data-ruling] [value="${decision}"]`);
    if (!choice) return false;
    choice.checked = true;
    one("textarea", choice.form).focus();
    return true;
  }
  all("[data-close]").forEach((button) => button.addEventListener("click", () => dialog.close()));
  all("form").forEach((form) => form.addEventListener("submit", (event) => {
    const chosen = form.elements.decision;
    const reason = form.elements.reason;
    if (!chosen || !reason) return;
    reason.setCustomValidity(chosen.value === "malicious" || reason.value.trim() ? ""
      : "Say why: the next person has only your reason.");
    if (!form.reportValidity()) event.preventDefault();
    reason.addEventListener("input", () => reason.setCustomValidity(""), { once: true });
  }));

  // ---------------------------------------------------------------- keys
  function hold() {
    const form = one("#hold");
    if (!form || at < 0) return false;
    form.action = `/cases/${entries[at].dataset.entry}/hold`;
    form.submit();
    return true;
  }
  function open() {
    const link = at >= 0 && one("h2 a", entries[at]);
    if (link) link.click();
    return Boolean(link);
  }
  function unfold() {
    const more = at >= 0 && one(".campaign", entries[at]);
    if (more) more.open = !more.open;
    return Boolean(more);
  }
  function tab(step) {
    const tabs = all(".tabs a");
    const here = tabs.findIndex((link) => link.hasAttribute("aria-current"));
    if (tabs[here + step]) tabs[here + step].click();
    return true;
  }
  function file() {
    const link = one("a[data-file]", entries[at] || document) || one("a[data-file]");
    if (link) link.click();
    return Boolean(link);
  }
  const acts = {
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => one("[data-queue]") && (go(at + 1), true),
    ArrowUp: () => one("[data-queue]") && (go(at - 1), true),
    Enter: open, o: open, c: unfold,
    m: () => rule("malicious"), n: () => rule("not-malicious"), u: () => rule("unsure"),
    h: () => hold() || press("h"),
    v: file,
    "[": () => tab(-1), "]": () => tab(1),
    "?": () => { const keys = one("#keys"); if (keys) keys.showModal(); return true; },
    "/": () => { const field = one('[data-key="/"]') || one(".find input"); field.focus(); field.select(); return true; },
  };
  function press(key) {
    const target = one(`[data-key="${CSS.escape(key)}"]`);
    if (!target) return false;
    if (target.matches("textarea, input")) target.focus(); else target.click();
    return true;
  }
  let before = "";
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=radio]), textarea, select");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest("form") || one("[data-ruling]");
      if (form && form.elements.decision) { event.preventDefault(); form.requestSubmit(one(".strong", form)); }
      return;
    }
    if (event.key === "Escape" && typing) { typing.blur(); return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    if (one("dialog[open]")) return;
    const after = before === "g" ? event.key : "";
    before = event.key;
    const page = after && one(`[data-go="${CSS.escape(after)}"]`);
    if (page) { page.click(); return; }
    const act = acts[event.key];
    if (act ? act() : press(event.key)) event.preventDefault();
  });

  // ---------------------------------------------------------------- filters and news
  all("[data-filters]").forEach((form) => form.addEventListener("change", () => form.submit()));
  all("form.filters").forEach((form) => form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
  }));
  const news = one(".news");
  async function look() {
    const ids = all("[data-holder]").map((place) => place.dataset.holder).join(",");
    const answer = await fetch(`/live?cases=${ids}`, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const said = await answer.json();
    all("[data-live]").forEach((place) => { place.textContent = said[place.dataset.live].toLocaleString("en"); });
    all("[data-holder]").forEach((place) => { place.textContent = said.holders[place.dataset.holder] || ""; });
    news.hidden = said.newest <= Number(news.dataset.newest);
    document.title = document.title.replace(/^\(\d+\) /, said.review ? `(${said.review}) ` : "");
  }
  const watched = one("[data-watch]");
  async function watch() {
    const { watch: id, state, holder } = watched.dataset;
    const answer = await fetch(`/live?cases=${id}`, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const said = await answer.json();
    const ruled = said.states[id] !== state;
    const taken = (said.holders[id] || "") !== holder;
    one("span", watched).textContent = ruled ? "This case was ruled on or changed meanwhile"
      : said.holders[id] ? `${said.holders[id]} reads this case now` : "Nobody holds this case any more";
    watched.hidden = !ruled && !taken;
  }
  const renew = watched ? watch : news && look;
  if (renew) {
    const again = () => { if (!document.hidden) renew().catch(() => {}); };
    setInterval(again, 10000);
    document.addEventListener("visibilitychange", again);
  }
})();
