// The masonry of pictures: true aspect ratios, one column list each, pages fetched as the end comes near.

import { ask, viewer } from "./api.js";
import { h } from "./dom.js";
import { saveSheet } from "./sheets.js";

export const PIN = "id title image { width height dominantColor url(width: 236) large: url(width: 564) } ";
const FEED = `edges { cursor score weak reasons { source text } node { ${PIN} } } pageInfo { hasNextPage endCursor } degraded`;
const PLAIN = `edges { cursor node { ${PIN} } } pageInfo { hasNextPage endCursor }`;

function card(edge) {
  const { node } = edge;
  const { width, height, dominantColor, url, large } = node.image;
  const img = h("img", { src: url, srcset: `${url} 236w, ${large} 564w`, sizes: "(max-width: 760px) 46vw, 240px", alt: node.altText || node.title, width, height, loading: "lazy", onload: () => img.classList.add("in") });
  const why = edge.reasons?.[0];
  return h("article", { class: "card" },
    h("a", { class: "pic", href: `#/pin/${node.id}`, style: { background: dominantColor, aspectRatio: `${width} / ${height}` } }, img),
    viewer() && h("button", { class: "btn main save", onclick: () => saveSheet(node) }, "Save"),
    h("p", { class: "t" }, node.title),
    why && h("p", { class: "why", title: edge.reasons.map((r) => r.text).join(" · ") }, h("span", { class: "tag" }, why.source), why.text));
}

const columnCount = () => Math.max(2, Math.min(7, Math.floor(document.body.clientWidth / 250)));

// `field` is the connection's name; `root` the query around it with %s where the connection goes.
export function feed({ root, variables = {}, pick, plain = false, empty = "Nothing here yet." }) {
  const query = root.replace("%s", plain ? PLAIN : FEED);
  const box = h("div", {});
  const sentinel = h("div", {});
  let columns = [];
  let heights = [];
  let after = null;
  let busy = false;
  let over = false;
  let count = 0;
  let weakShown = false;
  const seen = new Set();

  const newGrid = () => {
    columns = Array.from({ length: columnCount() }, () => h("div", { class: "col" }));
    heights = columns.map(() => 0);
    box.append(h("div", { class: "grid" }, columns));
  };
  const place = (edge) => {
    if (seen.has(edge.node.id)) return;
    seen.add(edge.node.id);
    if (edge.weak && !weakShown) { weakShown = true; box.append(h("p", { class: "divider" }, "Weaker matches")); newGrid(); }
    const at = heights.indexOf(Math.min(...heights));
    columns[at].append(card(edge));
    heights[at] += edge.node.image.height / edge.node.image.width + 0.25;
    count += 1;
  };
  const more = async () => {
    if (busy || over) return;
    busy = true;
    try {
      const connection = pick(await ask(query, { ...variables, after }));
      if (!connection) { over = true; return; }
      if (!columns.length) newGrid();
      connection.edges.forEach(place);
      after = connection.pageInfo.endCursor;
      over = !connection.pageInfo.hasNextPage;
      if (!count && over) box.replaceChildren(h("p", { class: "center" }, empty));
    } catch (error) {
      over = true;
      box.append(h("p", { class: "center", role: "alert" }, error.message, " ", h("button", { class: "btn", onclick: (e) => { e.target.parentNode.remove(); over = false; more(); } }, "Try again")));
    } finally { busy = false; }
    if (!over && sentinel.isConnected && sentinel.getBoundingClientRect().top < innerHeight * 2) more();
  };
  new IntersectionObserver((entries) => { if (entries.some((e) => e.isIntersecting)) more(); }, { rootMargin: "1200px" }).observe(sentinel);
  return h("section", {}, box, sentinel);
}
