// Pages by the address after the `#`, the account corner, and live news of new Pins.

import { act, ask, logOut, onSession, subscribe, viewer } from "./api.js";
import { h, toast } from "./dom.js";
import { feed } from "./grid.js";
import { boardSheet, logInSheet, pinSheet, saveSheet, signUpSheet } from "./sheets.js";

const content = document.getElementById("content");
const show = (...parts) => content.replaceChildren(...parts.filter(Boolean));
const missing = () => show(h("p", { class: "center" }, "This does not exist, or is not yours to see."));

function home() {
  show(!viewer() && h("p", { class: "lead" }, "Trending and fresh. Log in for pictures picked for you."),
    feed({ root: "query($after: String) { homeFeed(first: 30, after: $after) { %s } }", pick: (d) => d.homeFeed }));
}

function following() {
  show(feed({ root: "query($after: String) { followingFeed(first: 30, after: $after) { %s } }", pick: (d) => d.followingFeed, empty: "Follow people and boards, and what they add is here, newest first." }));
}

function trending(topicId) {
  show(feed({ root: "query($after: String, $t: ID) { trendingPins(first: 30, after: $after, topicId: $t) { %s } }", variables: { t: topicId || null }, pick: (d) => d.trendingPins }));
}

async function topics() {
  const data = await ask("{ topics(first: 50) { nodes { id name description pinCount coverPins { image { url(width: 236) } } } } }");
  show(h("h1", {}, "Topics"), h("div", { class: "tiles" }, data.topics.nodes.map((t) => tile(`#/trending/${t.id}`, t.coverPins.slice(0, 3), t.name, `${t.pinCount} Pins`))));
}

const tile = (href, pins, title, line) => h("a", { class: "tile", href }, h("div", { class: "mosaic" }, pins.map((p) => h("img", { src: p.image.url, alt: "", loading: "lazy" }))), h("b", {}, title), h("span", {}, line));

function search(words) {
  document.querySelector("#search input").value = words;
  show(h("h1", {}, `“${words}”`), feed({ root: "query($q: String!, $after: String) { searchPins(query: $q, first: 30, after: $after) { %s } }", variables: { q: words }, pick: (d) => d.searchPins, empty: "Nothing matches. Try fewer or other words." }));
}

async function pin(id) {
  const { node } = await ask(`query($id: ID!) { node(id: $id) { ... on Pin { id title description altText link domain saveCount status createdAt
    image { width height dominantColor url(width: 564) full: url(width: 1200) } creator { id username displayName viewerFollows } topics { id name }
    boards(first: 6) { nodes { id title } } viewerSaves { board { id title } } } } }`, { id });
  if (!node?.id) return missing();
  const { image, creator } = node;
  const mine = viewer() && creator?.username === viewer().username;
  show(h("article", { class: "closeup" },
    h("div", { class: "big", style: { background: image.dominantColor } }, h("img", { src: image.full, alt: node.altText || node.title, width: image.width, height: image.height })),
    h("div", { class: "about" },
      h("h1", {}, node.title), node.description && h("p", {}, node.description),
      node.link && h("p", {}, h("a", { href: node.link, rel: "noopener noreferrer nofollow", target: "_blank" }, node.domain || node.link)),
      h("div", { class: "row" },
        viewer() && h("button", { class: "btn main", onclick: () => saveSheet(node) }, "Save"),
        viewer() && !mine && h("button", { class: "btn", onclick: async () => { await act("hidePin", "HidePinInput", { pinId: id }, "pin { id }"); toast("Hidden: not shown to you again"); history.back(); } }, "Not for me")),
      h("div", { class: "chips" }, node.topics.map((t) => h("a", { href: `#/trending/${t.id}` }, t.name))),
      h("dl", {}, creator && [h("dt", {}, "By"), h("dd", {}, h("a", { href: `#/user/${creator.username}` }, creator.displayName))],
        h("dt", {}, "Saved on"), h("dd", {}, `${node.saveCount} ${node.saveCount === 1 ? "board" : "boards"}`),
        node.viewerSaves.length > 0 && [h("dt", {}, "By you"), h("dd", {}, node.viewerSaves.map((s, i) => [i ? ", " : "", h("a", { href: `#/board/${s.board.id}` }, s.board.title)]))]),
      h("div", { class: "chips" }, node.boards.nodes.map((b) => h("a", { href: `#/board/${b.id}` }, b.title))))),
    h("h2", {}, "More like this"),
    feed({ root: "query($id: ID!, $after: String) { node(id: $id) { ... on Pin { related(first: 30, after: $after) { %s } } } }", variables: { id }, pick: (d) => d.node?.related }));
  content.focus({ preventScroll: true });
}

function followButton(node, kind) {
  const button = h("button", { class: "btn main" });
  const draw = () => { button.textContent = node.viewerFollows ? "Following" : "Follow"; button.classList.toggle("main", !node.viewerFollows); };
  button.addEventListener("click", async () => {
    const verb = node.viewerFollows ? "unfollow" : "follow";
    const type = kind === "User" ? "FollowUserInput" : "FollowBoardInput";
    await act(`${verb}${kind}`, type, { [`${kind.toLowerCase()}Id`]: node.id }, `${kind.toLowerCase()} { viewerFollows }`);
    node.viewerFollows = !node.viewerFollows;
    draw();
    listen();
  });
  draw();
  return button;
}

async function board(id) {
  const { node } = await ask("query($id: ID!) { node(id: $id) { ... on Board { id title description privacy pinCount followerCount viewerFollows viewerRole owner { username displayName } } } }", { id });
  if (!node?.id) return missing();
  const tabs = h("div", {});
  const pins = () => tabs.replaceChildren(feed({ root: "query($id: ID!, $after: String) { node(id: $id) { ... on Board { pins(first: 30, after: $after) { %s } } } }", plain: true, variables: { id }, pick: (d) => d.node?.pins, empty: "No Pins yet." }));
  const ideas = () => tabs.replaceChildren(feed({ root: "query($id: ID!, $after: String) { node(id: $id) { ... on Board { moreIdeas(first: 30, after: $after) { %s } } } }", variables: { id }, pick: (d) => d.node?.moreIdeas, empty: "Ideas come once the board holds a few Pins." }));
  show(h("h1", {}, node.title), h("p", { class: "lead" }, node.privacy === "SECRET" ? "Secret · " : "", node.owner && h("a", { href: `#/user/${node.owner.username}` }, node.owner.displayName), ` · ${node.pinCount} Pins · ${node.followerCount} followers`),
    node.description && h("p", {}, node.description),
    h("div", { class: "row" }, viewer() && !node.viewerRole && followButton(node, "Board"), h("button", { class: "btn", onclick: pins }, "Pins"), h("button", { class: "btn", onclick: ideas }, "More ideas")), tabs);
  pins();
}

async function user(name) {
  const data = await ask(`query($u: String!) { user(username: $u) { id displayName username bio followerCount followingCount viewerFollows
    boards(first: 60) { nodes { id title privacy pinCount pins(first: 3) { nodes { image { url(width: 236) } } } } } } }`, { u: name });
  if (!data.user) return missing();
  const who = data.user;
  const mine = viewer()?.username === who.username;
  show(h("h1", {}, who.displayName), h("p", { class: "lead" }, `@${who.username} · ${who.followerCount} followers · ${who.followingCount} following`), who.bio && h("p", {}, who.bio),
    h("div", { class: "row" }, viewer() && !mine && followButton(who, "User"), mine && h("button", { class: "btn", onclick: () => boardSheet() }, "New board")),
    h("div", { class: "tiles" }, who.boards.nodes.map((b) => tile(`#/board/${b.id}`, b.pins.nodes, b.title, `${b.pinCount} Pins${b.privacy === "SECRET" ? " · secret" : ""}`))));
}

const PAGES = { "": home, following, trending, topics, search, pin, board, user };

async function route() {
  const [, name = "", argument = ""] = location.hash.slice(1).split("/");
  scrollTo(0, 0);
  for (const link of document.querySelectorAll("nav a")) link.toggleAttribute("aria-current", link.getAttribute("href") === (location.hash || "#/"));
  try { await (PAGES[name] ?? missing)(decodeURIComponent(argument)); } catch (error) { show(h("p", { class: "center", role: "alert" }, error.message)); }
}

function account() {
  const me = viewer();
  document.querySelectorAll("[data-signed-in]").forEach((e) => { e.hidden = !me; });
  document.getElementById("account").replaceChildren(...(me
    ? [h("button", { class: "btn main", onclick: pinSheet }, "Create"), h("a", { class: "btn", href: `#/user/${me.username}` }, me.displayName), h("button", { class: "btn", onclick: logOut }, "Log out")]
    : [h("button", { class: "btn main", onclick: logInSheet }, "Log in"), h("button", { class: "btn", onclick: signUpSheet }, "Sign up")]));
}

let stop = () => {};
function listen() {
  stop();
  stop = viewer() ? subscribe("subscription { newPins { pin { id title image { url(width: 236) } } board { title } savedBy { displayName } } }", {}, ({ newPins: n }) => {
    toast(`New: “${n.pin.title}”${n.savedBy ? ` from ${n.savedBy.displayName}` : ""}`, { image: n.pin.image.url, href: `#/pin/${n.pin.id}` });
  }) : () => {};
}

document.getElementById("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = new FormData(event.target).get("q").trim();
  if (words) location.hash = `#/search/${encodeURIComponent(words)}`;
});
let who = viewer()?.id;
onSession(() => { account(); if (viewer()?.id !== who) { who = viewer()?.id; listen(); route(); } });
addEventListener("hashchange", route);
account();
listen();
route();
