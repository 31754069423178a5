/* Keeps a page honest about its age: says when it is live, says since when it is not, and swaps only changed rows.
   A page that carries data-poll is asked for again, and every list of it that carries data-rows is brought up to date.
   Pages work without it; then they say only as of when they are. */
(function () {
  "use strict";

  const FETCHING_AFTER = 400;
  const MARKED_FOR = 2000;
  let lastHeard = new Date();
  let waiting = 0;

  const clock = (time) => time.toTimeString().slice(0, 5);
  const byId = (id) => document.getElementById(id);

  function sayLive() {
    lastHeard = new Date();
    document.documentElement.classList.remove("is-offline");
    const band = byId("not-live");
    if (band) band.hidden = true;
    document.querySelectorAll("[data-known]").forEach((element) => {
      element.textContent = element.dataset.known;
      delete element.dataset.known;
    });
    const live = byId("live");
    if (!live) return;
    live.classList.add("is-live");
    byId("live-word").textContent = live.dataset.live;
  }

  function sayNotLive() {
    document.documentElement.classList.add("is-offline");
    const band = byId("not-live");
    if (band && band.hidden) {
      band.firstElementChild.textContent = band.dataset.words.replace("{time}", clock(lastHeard));
      band.hidden = false;
    }
    /* An answer that may have changed is not known; it is never left standing as a yes. */
    document.querySelectorAll("[data-unknown]").forEach((element) => {
      if (element.dataset.known === undefined) element.dataset.known = element.textContent;
      element.textContent = element.dataset.unknown;
    });
    const live = byId("live");
    if (!live) return;
    live.classList.remove("is-live");
    byId("live-word").textContent = live.dataset.asOf;
  }

  /* Rows carry an id and a digest of what they show. One that did not change, or has the focus, is left as it is. */
  function swapChangedRows(list, page) {
    const fresh = page.getElementById(list.id);
    if (!fresh) return;
    const kept = new Map([...list.children].map((row) => [row.id, row]));
    const rows = [...fresh.children].map((row) => {
      const old = kept.get(row.id);
      if (old && (old.dataset.digest === row.dataset.digest || old.contains(document.activeElement))) return old;
      row.classList.add("changed");
      setTimeout(() => row.classList.remove("changed"), MARKED_FOR);
      return row;
    });
    kept.forEach((row) => {
      if (!rows.includes(row) && row.contains(document.activeElement)) rows.push(row);
    });
    rows.forEach((row, place) => {
      if (list.children[place] !== row) list.insertBefore(row, list.children[place] || null);
    });
    [...list.children].filter((row) => !rows.includes(row)).forEach((row) => row.remove());
    if (window.htmx) window.htmx.process(list);
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    if (!target.hasAttribute || event.detail.xhr.status !== 200) return;
    const poll = target.hasAttribute("data-poll");
    if (!poll && !target.hasAttribute("data-rows")) return;
    event.detail.shouldSwap = false;
    const page = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
    const lists = poll ? document.querySelectorAll("[data-rows]") : [target];
    const swap = () => lists.forEach((list) => swapChangedRows(list, page));
    if (window.interlock) window.interlock.whenReleased(swap);
    else swap();
  });

  document.addEventListener("htmx:beforeRequest", () => {
    const token = ++waiting;
    setTimeout(() => {
      const live = byId("live");
      if (waiting === token && live) byId("live-word").textContent = live.dataset.fetching;
    }, FETCHING_AFTER);
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    waiting++;
    if (event.detail.successful) sayLive();
    else sayNotLive();
  });
  ["htmx:sendError", "htmx:timeout"].forEach((name) => document.addEventListener(name, sayNotLive));
  window.addEventListener("offline", sayNotLive);
})();
