// The playground: a form, and answers from Python in a worker. Nothing typed here leaves the browser.
const page = document.getElementById("pg");
const script = document.currentScript?.src ?? "";

const WORDS = {
  en: { sources: "Sources", reasons: "Reasons", missing: "What would settle it", loading: "Loading …", ready: "Ready after {s} s.", none: "This build of the site has no playground.", folder: "A page that is read from a folder cannot load Python. Use the site itself, or the command line.", findings: "Findings", people: "People at the edges of the rules: {n}", problems: "Problems", nothing: "Nothing was found.", running: "In force", coming: "To come", over: "Over", remove: "Take away", unknown: "not known", pick: "Choose at least one policy.", born: "Write the birth date as YYYY-MM-DD, YYYY-MM or YYYY, such as 1990-01-31.", pending: "Not added yet, so it does not count: {what}. Press the button beside it.", more: "{n} more", support: { official: "official", press: "press", secondary: "secondary" }, week: ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"] },
  "zh-Hant": { sources: "來源", reasons: "理由", missing: "需要知道的事項", loading: "載入中……", ready: "{s}秒後可以使用。", none: "這個版本的網站沒有試用頁。", folder: "從資料夾開啟的頁面無法載入Python，請使用網站或命令列。", findings: "檢查結果", people: "規定邊界上的人：{n}", problems: "問題", nothing: "沒有發現問題。", running: "現行", coming: "即將開始", over: "已結束", remove: "移除", unknown: "不知道", pick: "請至少選一份政策。", born: "出生日期請寫成YYYY-MM-DD、YYYY-MM或YYYY，例如1990-01-31。", pending: "尚未加入，因此未計入：{what}。請按旁邊的按鈕。", more: "另有{n}項", support: { official: "官方", press: "新聞", secondary: "次級" }, week: ["一", "二", "三", "四", "五", "六", "日"] },
};

const FEW = 5; // as many entries of a list are shown at once
const RANK = ["eligible", "undetermined", "ineligible"]; // whose answers come first

function start() {
  const words = WORDS[document.documentElement.lang] ?? WORDS.en;
  const root = new URL("../playground/", script || new URL("javascripts/x.js", document.baseURI)).href;
  const get = (id) => document.getElementById(`pg-${id}`);
  const waiting = new Map();
  let worker;
  let count = 0;

  const ask = (message) =>
    new Promise((resolve, reject) => {
      waiting.set(++count, { resolve, reject });
      worker.postMessage({ id: count, ...message });
    });
  const call = async (name, ...args) => JSON.parse(await ask({ call: name, args }));
  const element = (tag, text, name) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  const entries = (items) => {
    const made = element("ul");
    for (const item of items) {
      const entry = element("li");
      entry.append(item);
      made.append(entry);
    }
    return made;
  };
  // A list under its title; of a long one the first few, and the rest on a click.
  const list = (title, items) => {
    const box = element("div");
    if (!items.length) return box;
    const shown = items.length > FEW + 1 ? FEW : items.length;
    box.append(element("h4", title), entries(items.slice(0, shown)));
    if (shown < items.length) {
      const rest = element("details");
      rest.append(element("summary", words.more.replace("{n}", items.length - shown)), entries(items.slice(shown)));
      box.append(rest);
    }
    return box;
  };

  async function load() {
    const began = performance.now();
    get("load").disabled = true;
    get("state").textContent = words.loading;
    worker = new Worker(new URL("playground-worker.js", script), { type: "module" });
    worker.addEventListener("message", ({ data: { id, result, error } }) => {
      const { resolve, reject } = waiting.get(id);
      waiting.delete(id);
      error === undefined ? resolve(result) : reject(new Error(error));
    });
    await ask({ root });
    await fill();
    get("state").textContent = words.ready.replace("{s}", ((performance.now() - began) / 1000).toFixed(1));
    page.dataset.ready = "yes";
    for (const field of page.querySelectorAll("fieldset")) field.disabled = false;
  }

  // The day in Taiwan: nothing but this comes from a clock.
  const today = () => new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Taipei" }).format(new Date());

  async function fill() {
    const { policies, vaccines, groups, counties, facts } = await call("start", get("lang").value);
    const option = (it, chosen) => new Option(it.name, it.id, false, chosen.has(it.id));
    const picked = (box) => new Set([...box.selectedOptions].map((it) => it.value));
    const into = (box, items) => {
      const chosen = picked(box);
      box.replaceChildren(...items.map((it) => option(it, chosen)));
    };
    const unknown = [{ id: "", name: words.unknown }];
    into(get("vaccine"), vaccines);
    into(get("wish"), vaccines);
    into(get("groups"), groups);
    into(get("fact"), facts);
    into(get("registered"), [...unknown, ...counties]);
    into(get("lives"), [...unknown, ...counties]);
    const day = today();
    const when = ({ first, last }) => (day < first ? "coming" : last < day ? "over" : "running");
    for (const box of ["policy", "base"].map(get)) {
      const chosen = box.options.length ? picked(box) : new Set(["tw/covid19-1922/round-19"]);
      box.replaceChildren(
        ...["running", "coming", "over"].map((state) => {
          const part = element("optgroup");
          part.label = words[state];
          const within = policies.filter((it) => when(it) === state);
          part.append(...within.map(({ id, name }) => option({ id, name: `${name} (${id})` }, chosen)));
          part.dataset.state = state;
          return part;
        }),
      );
    }
    narrow();
  }

  const choose = (state) => () => {
    for (const it of get("policy").options) it.selected = !state || it.parentElement.dataset.state === state;
  };

  function narrow() {
    const sought = get("groups-sought").value.trim().toLowerCase();
    for (const it of get("groups").options) it.hidden = !it.selected && !`${it.text} ${it.value}`.toLowerCase().includes(sought);
  }

  function person() {
    const found = {};
    const said = (id) => get(id).value.trim();
    const chosen = (id) => [...get(id).querySelectorAll("li")].map((it) => it.dataset);
    if (said("born")) found.birth_date = said("born");
    if (get("doses-known").checked) found.doses = chosen("doses").map(({ of, on }) => ({ vaccine: of, on }));
    if (get("groups-known").checked) found.groups = [...get("groups").selectedOptions].map((it) => it.value);
    if (said("registered")) found.registered_county = said("registered");
    if (said("lives")) found.residence_county = said("lives");
    if (said("sex")) found.sex = said("sex");
    const dated = chosen("facts").map(({ of, on }) => ({ fact: of, on }));
    if (dated.length) found.dated_facts = dated;
    if (get("wishes-known").checked) {
      found.willingness = { wanted: Object.fromEntries(chosen("wishes").map(({ of, on }) => [of, `${on}:00+08:00`])) };
    }
    return found;
  }

  // Put what two boxes say into a list, from which it can be taken away again.
  const adder = (what, day, into, known) => () => {
    if (!get(day).value) {
      get(day).focus();
      return;
    }
    const chosen = get(what).selectedOptions[0];
    const item = element("li", `${chosen.text}, ${get(day).value.replace("T", " ")} `);
    item.dataset.of = chosen.value;
    item.dataset.on = get(day).value;
    const remove = element("button", "×");
    remove.type = "button";
    remove.setAttribute("aria-label", `${words.remove}: ${item.textContent}`);
    remove.addEventListener("click", () => item.remove());
    item.append(remove);
    get(into).append(item);
    get(day).value = "";
    if (known) get(known).checked = true;
  };
  // What is in two boxes and in no list yet.
  const pending = () =>
    [["vaccine", "on"], ["fact", "fact-on"], ["wish", "since"]]
      .filter(([, day]) => get(day).value)
      .map(([what, day]) => `${get(what).selectedOptions[0].text}, ${get(day).value.replace("T", " ")}`);

  function months(spans) {
    const box = element("div", undefined, "pg-months");
    const days = new Set();
    for (const [first, last] of spans) {
      for (let at = new Date(first); at <= new Date(last) && days.size < 100; at.setUTCDate(at.getUTCDate() + 1)) {
        days.add(at.toISOString().slice(0, 10));
      }
    }
    for (const month of [...new Set([...days].map((it) => it.slice(0, 7)))].sort().slice(0, 3)) {
      const table = element("table", undefined, "pg-month");
      table.append(element("caption", month));
      const head = element("tr");
      head.append(...words.week.map((it) => element("th", it)));
      table.append(head);
      const begins = (new Date(`${month}-01`).getUTCDay() + 6) % 7;
      const length = new Date(Date.UTC(+month.slice(0, 4), +month.slice(5), 0)).getUTCDate();
      let row = element("tr");
      for (let cell = 0; cell < begins; cell += 1) row.append(element("td"));
      for (let day = 1; day <= length; day += 1) {
        if (row.children.length === 7) {
          table.append(row);
          row = element("tr");
        }
        const on = days.has(`${month}-${String(day).padStart(2, "0")}`);
        const cell = element("td", undefined, on ? "pg-day" : "");
        cell.append(on ? element("strong", day) : String(day));
        row.append(cell);
      }
      table.append(row);
      box.append(table);
    }
    return box;
  }

  function link({ publisher, url, support }) {
    const text = `${publisher} (${words.support[support]})`;
    if (!url.startsWith("http")) return element("span", text);
    const made = element("a", text);
    made.href = url;
    made.rel = "noreferrer";
    return made;
  }

  let latest = 0;
  async function decide() {
    const mine = ++latest; // a click while answers still come starts anew
    const box = get("answers");
    box.replaceChildren();
    const who = person();
    const chosen = [...get("policy").selectedOptions].map((it) => it.value);
    if (!chosen.length) box.append(element("p", words.pick, "pg-problem"));
    if (who.birth_date && !/^[0-9]{4}(-[0-9]{2}){0,2}$/.test(who.birth_date)) {
      box.append(element("p", words.born, "pg-problem"));
      return;
    }
    for (const what of pending()) box.append(element("p", words.pending.replace("{what}", what), "pg-problem"));
    for (const policy of chosen) {
      let found;
      try {
        found = await call("answer", who, policy, get("lang").value, get("from").value || null);
      } catch (error) {
        // A day such as 2021-02-30: without the name of Python's class.
        if (mine === latest) box.append(element("p", error.message.replace(/^[\w.]+: /, ""), "pg-problem"));
        return;
      }
      if (mine !== latest) return;
      const card = element("section", undefined, `pg-answer pg-${found.outcome}`);
      card.lang = get("lang").value;
      card.append(element("h3", `${found.title}: ${found.text}`));
      card.append(...found.notes.map((it) => element("p", it, "pg-note")));
      card.append(...found.offers.map((it) => element("p", it.text)));
      card.append(months(found.offers.flatMap((it) => it.days)));
      card.append(list(words.reasons, found.reasons), list(words.missing, found.missing), list(words.sources, found.sources.map(link)));
      card.dataset.rank = RANK.indexOf(found.outcome);
      box.insertBefore(card, [...box.querySelectorAll(".pg-answer")].find((it) => it.dataset.rank > card.dataset.rank) ?? null);
    }
    box.dataset.done = String(Number(box.dataset.done ?? 0) + 1);
  }

  async function check() {
    const { valid, text } = await call("number", get("number").value, get("lang").value);
    get("number-answer").textContent = `${valid ? "✓" : "✗"} ${text}`;
  }

  async function edit() {
    const box = get("edited");
    box.replaceChildren();
    const found = await call("edited", get("file").value, get("lang").value);
    if (found.problems.length) {
      box.append(list(words.problems, found.problems));
      return;
    }
    box.append(list(words.findings, found.findings.length ? found.findings : [words.nothing]));
    const picture = element("div", undefined, "picture");
    picture.innerHTML = found.picture;
    box.append(picture, list(words.people.replace("{n}", found.count), found.people.map((it) => `${it.name}: ${it.outcome}`)));
  }

  const on = (id, event, action) => get(id).addEventListener(event, () => action().catch((error) => (get("state").textContent = error.message)));
  on("load", "click", load);
  on("lang", "change", fill);
  on("decide", "click", decide);
  on("check", "click", check);
  on("open", "click", async () => (get("file").value = (await call("policy_file", get("base").value)).text));
  on("edit", "click", edit);
  get("from").value = today();
  get("running").addEventListener("click", choose("running"));
  get("every").addEventListener("click", choose(""));
  get("groups-sought").addEventListener("input", narrow);
  get("add").addEventListener("click", adder("vaccine", "on", "doses", "doses-known"));
  get("add-fact").addEventListener("click", adder("fact", "fact-on", "facts"));
  get("add-wish").addEventListener("click", adder("wish", "since", "wishes", "wishes-known"));
  const without = (text) => {
    get("load").disabled = true;
    get("state").textContent = text;
  };
  if (location.protocol === "file:") without(words.folder);
  else {
    fetch(new URL("sizes.json", root))
      .then((answer) => answer.json())
      .then(({ download }) => (get("size").textContent = `${(download / 1e6).toFixed(1)} MB`))
      .catch(() => without(words.none));
  }
}

if (page) start();
