// Follows a job that waits or runs: fetches the page again and shows what has changed, until the job is done.
"use strict";

(() => {
  const FIRST_WAIT = 1500;
  const LONGEST_WAIT = 15000;
  let wait = FIRST_WAIT;

  async function refresh() {
    const response = await fetch(window.location.href, { headers: { Accept: "text/html" } });
    if (response.redirected || response.status === 403 || response.status === 404) {
      window.location.reload();
      return true;
    }
    if (!response.ok) return false;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("job");
    const shown = document.getElementById("job");
    if (fresh.dataset.status !== shown.dataset.status) {
      wait = FIRST_WAIT;
      document.getElementById("announcement").textContent = `The job is ${fresh.dataset.status}.`;
    }
    if (fresh.innerHTML !== shown.innerHTML) shown.replaceWith(fresh);
    return "final" in fresh.dataset;
  }

  async function follow() {
    let isDone = false;
    // A tab that nobody looks at waits until it is looked at.
    if (!document.hidden) {
      try {
        isDone = await refresh();
      } catch {
        // The server is away for a moment: ask again later.
      }
    }
    wait = Math.min(wait * 1.2, LONGEST_WAIT);
    if (!isDone) window.setTimeout(follow, wait);
  }

  document.addEventListener("visibilitychange", () => { wait = FIRST_WAIT; });
  window.setTimeout(follow, wait);
})();
