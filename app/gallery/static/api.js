// GraphQL over HTTP, the session, and live events over one WebSocket. Everything the gallery knows comes through here.

const KEY = "pinwalk.session";
let session = JSON.parse(localStorage.getItem(KEY) || "null");
const listeners = new Set();

export class ApiError extends Error {
  constructor(message, code) { super(message); this.code = code; }
}

export const viewer = () => session?.viewer ?? null;
export const onSession = (listener) => listeners.add(listener);

function keep(payload) {
  session = payload && {
    viewer: payload.viewer, access: payload.accessToken, refresh: payload.refreshToken, expires: Date.parse(payload.expiresAt),
  };
  if (session) localStorage.setItem(KEY, JSON.stringify(session)); else localStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

const SESSION = "viewer { id username displayName } accessToken refreshToken expiresAt userErrors { message }";

async function post(query, variables, token) {
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
  if (token) headers.authorization = `Bearer ${token}`;
  const response = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const body = await response.json();
  if (body.errors?.length && !body.data) throw new ApiError(body.errors[0].message, body.errors[0].extensions?.code);
  if (body.errors?.length) console.warn("Part of the answer is missing", body.errors);
  return body.data;
}

let refreshing = null;
async function token() {
  if (!session) return null;
  if (session.expires - Date.now() > 20_000) return session.access;
  // Tabs share one refresh token, and using it twice ends the session: one tab refreshes, the others read its result.
  const work = async () => {
    session = JSON.parse(localStorage.getItem(KEY) || "null");
    if (!session || session.expires - Date.now() > 20_000) return;
    const data = await post(`mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { ${SESSION} } }`, { input: { refreshToken: session.refresh } });
    keep(data.refreshSession.userErrors.length ? null : data.refreshSession);
  };
  refreshing ??= (navigator.locks ? navigator.locks.request(KEY, work) : work()).finally(() => { refreshing = null; });
  await refreshing;
  return session?.access ?? null;
}

export async function ask(query, variables = {}) {
  try {
    return await post(query, variables, await token());
  } catch (error) {
    if (error.code === "UNAUTHENTICATED" && session) { keep(null); return post(query, variables, null); }
    throw error;
  }
}

// One mutation with one `input`; its userErrors become an ApiError.
export async function act(name, inputType, input, fields) {
  const data = await ask(`mutation($input: ${inputType}!) { ${name}(input: $input) { ${fields} userErrors { code message field } } }`, { input });
  const payload = data[name];
  if (payload.userErrors.length) throw new ApiError(payload.userErrors.map((e) => e.message).join(" "), payload.userErrors[0].code);
  return payload;
}

export async function logIn(username, password) {
  const data = await post(`mutation($input: LogInInput!) { logIn(input: $input) { ${SESSION} } }`, { input: { username, password } });
  if (data.logIn.userErrors.length) throw new ApiError(data.logIn.userErrors[0].message);
  keep(data.logIn);
}

export async function signUp(input) {
  const data = await post(`mutation($input: SignUpInput!) { signUp(input: $input) { ${SESSION} } }`, { input });
  if (data.signUp.userErrors.length) throw new ApiError(data.signUp.userErrors.map((e) => e.message).join(" "));
  keep(data.signUp);
}

export async function logOut() {
  try { await ask("mutation { logOut { userErrors { message } } }"); } finally { keep(null); }
}

// A subscription over graphql-transport-ws. Returns a function that ends it.
export function subscribe(query, variables, next, done = () => {}) {
  let socket = null;
  let ended = false;
  let delay = 1000;
  const connect = async () => {
    const access = await token();
    if (ended) return;
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`, "graphql-transport-ws");
    const send = (message) => socket.send(JSON.stringify(message));
    socket.onopen = () => send({ type: "connection_init", payload: access ? { authorization: `Bearer ${access}` } : {} });
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "connection_ack") { delay = 1000; send({ id: "1", type: "subscribe", payload: { query, variables } }); }
      if (message.type === "ping") send({ type: "pong" });
      if (message.type === "next" && message.payload.data) next(message.payload.data);
      if (message.type === "complete" || message.type === "error") { ended = true; socket.close(1000); done(); }
    };
    socket.onclose = () => { if (!ended) { setTimeout(connect, delay); delay = Math.min(delay * 2, 30_000); } };
  };
  connect();
  return () => { ended = true; socket?.close(1000); };
}
