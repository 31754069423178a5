/* Signs in over the entry form when the session is gone: the sign-in page's own form, whatever it asks for, is shown in
   a dialog and sent from there, so the form beneath keeps all that was typed. Whose session it then is decides: the same
   person goes on with a new proof of origin; what was typed is never handed to another. Without this script the
   sign-in page is a page of its own. */
(function () {
  "use strict";

  const dialog = document.getElementById("sign-in");
  if (!dialog) return;
  const reader = document.body.dataset.reader;
  const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
  const entryForm = () => document.getElementById("entry-form");
  let asking = false;
  let back = null;

  /* A page of ours, asked for beneath this one. Redirects are followed, so it is where a browser would have arrived. */
  async function fetchPage(address, body) {
    const answer = await fetch(address, { method: body ? "POST" : "GET", body, credentials: "same-origin" });
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  /* One question at a time; one that gets no answer is said where it was asked, or on the form. */
  async function ask(address, body) {
    if (asking) return;
    asking = true;
    const page = await fetchPage(address, body).catch(() => null);
    asking = false;
    if (page) take(page);
    else sayNoAnswer();
  }

  function sayNoAnswer() {
    const words = document.getElementById("said-no-answer");
    if (dialog.open) part("said").textContent = words.textContent;
    else words.hidden = false;
  }

  function take(page) {
    const now = page.body.dataset.reader;
    if (now && now === reader) goOn(page);
    else if (now) sayOther(page);
    else askWho(page);
  }

  function show(name) {
    part("said").textContent = "";
    ["lost", "form", "other"].forEach((each) => { part(each).hidden = (each === "other") !== (name === "other"); });
    if (dialog.open) return;
    /* A button that waits for its answer has lost the focus. */
    back = document.activeElement === document.body ? entryForm().querySelector(".save") : document.activeElement;
    dialog.showModal();
  }

  /* The form of the page that was answered, with what it found wrong: a password, or a second factor after it. A page
     without one says why nobody can sign in now. */
  function askWho(page) {
    const form = page.querySelector("main form");
    show("form");
    if (!form) {
      const words = [...page.querySelectorAll("main h1, main .page p")].map((each) => each.textContent.trim());
      part("said").textContent = words.join(" ");
      part("form").replaceChildren();
      dialog.querySelector("form[method=dialog] button").focus();
      return;
    }
    part("form").replaceChildren(document.importNode(form, true));
    const boxes = [...part("form").querySelectorAll("input:not([type=hidden]), button")];
    (boxes.find((box) => box.getAttribute("aria-invalid") === "true" || box.value === "") || boxes[0]).focus();
  }

  /* Signing in changes the proof of origin: everything on this page that sends one gets the new one. */
  function goOn(page) {
    document.body.setAttribute("hx-headers", page.body.getAttribute("hx-headers"));
    const proof = page.querySelector("input[name=csrfmiddlewaretoken]").value;
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((box) => { box.value = proof; });
    if (dialog.open) dialog.close();
    document.dispatchEvent(new CustomEvent("interlock:signed-in"));
  }

  function isKept() {
    try { return localStorage.getItem("interlock-entry:" + entryForm().dataset.draft) !== null; } catch { return false; }
  }

  function sayOther(page) {
    const who = page.querySelector(".person > summary").textContent.split("·")[0].trim();
    const [words, link] = [part("other").querySelector("p"), part("other").querySelector("a")];
    const kept = isKept();
    words.textContent = (kept ? words.dataset.words : words.dataset.lost).replace("{who}", who);
    link.textContent = link.dataset.words.replace("{who}", who);
    link.hidden = !kept;
    part("other").dataset.proof = page.querySelector("input[name=csrfmiddlewaretoken]").value;
    show("other");
    part("other").querySelector("button").focus();
  }

  async function signOutFirst() {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", part("other").dataset.proof);
    if (await fetchPage(dialog.dataset.logout, body).catch(() => null)) ask(dialog.dataset.login);
    else sayNoAnswer();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-sign-in]");
    if (!button) return;
    if (button.dataset.signIn === "again") signOutFirst();
    else ask(dialog.dataset.login);
  });

  part("form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask(event.target.action, new FormData(event.target));
  });

  /* Whoever pressed a button waits for it; whoever types is told, and left to type on. */
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status !== 401) return;
    if (event.detail.elt === entryForm() || event.detail.elt.id === "picture") ask(dialog.dataset.login);
  });

  dialog.addEventListener("close", () => {
    part("form").replaceChildren();
    if (back && document.contains(back)) back.focus();
  });
})();
