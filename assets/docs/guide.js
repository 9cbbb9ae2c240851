// The search of the guide. Everything else of a page works without this file.
import MiniSearch from "./vendor/minisearch.js";

const MOST_HITS = 12;
const form = document.querySelector("form");
const input = document.querySelector("#search");
const hits = document.querySelector("#hits");

/** The index is made when somebody searches for the first time. */
let index;
const load = async () => {
  const response = await fetch("/docs/search.json");
  if (!response.ok) throw new Error(`The search index answers ${response.status}.`);
  const search = new MiniSearch({
    fields: ["heading", "page", "text"],
    storeFields: ["heading", "page"],
    searchOptions: {
      boost: { heading: 4, page: 2 },
      prefix: true,
      fuzzy: 0.15,
      combineWith: "AND",
    },
  });
  search.addAll(await response.json());
  return search;
};

const line = (text) => {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  return paragraph;
};

const link = ({ id, heading, page }) => {
  const anchor = document.createElement("a");
  anchor.href = id;
  const place = document.createElement("span");
  place.textContent = page;
  anchor.append(heading, place);
  return anchor;
};

const show = async () => {
  const query = input.value.trim();
  if (query === "") return hits.replaceChildren();
  try {
    index ??= load();
    const found = (await index).search(query).slice(0, MOST_HITS);
    // Somebody may have typed on while the index was loaded.
    if (input.value.trim() !== query) return undefined;
    hits.replaceChildren(...(found.length === 0 ? [line("Nothing is found.")] : found.map(link)));
  } catch (error) {
    index = undefined;
    hits.replaceChildren(line(`The search does not work now: ${error.message}`));
  }
  return undefined;
};

form.hidden = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  hits.querySelector("a")?.click();
});
input.addEventListener("input", () => void show());
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && event.target !== input && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    input.focus();
  }
  if (event.key === "Escape" && form.contains(event.target)) {
    input.value = "";
    hits.replaceChildren();
    input.focus();
  }
});
document.addEventListener("click", ({ target }) => {
  if (!form.contains(target) || target.closest("#hits a")) hits.replaceChildren();
});

// On a small screen the list of pages stands above the text: it begins closed.
if (matchMedia("(max-width: 55rem)").matches) document.querySelector("nav details").open = false;
