// The buttons above a text that is typed with marks: each puts its mark around or before what is selected.
const form = document.querySelector("[data-writing]");
const toolbar = form?.querySelector("[role=toolbar]");

if (toolbar) {
  const area = form.querySelector("textarea");
  const buttons = [...toolbar.querySelectorAll("button")];

  // As if it had been typed, so that the browser can undo it.
  const type = (text) => {
    area.focus();
    if (!document.execCommand("insertText", false, text)) {
      area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    }
  };

  const select = (length, back) => {
    const end = area.selectionEnd - back;
    area.setSelectionRange(end - length, end);
  };

  const around = (before, after, words) => {
    const chosen = area.value.slice(area.selectionStart, area.selectionEnd) || words;
    type(before + chosen + after);
    select(chosen.length, after.length);
  };

  // Whole lines, so that a mark stands at the beginning of each; a list begins after an empty line.
  const before = (mark, words) => {
    const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
    area.setSelectionRange(start, area.selectionEnd);
    const lines = (area.value.slice(start, area.selectionEnd) || words).split("\n");
    type(lines.map((line) => mark + line).join("\n"));
  };

  toolbar.addEventListener("click", ({ target }) => {
    const { around: mark, before: start, link, words } = target.dataset;
    if (mark) around(mark, mark, words);
    else if (start) before(start, words);
    else if (link) around("[", `](${link})`, words);
  });

  // One stop for the Tab key; the arrows go from a button to the next.
  buttons.forEach((button, place) => (button.tabIndex = place ? -1 : 0));
  toolbar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const place = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
    buttons.forEach((button) => (button.tabIndex = -1));
    buttons[place].tabIndex = 0;
    buttons[place].focus();
  });

  toolbar.hidden = false;
}
