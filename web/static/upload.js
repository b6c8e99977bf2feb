// Sends the chosen file to S3 with a progress bar. Without this script the form does it alone, and S3 redirects.
"use strict";

(() => {
  const form = document.getElementById("upload");
  const input = document.getElementById("file");
  const zone = document.getElementById("drop-zone");
  const button = document.getElementById("upload-button");
  const problem = document.getElementById("upload-problem");
  const progress = document.getElementById("upload-progress");
  const upgrade = document.getElementById("upload-upgrade");
  const limit = Number(form.dataset.limit);
  const suffixes = form.dataset.suffixes.split(" ");

  const TOO_LARGE = `your plan allows files of up to ${form.dataset.limitText} (${limit.toLocaleString("en")} bytes).`;
  const ANSWERS = {
    EntityTooLarge: `The file is too large: ${TOO_LARGE}`,
    EntityTooSmall: "The file is empty.",
    AccessDenied: "This page is too old to upload with. Reload it and try again.",
    ExpiredToken: "This page is too old to upload with. Reload it and try again.",
    RequestTimeout: "The upload took too long. Try again.",
    SlowDown: "The storage is busy. Try again in a minute.",
  };

  function complain(text, mayUpgrade = false) {
    document.getElementById("upload-problem-text").textContent = text;
    if (upgrade) upgrade.hidden = !mayUpgrade;
    problem.hidden = false;
    progress.hidden = true;
    button.disabled = false;
  }

  // Returns whether the file can be sent; says why not.
  function check(file) {
    problem.hidden = true;
    const name = file.name.toLowerCase();
    if (!suffixes.some((suffix) => name.endsWith(suffix) && name.length > suffix.length)) {
      complain(`${file.name} is no VCF by its name; allowed endings: ${suffixes.join(", ")}.`);
    } else if (new TextEncoder().encode(file.name).length > Number(form.dataset.nameLimit)) {
      complain(`The file name is too long: at most ${form.dataset.nameLimit} bytes are allowed. Rename the file.`);
    } else if (file.size === 0) {
      complain(`${file.name} is empty.`);
    } else if (file.size > limit) {
      complain(`${file.name} has ${file.size.toLocaleString("en")} bytes; ${TOO_LARGE}`, true);
    } else {
      return true;
    }
    return false;
  }

  function explain(request) {
    const xml = new DOMParser().parseFromString(request.responseText, "text/xml");
    const code = xml.querySelector("Code")?.textContent ?? "";
    complain(
      ANSWERS[code] ?? `The storage refused the file (${code || request.status}). Try again.`,
      code === "EntityTooLarge",
    );
  }

  function send(file) {
    const fields = JSON.parse(form.dataset.fields);
    // The name as it is: browsers change some characters when they fill it in themselves.
    const key = fields.key.replace(form.dataset.variable, () => file.name);
    const assembly = document.getElementById("assembly");
    const data = new FormData();
    Object.entries({ ...fields, key, [assembly.name]: assembly.value }).forEach((field) => data.append(...field));
    data.append("file", file);

    const request = new XMLHttpRequest();
    const bar = document.getElementById("upload-bar");
    const text = document.getElementById("upload-text");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    });
    request.upload.addEventListener("load", () => { text.textContent = "Uploaded; starting the annotation …"; });
    request.addEventListener("error", () => complain("The file could not be sent. Check your connection and try again."));
    request.addEventListener("load", () => {
      if (request.status !== 201) {
        explain(request);
        return;
      }
      const query = new URLSearchParams({ bucket: form.dataset.bucket, key });
      window.location.assign(`${form.dataset.done}?${query}`);
    });
    text.textContent = `Uploading ${file.name} …`;
    bar.value = 0;
    progress.hidden = false;
    button.disabled = true;
    request.open("POST", form.action);
    request.send(data);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [file] = input.files;
    if (file && check(file)) send(file);
  });
  input.addEventListener("change", () => { if (input.files[0]) check(input.files[0]); });

  ["dragenter", "dragover"].forEach((name) => zone.addEventListener(name, (event) => {
    event.preventDefault();
    zone.classList.add("is-over");
  }));
  ["dragleave", "drop"].forEach((name) => zone.addEventListener(name, () => zone.classList.remove("is-over")));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    const { files } = event.dataTransfer;
    if (files.length !== 1) {
      complain("Drop one file at a time.");
      return;
    }
    input.files = files;
    check(files[0]);
  });

  // A page that the browser kept holds the ID of a job that exists by now: get a fresh one.
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
  document.documentElement.classList.add("has-script");
})();
