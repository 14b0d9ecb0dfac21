// npm's graphql-ws client: node sockets.mjs URL TOKEN QUERY [MOST] prints a line of JSON for each result, and at the end
// one with what ended it. With MOST, completes after so many results.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, token, query, most] = process.argv.slice(2);
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  retryAttempts: 0,
  connectionParams: token ? { authorization: `Bearer ${token}` } : {},
});
let count = 0;
let end = 'complete';
try {
  for await (const result of client.iterate({ query })) {
    console.log(JSON.stringify(result));
    count += 1;
    if (most && count >= Number(most)) {
      end = 'left';
      break;
    }
  }
} catch (error) {
  end = Array.isArray(error) ? JSON.stringify(error) : `${error.code ?? ''} ${error.reason ?? error}`.trim();
}
console.log(JSON.stringify({ end }));
await client.dispose();
