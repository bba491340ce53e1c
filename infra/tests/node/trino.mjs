// Reads {name: SQL} from standard input; writes {name: [errors]}, by Trino's grammar.
import { register } from "node:module";
import { text } from "node:stream/consumers";

register("./unbundled.mjs", import.meta.url);
const { TrinoSQL } = await import("dt-sql-parser");
const trino = new TrinoSQL();

function errorsOf(sql) {
  return trino.validate(sql).map(({ startLine, startColumn, message }) => `${startLine}:${startColumn} ${message}`);
}

const queries = Object.entries(JSON.parse(await text(process.stdin)));
const answer = queries.map(([name, sql]) => [name, errorsOf(sql)]);
process.stdout.write(JSON.stringify(Object.fromEntries(answer)));
