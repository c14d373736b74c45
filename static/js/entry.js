// A month typed as in a spreadsheet: the keyboard goes from cell to cell, a block is pasted, each row is saved
// by itself. Without this file the page is a plain form that saves all at once.
const form = document.querySelector("[data-entry]");

if (form) {
  const rows = [...form.querySelectorAll("[data-cell]")];
  const announced = form.querySelector("[data-announced]");
  const left = form.querySelector("[data-left]");
  const button = form.querySelector("[name=send]");
  const RETRY = 5000; // milliseconds
  const OFFLINE = "pas encore enregistré : le service ne répond pas, nouvel essai dans quelques secondes";
  const SIGNED_OUT =
    "pas encore enregistré : votre session est finie. Se connecter dans un autre onglet ; cette page réessaie seule";

  const field = (row, name) => row.querySelector(`[name="${row.dataset.prefix}-${name}"]`);
  const numbers = (row) => ["numerator", "denominator"].map((name) => field(row, name)).filter(Boolean);
  const instead = (row) =>
    ["instead_numerator", "instead_denominator"].map((name) => field(row, name)).filter(Boolean);
  const digits = (text) => text.replace(/\s/g, "");

  // --- The result, as the server rounds it (referentiel.measures.rounded) ----------------------------------

  const meets = { "<": (a, b) => a < b, "≤": (a, b) => a <= b, "≥": (a, b) => a >= b, ">": (a, b) => a > b };

  // Hundredths, half up; what is printed never crosses the target.
  const rounded = (numerator, denominator, comparator, target) => {
    const scaled = numerator * 100n;
    const below = scaled / denominator;
    const above = scaled % denominator ? below + 1n : below;
    const nearest = (scaled - below * denominator) * 2n < denominator ? below : above;
    if (!comparator) return nearest;
    const [top, bottom = 1n] = target.split("/").map(BigInt);
    const isMet = meets[comparator](numerator * bottom, top * denominator);
    return [nearest, below, above].find((shown) => meets[comparator](shown * bottom, top * 100n) === isMet);
  };

  const grouped = (whole) => String(whole).replace(/\B(?=(\d{3})+$)/g, "\u202f");

  const french = (hundredths) => {
    return `${grouped(hundredths / 100n)},${String(hundredths % 100n).padStart(2, "0")}`;
  };

  const result = (row) => {
    const answer = field(row, "answer").value;
    if (answer === "unmeasured") return "non mesurable";
    const replacement = resultOf(row, instead(row));
    if (replacement) return `${replacement} (remplacement)`;
    if (row.dataset.shape === "count") return "";
    return answer === "nothing" ? "aucun cas" : resultOf(row, numbers(row));
  };

  const resultOf = (row, inputs) => {
    const { shape, suffix, suffixOne, comparator, target } = row.dataset;
    const typed = inputs.map((input) => digits(input.value));
    if (!typed.every((text) => /^\d{1,12}$/.test(text))) return "";
    if (shape === "count") return grouped(typed[0]);
    const [numerator, denominator] = typed.map(BigInt);
    if (!denominator) return numerator ? "" : "aucun cas";
    if (shape === "rate" && numerator > denominator) return "";
    const shown = rounded(shape === "rate" ? numerator * 100n : numerator, denominator, comparator, target);
    return french(shown) + (shown < 200n ? suffixOne : suffix);
  };

  const compute = (row) => {
    row.querySelector("output").textContent = result(row);
  };

  // --- Saving ----------------------------------------------------------------------------------------------

  const contents = (row) => {
    const data = new FormData();
    for (const input of row.querySelectorAll("[name]")) {
      if (input.type !== "radio" || input.checked) data.append(input.name, input.value);
    }
    return data;
  };

  // What a row says, whatever its version.
  const said = (row) => {
    const data = contents(row);
    data.delete(`${row.dataset.prefix}-version`);
    return JSON.stringify([...data]);
  };

  // What the server has been told last: nothing yet of what was typed before the session ended.
  const isResumed = "resumed" in form.dataset;
  const tried = new Map(rows.map((row) => [row, isResumed ? "" : said(row)]));
  const saving = new Set();
  const waiting = new Set(); // rows left, or changed, while they were being saved, and not typed in since
  const refused = new Set();
  let isLeaving = false;

  const isDirty = (row) => said(row) !== tried.get(row);

  // One number of two, or no reason yet: it waits until the row is left.
  const isHalf = (row) => {
    const answer = field(row, "answer").value;
    if (answer === "unmeasured") return !field(row, "reason").value.trim();
    const isOneOfTwo = (inputs) => new Set(inputs.map((input) => digits(input.value) === "")).size === 2;
    return isOneOfTwo(instead(row)) || (answer === "figure" && isOneOfTwo(numbers(row)));
  };

  const say = (row, text, isWrong = false) => {
    const state = row.querySelector("[data-state]");
    state.textContent = text;
    state.classList.toggle("entry__state--refused", isWrong);
    for (const input of numbers(row)) {
      if (isWrong) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  };

  const announce = (row, text) => {
    announced.textContent = `${row.dataset.title} : ${text}`;
  };

  // Who signed in again in another tab has a new token: the page takes it and goes on.
  const renew = async () => {
    const answer = await fetch(form.action).catch(() => new Response());
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("[data-entry] [name=csrfmiddlewaretoken]");
    if (token) form.elements.csrfmiddlewaretoken.value = token.value;
  };

  const send = async (row) => {
    const data = contents(row);
    data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    const answer = await fetch(row.dataset.cell, { method: "POST", body: data }).catch(() => {
      throw new Error(OFFLINE);
    });
    if (!(answer.headers.get("Content-Type") ?? "").includes("json")) {
      await renew();
      throw new Error(SIGNED_OUT);
    }
    return answer.json();
  };

  // One row after another: what the last answer says is left is then what is left.
  let turn = Promise.resolve();
  const sendInTurn = (row) => {
    const answer = turn.then(() => send(row));
    turn = answer.catch(() => {});
    return answer;
  };

  const SAVED = "enregistré";

  // `isAsSent`: nothing was typed in the row since it was sent. What was typed on stays as it is, and is saved in
  // its turn; where somebody else's figure was to be taken, the question comes back.
  const show = (row, answer, isAsSent) => {
    row.querySelector("[data-clash]").innerHTML = answer.html ?? "";
    if (answer.state !== "saved") {
      const sentence = `refusé : ${answer.sentence}`;
      refused.add(row);
      say(row, sentence, true);
      announce(row, sentence);
      if (/motif|indiquer|choisir/i.test(sentence)) row.querySelector("details").open = true;
      return;
    }
    refused.delete(row);
    left.textContent = answer.left;
    if (isAsSent || !answer.fields) field(row, "version").value = answer.version;
    if (!isAsSent) {
      say(row, isHalf(row) ? "à compléter" : "");
      return;
    }
    for (const [name, text] of Object.entries(answer.fields ?? {})) {
      row.querySelector(`[name="${name}"]`).value = text ?? "";
    }
    row.querySelector("output").textContent = answer.result;
    row.querySelector("[data-question]").textContent = answer.question;
    say(row, SAVED);
    announce(row, `${SAVED}. ${answer.question || answer.left}`);
  };

  const save = async (row) => {
    if (!isDirty(row)) return;
    if (saving.has(row)) {
      waiting.add(row);
      return;
    }
    saving.add(row);
    waiting.delete(row);
    const typed = said(row);
    say(row, "enregistrement…");
    try {
      const answer = await sendInTurn(row);
      const isAsSent = said(row) === typed;
      show(row, answer, isAsSent);
      tried.set(row, isAsSent ? said(row) : typed);
    } catch ({ message }) {
      say(row, message, true);
      announce(row, message);
      setTimeout(save, RETRY, row);
      return;
    } finally {
      saving.delete(row);
    }
    if (waiting.has(row)) save(row);
  };

  form.addEventListener("input", ({ target }) => {
    const row = target.closest("[data-cell]");
    if (!row) return;
    const answer = field(row, "answer");
    if (numbers(row).includes(target) && /[^0\s]/.test(target.value)) answer.value = "figure";
    compute(row);
    waiting.delete(row); // never a number of which a part alone is typed
    if (row.querySelector("[data-state]").textContent === SAVED) say(row, "");
  });

  form.addEventListener("change", ({ target }) => {
    const row = target.closest("[data-cell]");
    if (!row) return;
    if (isHalf(row)) say(row, "à compléter");
    else save(row);
  });

  form.addEventListener("focusout", ({ target, relatedTarget }) => {
    const row = target.closest("[data-cell]");
    if (row && !row.contains(relatedTarget)) save(row);
  });

  form.addEventListener("submit", () => {
    isLeaving = true;
  });

  addEventListener("beforeunload", (event) => {
    if (!isLeaving && rows.some((row) => isDirty(row) || refused.has(row))) event.preventDefault();
  });

  form.querySelector("[data-keyboard]").hidden = false;

  // --- From cell to cell -----------------------------------------------------------------------------------

  const cells = rows.map(numbers);
  const place = (input) => {
    const row = cells.findIndex((own) => own.includes(input));
    return row < 0 ? null : { row, column: cells[row].indexOf(input) };
  };

  // Enter goes down from where the run of Tab began, as in a spreadsheet.
  let home = 0;
  let isTabbing = false;

  const go = (row, column, step) => {
    let next = row + step;
    while (cells[next] && !cells[next][column]) next += step;
    const target = cells[next]?.[column];
    target?.focus();
    target?.select();
    return Boolean(target);
  };

  form.addEventListener("focusin", ({ target }) => {
    const at = place(target);
    if (at && !isTabbing) home = at.column;
    isTabbing = false;
  });

  form.addEventListener("keydown", (event) => {
    isTabbing = event.key === "Tab";
    const at = place(event.target);
    if (!at || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      go(at.row, at.column, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!go(at.row, home, event.shiftKey ? -1 : 1) && !event.shiftKey) button.focus();
    }
  });

  // --- A block from a spreadsheet --------------------------------------------------------------------------

  form.addEventListener("paste", async (event) => {
    const at = place(event.target);
    const lines = event.clipboardData.getData("text/plain").replace(/\r?\n$/, "").split(/\r?\n/);
    const block = lines.map((line) => line.split("\t").map(digits));
    if (!at || (block.length === 1 && block[0].length === 1)) return;
    event.preventDefault();
    const changed = new Set();
    let filled = 0;
    let over = 0;
    block.forEach((line, down) =>
      line.forEach((text, right) => {
        const target = cells[at.row + down]?.[at.column + right];
        if (!text) return;
        if (!target) {
          over += 1;
          return;
        }
        target.value = text;
        target.dispatchEvent(new Event("input", { bubbles: true }));
        changed.add(rows[at.row + down]);
        filled += 1;
      }),
    );
    for (const row of changed) {
      if (isHalf(row)) say(row, "à compléter");
      else await save(row);
    }
    const rest = over ? ` ; ${over} en trop, laissées de côté` : "";
    announced.textContent = `Cases remplies : ${filled}${rest}.`;
  });

  if (!isResumed) form.querySelector("[data-save]").closest("li").remove(); // each row saves itself
}
