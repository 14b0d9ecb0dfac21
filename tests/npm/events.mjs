// npm's graphql-sse client in distinct-connections mode: node events.mjs URL TOKEN QUERY [MOST] prints a line of JSON
// for each result, and at the end one with what ended it. With MOST, leaves after so many results.
import { createClient } from 'graphql-sse';

const [url, token, query, most] = process.argv.slice(2);
const client = createClient({
  url,
  singleConnection: false,
  retryAttempts: 0,
  headers: token ? { authorization: `Bearer ${token}` } : {},
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
  end = String(error);
}
console.log(JSON.stringify({ end }));
client.dispose();
