// Parses SOQL with the published soql-parser-js: a JSON list of queries in, a JSON list of trees (null: refused) out.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const { parseQuery } = createRequire(`${process.env.ORACLE_HOME}/`)('@jetstreamapp/soql-parser-js');
const tree = (query) => {
  try {
    return parseQuery(query);
  } catch {
    return null;
  }
};
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(tree)));
