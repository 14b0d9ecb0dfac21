// The dialogs: logging in, saving, making a board, making a Pin.

import { act, ask, logIn, signUp, subscribe, viewer } from "./api.js";
import { field, form, h, toast } from "./dom.js";

export function logInSheet() {
  form("Log in", [field("User name or e-mail", "username", { required: true, autocomplete: "username" }), field("Password", "password", { type: "password", required: true, autocomplete: "current-password" })],
    "Log in", ({ username, password }) => logIn(username, password), h("p", { class: "lead" }, "New here? ", h("button", { class: "btn", type: "button", onclick: signUpSheet }, "Sign up")));
}

export function signUpSheet() {
  form("Sign up", [
    field("User name", "username", { required: true, minlength: 3, maxlength: 30, autocomplete: "username" }),
    field("E-mail", "email", { type: "email", required: true }),
    field("Password", "password", { type: "password", required: true, minlength: 8, autocomplete: "new-password" }),
  ], "Sign up", signUp);
}

async function myBoards() {
  const data = await ask("query($u: String!) { user(username: $u) { boards(first: 100) { nodes { id title privacy } } } }", { u: viewer().username });
  return data.user?.boards.nodes ?? [];
}

const boardField = (boards) => field("Board", "boardId", { tag: "select", required: true, options: boards.map((b) => h("option", { value: b.id }, b.privacy === "SECRET" ? `${b.title} (secret)` : b.title)) });

export async function saveSheet(pin) {
  const boards = await myBoards();
  if (!boards.length) { boardSheet(() => saveSheet(pin)); return; }
  form(`Save “${pin.title}”`, [boardField(boards)], "Save", async ({ boardId }) => {
    const { board } = await act("savePin", "SavePinInput", { pinId: pin.id, boardId }, "board { id title }");
    toast(`Saved to ${board.title}`, { image: pin.image.url, href: `#/board/${board.id}` });
  });
}

export function boardSheet(then = null) {
  form("New board", [
    field("Title", "title", { required: true, maxlength: 100 }),
    field("Who sees it", "privacy", { tag: "select", options: [h("option", { value: "PUBLIC" }, "Everybody"), h("option", { value: "SECRET" }, "Only me")] }),
  ], "Create", async (input) => {
    const { board } = await act("createBoard", "CreateBoardInput", input, "board { id }");
    if (then) setTimeout(then); else location.hash = `#/board/${board.id}`;
  });
}

export async function pinSheet() {
  const boards = await myBoards();
  if (!boards.length) { boardSheet(pinSheet); return; }
  form("New Pin", [
    field("Picture (JPEG, PNG, WebP, GIF or AVIF, up to 20 MB)", "file", { type: "file", required: true, accept: "image/jpeg,image/png,image/webp,image/gif,image/avif" }),
    field("Title", "title", { required: true, maxlength: 100 }), field("Description", "description", { tag: "textarea", maxlength: 800 }), boardField(boards),
  ], "Create", async ({ file, title, description, boardId }) => {
    const { upload } = await act("prepareUpload", "PrepareUploadInput", { contentType: file.type, bytes: file.size }, "upload { id url method headers { name value } }");
    const put = await fetch(upload.url, { method: upload.method, headers: Object.fromEntries(upload.headers.map((x) => [x.name, x.value])), body: file });
    if (!put.ok) throw new Error((await put.json().catch(() => null))?.errors?.[0]?.message ?? "The picture could not be uploaded.");
    const { pin } = await act("createPin", "CreatePinInput", { boardId, title, description: description || null, image: { uploadId: upload.id }, idempotencyKey: upload.id }, "pin { id }");
    location.hash = `#/pin/${pin.id}`;
    subscribe("subscription($id: ID!) { pinProcessed(pinId: $id) { status title } }", { id: pin.id }, ({ pinProcessed }) => { if (pinProcessed.status === "READY") toast(`“${pinProcessed.title}” can now be found by its look`); });
  });
}
