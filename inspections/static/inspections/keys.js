/* Scanners type faster than people: a burst that ends with Enter goes to the scan box, never into a number.
   Single keys: / to the scan box, g then a page's key, Escape closes. They can be switched off (data-keys="off"). */
(function () {
  "use strict";

  const BURST_GAP = 35;
  const BURST_LENGTH = 6;
  /* Nobody types letters into a number, or words where no field is: there a scan may stutter on a busy machine and is one still. */
  const STUTTER = 150;
  let burst = "";
  let last = 0;
  let before = null;
  let leading = false;
  let stuttered = false;

  const typing = (element) => element && element.matches("input, textarea, select, [contenteditable]");
  const scanBox = () => document.getElementById("scan");

  const ofNumber = (element) => element && element.matches("input[inputmode]:not([data-identity])");
  const ofText = (element) => element && element.matches("input:not([type=radio], [type=checkbox], [type=file]), textarea, select, [contenteditable]");
  const gapFor = (typed) => (!ofText(document.activeElement) || (ofNumber(document.activeElement) && /[A-Za-z]/.test(typed)) ? STUTTER : BURST_GAP);

  function remember(event) {
    const now = event.timeStamp;
    const focused = document.activeElement;
    if (now - last > gapFor(burst) || !burst) {
      burst = "";
      stuttered = false;
      before = focused && "value" in focused ? { element: focused, value: focused.value } : null;
    }
    if (burst && now - last > BURST_GAP) stuttered = true;
    burst += event.key;
    last = now;
  }

  function takeScan(event) {
    const scanned = event.timeStamp - last <= gapFor(burst) && burst.length >= BURST_LENGTH ? burst : "";
    burst = "";
    /* Single keys that a person pressed quickly hold no digit; what is scanned does. */
    if (stuttered && !/[0-9]/.test(scanned)) return;
    const focused = document.activeElement;
    if (!scanned || (focused && (focused.hasAttribute("data-identity") || focused.closest("dialog")))) return;
    const box = scanBox();
    if (!box) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (before && before.element === focused) {
      focused.value = before.value;
      focused.dispatchEvent(new Event("input", { bubbles: true }));
    }
    box.value = scanned;
    const leave = new CustomEvent("interlock:scan", { detail: scanned, cancelable: true });
    if (document.dispatchEvent(leave)) box.form.requestSubmit();
  }

  function single(event) {
    if (document.documentElement.dataset.keys === "off" || typing(document.activeElement)) return;
    if (document.querySelector("dialog[open]")) return;
    if (leading) {
      leading = false;
      const page = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (page) page.click();
    } else if (event.key === "g") {
      leading = true;
      setTimeout(() => { leading = false; }, 1500);
    } else if (event.key === "/") {
      event.preventDefault();
      const box = scanBox();
      if (box) box.focus();
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") {
      document.querySelectorAll("details.person[open]").forEach((element) => { element.open = false; });
      if (document.activeElement === scanBox()) scanBox().blur();
    } else if (event.key === "Enter") {
      takeScan(event);
    } else if (document.activeElement && document.activeElement.matches("[type=password]")) {
      /* A password manager types as fast as a scanner: what it types is no scan and goes to no other box. */
      burst = "";
    } else if (event.key.length === 1) {
      const alone = event.timeStamp - last > BURST_GAP;
      remember(event);
      if (alone) single(event);
    }
  }, true);
})();
