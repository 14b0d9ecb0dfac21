// The log-in of this page: kept for as long as the tab is open, sent as a header, never put into an address.

const KEY = "pinwalk.graphiql";
const listeners = new Set();
const issued = new Set();
let session = read();

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function keep(next) {
  session = next;
  if (next) issued.add(`Bearer ${next.access}`);
  if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
  else sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

async function ask(query, variables) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify({ query, variables }),
  });
  const body = await response.json();
  if (body.errors?.length) throw new Error(body.errors[0].message);
  const payload = Object.values(body.data)[0];
  if (payload.userErrors.length) throw new Error(payload.userErrors[0].message);
  return payload;
}

const FIELDS = "viewer { username } accessToken refreshToken expiresAt userErrors { message }";

const sessionOf = (payload) => ({
  username: payload.viewer.username,
  access: payload.accessToken,
  refresh: payload.refreshToken,
  expires: Date.parse(payload.expiresAt),
});

export const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const current = () => session;

export async function logIn(username, password) {
  keep(sessionOf(await ask(`mutation LogIn($input: LogInInput!) { logIn(input: $input) { ${FIELDS} } }`, { input: { username, password } })));
}

export function logOut() {
  keep(null);
}

/** Whether this page put the header there: then it may be replaced by that of a newer token. */
export const ours = (header) => issued.has(header);

let refreshing = null;

/** The header value of a live access token, refreshed when it is about to run out; null when logged out. */
export async function authorization() {
  if (session && session.expires - Date.now() < 20_000) {
    refreshing ??= ask(`mutation Refresh($input: RefreshSessionInput!) { refreshSession(input: $input) { ${FIELDS} } }`, {
      input: { refreshToken: session.refresh },
    })
      .then((payload) => keep(sessionOf(payload)))
      .catch(() => keep(null))
      .finally(() => {
        refreshing = null;
      });
    await refreshing;
  }
  return session ? `Bearer ${session.access}` : null;
}
