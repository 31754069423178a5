/* What comes by itself waits while a person presses something: a page that moves under a finger loses the tap, or gives
   it to another button. Other scripts hand what they would change to `interlock.whenReleased`. */
(function () {
  "use strict";

  let pressed = false;
  let waiting = [];

  function release() {
    /* The click of this press comes after it, and must find the page as it was. */
    setTimeout(() => {
      pressed = false;
      const acts = waiting;
      waiting = [];
      acts.forEach((act) => act());
    }, 0);
  }

  document.addEventListener("pointerdown", () => { pressed = true; }, true);
  ["pointerup", "pointercancel", "dragend"].forEach((name) => document.addEventListener(name, release, true));
  window.addEventListener("blur", release);

  window.interlock = {
    whenReleased(act) {
      if (pressed) waiting.push(act);
      else act();
    },
  };
})();
