/* Keys for gloves: where a value is touched, keys of our own take the place of the tablet's keyboard. They go as soon as a
   hardware keyboard types, and can be put away. Without this script the tablet's own keyboard types the values. */
(function () {
  "use strict";

  const numbers = () => [...document.querySelectorAll("#entry-form input[inputmode]:not([data-identity])")];
  const pad = () => document.getElementById("pad");
  let field = null;
  let wanted = window.matchMedia("(pointer: coarse)").matches;

  const isNumber = (element) => element && element.matches && element.matches("#entry-form input[inputmode]:not([data-identity])");

  /* While our keys are there the tablet's own keyboard stays away; what it would have been is remembered. */
  function arm(element) {
    if (!element.dataset.mode) element.dataset.mode = element.getAttribute("inputmode");
    element.setAttribute("inputmode", wanted ? "none" : element.dataset.mode);
  }

  function show() {
    const keys = pad();
    if (!keys) return;
    const there = wanted && field !== null && document.contains(field);
    keys.hidden = !there;
    document.documentElement.classList.toggle("has-pad", there);
    if (there) {
      count();
      field.closest("[data-reading]").scrollIntoView({ block: "nearest" });
    }
  }

  const isEmpty = (reading) => {
    const boxes = [...reading.querySelectorAll(".enter input")];
    const cannot = reading.querySelector(".cannot input[type=checkbox]");
    return !(cannot && cannot.checked) && !boxes.some((box) => (box.type === "radio" ? box.checked : box.value !== ""));
  };

  function left() {
    const here = field.closest("[data-reading]");
    const all = [...document.querySelectorAll("#entry-form [data-reading][data-asked=yes]")];
    const open = all.filter((reading) => reading !== here && !reading.closest("details:not([open])") && isEmpty(reading));
    const place = all.indexOf(here);
    return [...open.filter((reading) => all.indexOf(reading) > place), ...open.filter((reading) => all.indexOf(reading) < place)];
  }

  function count() {
    const open = left().length;
    const words = pad().querySelector(".go-on span");
    const small = pad().querySelector(".go-on small");
    words.textContent = open ? words.dataset.next : words.dataset.last;
    small.textContent = open ? small.dataset.left.replace("{n}", open) : "";
    const photo = pad().querySelector("[data-key-does=photo]");
    const taken = document.querySelectorAll("#photos .photo").length;
    photo.textContent = taken ? photo.dataset.taken.replace("{n}", taken) : photo.dataset.none;
  }

  function change(text) {
    field.value = text;
    field.setSelectionRange(text.length, text.length);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    count();
  }

  /* A gloved finger lands anywhere in a number: our keys work at its end, or on what was selected, never in its midst. */
  function halves() {
    const [start, end] = [field.selectionStart, field.selectionEnd];
    if (start === null || start === end) return [field.value, ""];
    return [field.value.slice(0, start), field.value.slice(end)];
  }

  function type(key) {
    const [before, after] = halves();
    if (field.maxLength > 0 && (before + after).length >= field.maxLength) return;
    if (key === "." && /[.,]/.test(before + after)) return;
    change(before + key + after);
  }

  function erase() {
    const [before, after] = halves();
    change(before + after === field.value ? field.value.slice(0, -1) : before + after);
  }

  function sign() {
    change(field.value.startsWith("-") ? field.value.slice(1) : "-" + field.value);
  }

  function goOn() {
    const next = left()[0];
    field.dispatchEvent(new Event("change", { bubbles: true }));
    if (!next) {
      const form = document.getElementById("entry-form");
      form.requestSubmit(form.querySelector(".save"));
      return;
    }
    const box = next.querySelector(".enter input");
    next.scrollIntoView({ block: "center" });
    box.focus({ preventScroll: true });
  }

  const acts = {
    erase, sign, next: goOn,
    cannot() {
      const details = field.closest("[data-reading]").querySelector(".cannot");
      details.open = true;
      const tick = details.querySelector("input[type=checkbox]");
      if (!tick.checked) tick.click();
      details.querySelector("input:not([type=checkbox])").focus();
    },
    photo() { document.getElementById("picture").click(); },
    away() {
      wanted = false;
      numbers().forEach(arm);
      const back = field;
      show();
      back.blur();
      back.focus();
    },
  };

  document.addEventListener("pointerdown", (event) => {
    if (event.target.closest("#pad button")) event.preventDefault();
    else if (event.pointerType !== "mouse" && isNumber(event.target) && !wanted && event.target !== field) {
      wanted = true;
      arm(event.target);
    }
  });
  document.addEventListener("click", (event) => {
    const key = event.target.closest("#pad button");
    if (!key || field === null) return;
    if (key.dataset.keyTypes) type(key.dataset.keyTypes);
    else acts[key.dataset.keyDoes]();
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.closest("#pad")) return;
    field = isNumber(event.target) ? event.target : null;
    if (field) {
      arm(field);
      show();
    } else {
      // Not before the tap that moved the focus is through: what it is meant for would slip away from under the finger.
      setTimeout(show, 0);
    }
  });
  /* A key that a hardware keyboard typed: it is quicker than ours, and whoever has one wants the room. */
  document.addEventListener("keydown", (event) => {
    if (!event.isTrusted || !wanted || !isNumber(event.target) || event.key.length !== 1) return;
    wanted = false;
    numbers().forEach(arm);
    show();
  });
  document.addEventListener("htmx:afterSettle", () => {
    field = isNumber(document.activeElement) ? document.activeElement : null;
    numbers().forEach(arm);
    show();
  });
  numbers().forEach(arm);
})();
