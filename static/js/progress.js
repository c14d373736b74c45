// Keeps the progress of a background job up to date: asks every second, and reloads the page when it is over.
const section = document.querySelector("[data-progress]:not([data-over])");

if (section) {
  const sentence = section.querySelector("[role=status]");
  const bar = section.querySelector("progress");
  section.querySelector(".progress__refresh").hidden = true;

  const say = (text) => {
    if (sentence.textContent !== text) sentence.textContent = text;
  };

  const ask = async () => {
    try {
      const answer = await fetch(section.dataset.progress, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
      const progress = await answer.json();
      if (progress.is_over) {
        location.reload();
        return;
      }
      say(progress.sentence);
      if (progress.percent === null) bar.removeAttribute("value");
      else bar.value = progress.percent;
    } catch {
      say("Le service ne répond pas. Nouvel essai dans un instant ; la préparation continue sans cette page.");
    }
    setTimeout(ask, 1000);
  };

  setTimeout(ask, 1000);
}
