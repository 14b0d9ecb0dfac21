// Every audit of npm's graphql-http, run against the address given: prints a list of {id, name, status, reason}.
import { serverAudits } from 'graphql-http';

const [url] = process.argv.slice(2);
const results = [];
for (const audit of serverAudits({ url })) {
  const result = await audit.fn();
  results.push({ id: audit.id, name: audit.name, status: result.status, reason: result.reason ?? '' });
}
console.log(JSON.stringify(results));
