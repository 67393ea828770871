// The cursor moves on from one box of the card number to the next; everything works without this.
for (const box of document.querySelectorAll("input[data-next]")) {
  box.addEventListener("input", () => {
    const next = document.getElementById(box.dataset.next);
    if (next && box.value.length >= box.maxLength) next.focus();
  });
  box.addEventListener("paste", (event) => {
    const digits = event.clipboardData.getData("text").replace(/\D/g, "");
    if (digits.length !== 12) return;
    event.preventDefault();
    ["card1", "card2", "card3"].forEach((name, place) => {
      document.getElementById(name).value = digits.slice(place * 4, place * 4 + 4);
    });
  });
}
// Two clicks send a form once: the second would come from a page whose session the first has ended.
for (const form of document.forms) {
  let sent = -Infinity;
  form.addEventListener("submit", (event) => {
    if (event.timeStamp - sent < 10000) event.preventDefault();
    else sent = event.timeStamp;
  });
  addEventListener("pagehide", () => (sent = -Infinity));
}
