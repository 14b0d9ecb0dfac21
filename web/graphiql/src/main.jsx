import "graphiql/style.css";
import "./page.css";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { createClient } from "graphql-ws";
import { createRoot } from "react-dom/client";
import { examples } from "./examples.js";
import { LOG_IN } from "./log-in.jsx";
import { authorization, ours } from "./session.js";

const WORKERS = { json: "json.worker.js", graphql: "graphql.worker.js" };

globalThis.MonacoEnvironment = {
  getWorker: (_, label) => new Worker(`/graphiql/${WORKERS[label] ?? "editor.worker.js"}`, { name: label }),
};

const address = new URL("/graphql", location.href);
const socket = createClient({
  url: address.href.replace(/^http/, "ws"),
  connectionParams: async () => {
    const header = await authorization();
    return header ? { authorization: header } : {};
  },
});

const run = createGraphiQLFetcher({ url: address.href, wsClient: socket });

async function fetcher(parameters, options = {}) {
  const headers = { ...options.headers };
  const name = Object.keys(headers).find((key) => key.toLowerCase() === "authorization");
  if (name && ours(headers[name])) delete headers[name];
  else if (name || parameters.operationName === "IntrospectionQuery") return run(parameters, { ...options, headers });
  const header = await authorization();
  return run(parameters, { ...options, headers: header ? { ...headers, authorization: header } : headers });
}

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={[HISTORY_PLUGIN, LOG_IN]}
    defaultTabs={examples.map((query) => ({ query }))}
    defaultEditorToolsVisibility={false}
  >
    <GraphiQL.Logo>
      <a className="brand" href="/">
        Pinwalk
      </a>
    </GraphiQL.Logo>
  </GraphiQL>,
);
