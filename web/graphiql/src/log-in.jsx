// A pane that logs in and puts the access token into the header editor, where it can be seen and changed.

import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useState, useSyncExternalStore } from "react";
import { authorization, current, logIn, logOut, subscribe } from "./session.js";

function KeyIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <circle cx="8" cy="15" r="4.5" />
      <path d="M11.3 11.7 20 3M16.5 6.5l3 3M13.5 9.5l2 2" />
    </svg>
  );
}

function LogIn() {
  const session = useSyncExternalStore(subscribe, current);
  const headerEditor = useGraphiQL((state) => state.headerEditor);
  const { updateActiveTabValues } = useGraphiQLActions();
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);

  function fill(header) {
    const text = header ? JSON.stringify({ Authorization: header }, null, 2) : "";
    headerEditor?.setValue(text);
    updateActiveTabValues({ headers: text });
  }

  async function submit(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setFault("");
    try {
      await logIn(form.get("username"), form.get("password"));
      fill(await authorization());
    } catch (error) {
      setFault(error.message);
    } finally {
      setBusy(false);
    }
  }

  if (session) {
    return (
      <section className="log-in">
        <h2>Logged in</h2>
        <p>
          Operations run as <b>{session.username}</b>, in every tab. The token is refreshed by itself; what a tab’s
          headers say goes first.
        </p>
        <button
          type="button"
          onClick={() => {
            logOut();
            fill(null);
          }}
        >
          Log out
        </button>
      </section>
    );
  }
  return (
    <section className="log-in">
      <h2>Log in</h2>
      <p>The demo world’s user is demo; its password is printed where the server was started.</p>
      <form onSubmit={submit}>
        <label>
          Username
          <input name="username" defaultValue="demo" autoComplete="username" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit" disabled={busy}>
          Log in
        </button>
        <p role="alert">{fault}</p>
      </form>
    </section>
  );
}

export const LOG_IN = { title: "Log in", icon: KeyIcon, content: LogIn };
