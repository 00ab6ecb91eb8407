/**
 * A browser with a person in front of it, for the trial accounts: set as BROWSER, it logs in whom the login asks for.
 * Usage: node browser.ts --ca FILE [--account E-MAIL] URL
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { visit } from './visit.ts';

const { values, positionals } = parseArgs({
  options: { ca: { type: 'string' }, account: { type: 'string' } },
  allowPositionals: true,
});
const start = URL.parse(positionals[0] ?? '');
if (start === null || values.ca === undefined) {
  console.error('Usage: browser.ts --ca FILE [--account E-MAIL] URL');
  process.exit(64);
}
const certificateAuthority = await readFile(values.ca, 'utf8');
const { status, text } = await visit(start, { account: values.account, certificateAuthority });
if (status >= 400) {
  console.error(text);
  process.exit(1);
}
