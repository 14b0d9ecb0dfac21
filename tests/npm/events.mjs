// npm's graphql-sse client in distinct-connections mode: node events.mjs URL TOKEN QUERY [MOST]; see printed.mjs.
import { createClient } from 'graphql-sse';
import { printed } from './printed.mjs';

const [url, token, query, most] = process.argv.slice(2);
const headers = token ? { authorization: `Bearer ${token}` } : {};
const client = createClient({ url, singleConnection: false, retryAttempts: 0, headers });
await printed(client.iterate({ query }), most);
client.dispose();
