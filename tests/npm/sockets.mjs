// npm's graphql-ws client: node sockets.mjs URL TOKEN QUERY [MOST]; see printed.mjs.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { printed } from './printed.mjs';

const [url, token, query, most] = process.argv.slice(2);
const connectionParams = token ? { authorization: `Bearer ${token}` } : {};
const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams });
const told = (error) =>
  Array.isArray(error) ? JSON.stringify(error) : `${error.code ?? ''} ${error.reason ?? error}`.trim();
await printed(client.iterate({ query }), most, told);
await client.dispose();
