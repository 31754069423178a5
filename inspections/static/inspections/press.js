/* What comes by itself waits while a person presses something: a page that moves under a finger loses the tap, or gives
   it to another button. Other scripts hand what they would change to `interlock.whenReleased`. It waits for three seconds
   at most: a press whose end is never told must not keep old rows on a page that says it is live. */
(function () {
  "use strict";

  const LONGEST = 3000;
  let pressed = false;
  let waiting = [];
  let timer = 0;

  function press() {
    pressed = true;
    clearTimeout(timer);
    timer = setTimeout(release, LONGEST);
  }

  function release() {
    clearTimeout(timer);
    /* The click of this press comes after it, and must find the page as it was. */
    setTimeout(() => {
      pressed = false;
      const acts = waiting;
      waiting = [];
      acts.forEach((act) => act());
    }, 0);
  }

  document.addEventListener("pointerdown", press, true);
  ["pointerup", "pointercancel", "dragend"].forEach((name) => document.addEventListener(name, release, true));
  window.addEventListener("blur", release);

  window.interlock = {
    whenReleased(act) {
      if (pressed) waiting.push(act);
      else act();
    },
  };
})();
