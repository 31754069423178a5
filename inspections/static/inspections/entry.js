/* Keeps what an inspector types on this tablet, by person, car and procedure, until the server has acknowledged it;
   says so when the session or the network is gone; never lets a verdict stand beside another value than its own.
   The form works without it. */
(function () {
  "use strict";

  const PREFIX = "interlock-entry:";
  const byId = (id) => document.getElementById(id);
  const theForm = () => byId("entry-form");
  let typed = false;

  /* A browser may refuse to keep anything; then the page says so rather than promise it. */
  function stored(key) {
    try { return JSON.parse(localStorage.getItem(PREFIX + key)); } catch { return null; }
  }

  function store(key, draft) {
    try { localStorage.setItem(PREFIX + key, JSON.stringify(draft)); return true; } catch { return false; }
  }

  function erase(key) {
    try { localStorage.removeItem(key); } catch { /* nothing was kept */ }
  }

  const isFilled = (reading) => textOf(reading) !== "" || reading.querySelector(".cannot input[type=checkbox]").checked;

  function textOf(reading) {
    const chosen = reading.querySelector(".enter input[type=radio]:checked");
    if (chosen) return chosen.value;
    const box = reading.querySelector(".enter input[data-value]:not([type=radio])");
    return box ? box.value : "";
  }

  function count(form, kept) {
    const readings = [...form.querySelectorAll("[data-reading]")];
    const words = byId("entered");
    if (!words || !readings.length) return;
    const filled = readings.filter(isFilled).length;
    words.textContent = (kept ? words.dataset.words : words.dataset.lost).replace("{n}", filled).replace("{all}", readings.length);
  }

  function keep() {
    const form = theForm();
    if (!form) return;
    const fields = [...new FormData(form)]
      .filter(([name, value]) => name !== "csrfmiddlewaretoken" && name !== "ticket" && typeof value === "string");
    const draft = { id: form.dataset.id, path: form.getAttribute("action"), who: form.dataset.who, ticket: form.elements.ticket.value, at: new Date().toISOString(), fields };
    count(form, store(form.dataset.draft, draft));
  }

  /* What another person typed for the same car and procedure on this tablet is theirs: this form says where it is. */
  function sayOthers(form) {
    const [own, ...what] = form.dataset.draft.split(":");
    let keys = [];
    try { keys = Object.keys(localStorage); } catch { /* nothing was kept */ }
    const who = keys
      .filter((key) => key.startsWith(PREFIX) && key.endsWith(":" + what.join(":")) && key !== `${PREFIX}${own}:${what.join(":")}`)
      .map((key) => stored(key.slice(PREFIX.length)))
      .filter((draft) => draft && draft.who)
      .map((draft) => draft.who);
    const band = byId("said-others");
    band.hidden = !who.length;
    band.textContent = band.dataset.words.replace("{who}", who.join(", "));
  }

  function restore(form) {
    const draft = stored(form.dataset.draft);
    if (!draft || !Array.isArray(draft.fields)) return;
    const values = new Map();
    draft.fields.forEach(([name, value]) => values.set(name, value));
    [...form.elements].forEach((element) => {
      if (!element.name || element.type === "file" || ["csrfmiddlewaretoken", "ticket", "photo"].includes(element.name)) return;
      if (element.type === "radio") element.checked = values.get(element.name) === element.value;
      else if (element.type === "checkbox") element.checked = values.has(element.name);
      else if (values.has(element.name)) element.value = values.get(element.name);
    });
    draft.fields.filter(([name]) => name === "photo").forEach(([, token], place) => putBack(token, place + 1));
    /* The id under which it may have been recorded already travels with the values: saving again records once. */
    form.elements.ticket.value = draft.ticket;
    form.dataset.id = draft.id;
    typed = true;
    const band = byId("said-kept");
    band.firstElementChild.textContent = band.dataset.words.replace("{time}", plantTime(draft.at, band.dataset.zone));
    band.hidden = false;
    whenWired(() => judgeAgain(form));
    count(form, true);
  }

  /* The values that stand without a verdict of their own. */
  function unjudged(form) {
    return [...form.querySelectorAll("[data-reading]")].filter((reading) => {
      const verdict = reading.querySelector(".verdict");
      return textOf(reading) && !(verdict && verdict.dataset.judged === textOf(reading));
    });
  }

  function judgeAgain(form) {
    unjudged(form).forEach((reading) => {
      notJudged(reading);
      reading.dispatchEvent(new Event("change", { bubbles: false }));
    });
  }

  /* What was typed before this script came is kept and judged like what is typed later. */
  function catchUp(form) {
    const late = unjudged(form);
    if (typed || !late.length) return;
    typed = true;
    late.forEach(notJudged);
    keep();
    whenWired(() => judgeAgain(form));
  }

  /* htmx wires the page when it is loaded, after this script: a verdict that is asked for before is never asked for. */
  function whenWired(act) {
    if (document.readyState === "complete") act();
    else window.addEventListener("load", act, { once: true });
  }

  /* The page's own time: a tablet may be set to another zone. */
  function plantTime(at, zone) {
    return new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
  }

  /* A photograph that was taken is on the server already; what names it comes back with the values. */
  function putBack(token, number) {
    const item = byId("photo-kept").content.cloneNode(true).firstElementChild;
    const [box, label] = [item.querySelector("input"), item.querySelector("label")];
    box.value = token;
    box.id = `photo-kept-${number}`;
    label.htmlFor = box.id;
    label.textContent = label.textContent.replace("{n}", number);
    byId("photos").append(item);
  }

  function notJudged(reading) {
    const verdict = reading.querySelector(".verdict");
    if (verdict) verdict.replaceWith(byId("not-judged").content.cloneNode(true));
  }

  /* What was refused has been changed: the refusal spoke of another value. */
  function noLongerRefused(reading) {
    reading.classList.remove("wrong");
    reading.querySelectorAll(".enter .error").forEach((error) => error.remove());
  }

  function say(id) {
    ["said-no-answer", "said-signed-out", "said-refused"].forEach((each) => {
      const band = byId(each);
      if (band) band.hidden = each !== id;
    });
    const band = id && byId(id);
    if (band) band.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest("#entry-form");
    if (!form) return;
    typed = true;
    byId("said-signed-in").hidden = true;
    const reading = event.target.closest("[data-reading]");
    if (reading && event.target.hasAttribute("data-value")) {
      notJudged(reading);
      noLongerRefused(reading);
      if (document.readyState !== "complete") whenWired(() => judgeAgain(form));
    }
    keep();
  });

  document.addEventListener("focusin", (event) => {
    const reading = event.target.closest("[data-reading]");
    if (reading) reading.scrollIntoView({ block: "nearest" });
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-stay]")) byId("said-other").hidden = true;
    if (!event.target.closest("[data-erase]") || !theForm()) return;
    erase(PREFIX + theForm().dataset.draft);
    if (event.target.closest("button")) location.reload();
  });

  /* Sent already: the file itself is not sent again with the values. */
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id !== "picture" || !event.detail.successful) return;
    event.detail.elt.value = "";
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const reading = event.detail.elt.closest && event.detail.elt.closest("[data-reading]");
    if (!reading || event.detail.xhr.status !== 200) return;
    event.detail.shouldSwap = false;
    const answer = new DOMParser().parseFromString(event.detail.serverResponse, "text/html").querySelector(".verdict");
    window.interlock.whenReleased(() => {
      if (answer && answer.dataset.judged === textOf(reading)) reading.querySelector(".verdict").replaceWith(answer);
    });
  });

  document.addEventListener("htmx:afterSettle", () => {
    const form = theForm();
    if (form && (typed || !form.hasAttribute("data-fresh"))) keep();
  });
  /* That saving failed stands until it is tried again: that a verdict was answered meanwhile saves nothing. */
  let unsaved = false;
  const failed = (event) => { if (event.detail.elt === theForm()) unsaved = true; };
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful || !theForm()) return;
    if (event.detail.elt === theForm()) unsaved = false;
    if (!unsaved) say("");
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (!theForm()) return;
    failed(event);
    /* The clock of the page is asked for all the time: that the session ended is known before anything is saved. */
    if (event.detail.xhr.status === 401) say("said-signed-out");
    else if (event.detail.elt.id === "live-time") return;
    else say(event.detail.xhr.status >= 500 ? "said-no-answer" : "said-refused");
  });
  ["htmx:sendError", "htmx:timeout"].forEach((name) => document.addEventListener(name, (event) => {
    failed(event);
    if (event.detail.elt === theForm() || event.detail.elt.id === "picture") say("said-no-answer");
  }));

  document.addEventListener("interlock:signed-in", () => {
    unsaved = false;
    say("");
    byId("said-signed-in").hidden = false;
    judgeAgain(theForm());
    const picture = byId("picture");
    if (picture.files.length) picture.dispatchEvent(new Event("change", { bubbles: true }));
  });

  /* A scan while values are unsaved: they stay on the tablet, and the other car is one tap away. */
  document.addEventListener("interlock:scan", (event) => {
    const form = theForm();
    const at = document.querySelector("[data-entry]");
    if (!form && at) {
      /* Where inspections are recorded, a scan is the next car. */
      event.preventDefault();
      location.assign(at.dataset.entry + "?q=" + encodeURIComponent(event.detail));
      return;
    }
    if (!form) return;
    event.preventDefault();
    const other = form.dataset.find + "?q=" + encodeURIComponent(event.detail);
    if (!typed) { location.assign(other); return; }
    const band = byId("said-other");
    const link = band.querySelector("a");
    const code = event.detail.slice(0, 17);
    band.querySelector("span").textContent = band.dataset.said.replace("{code}", code);
    link.textContent = band.dataset.words.replace("{code}", code);
    link.href = other;
    band.hidden = false;
    link.focus();
  });

  /* What this person entered here and never saved is named where cars and procedures are chosen, so that it is not forgotten. */
  function nameKept(reader) {
    const row = byId("kept-row");
    Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX}${reader}:`)).forEach((key) => {
      const draft = stored(key.slice(PREFIX.length));
      if (!draft || !draft.path) return;
      const offer = document.querySelector(`a.offer[href="${CSS.escape(draft.path)}"] .offer-said`);
      if (offer) offer.append(byId("kept-said").content.cloneNode(true));
      else if (row) {
        const item = row.content.cloneNode(true).firstElementChild;
        const [, vin, procedure] = key.slice(PREFIX.length).split(":");
        item.querySelector("a").href = draft.path;
        item.querySelector("b").textContent = vin;
        item.querySelector(".code").textContent = procedure;
        byId("kept-here").append(item);
        byId("kept-here").parentElement.hidden = false;
      }
    });
  }

  const chosen = document.querySelector("[data-kept-of]");
  if (chosen) {
    try { nameKept(chosen.dataset.keptOf); } catch { /* nothing was kept */ }
  }
  const done = document.querySelector("[data-recorded]");
  if (done) {
    /* Acknowledged: what was kept of this very form goes, a newer one of the same car stays. */
    try {
      Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => {
        const draft = stored(key.slice(PREFIX.length));
        if (draft && draft.id === done.dataset.recorded) erase(key);
      });
    } catch { /* nothing was kept */ }
  }
  const form = theForm();
  if (form) sayOthers(form);
  if (form && form.hasAttribute("data-fresh")) { restore(form); catchUp(form); }
  else if (form) { typed = true; keep(); }
})();
