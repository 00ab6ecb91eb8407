/**
 * Nothing secret leaves the enforcer: not in logs, not in status, not in Events (S-63, S-64). Two nets: the
 * credentials we hold are cut out wherever they turn up, and lines of a configuration lose what follows a
 * word that announces a secret.
 */
const MASK = '<redacted>';

const ANNOUNCED =
  /\b((?:secret|password|passphrase|community|key|key-string|md5|sha1|sha256|sha512|shared-secret|pre-shared-key|auth|priv)(?: (?:0|5|6|7|8|8a|md5|sha|sha1|sha224|sha256|sha384|sha512|aes|aes128|aes192|aes256|des|encrypted|localized|\*))*) (?!(?:authentication|encryption|version|timeout)\b)(\S.*)$/i;

/** One line of configuration without its secret. */
export function redactLine(line: string): string {
  return line.replace(ANNOUNCED, (_whole, announced: string) => `${announced} ${MASK}`);
}

export function redactText(text: string): string {
  return text.split('\n').map(redactLine).join('\n');
}

/** Cuts known secrets out of any text, also in the form they take inside JSON. */
export type Censor = (text: string) => string;

/** @param secrets passwords and keys; shorter ones than 4 characters would hide half of every text */
export function censor(secrets: Iterable<string | undefined>): Censor {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret === undefined) continue;
    // A private key is many lines, each of them secret.
    for (const part of [
      secret,
      ...secret.split('\n').filter((line) => line.length >= 16 && !line.startsWith('-----')),
    ]) {
      if (part.length < 4) continue;
      forms.add(part);
      forms.add(JSON.stringify(part).slice(1, -1));
    }
  }
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((left, form) => left.replaceAll(form, MASK), text);
}

/**
 * Words for a status: on one line, without control characters or marks that turn the direction of writing (S-64), cut
 * to a length. Lines of a configuration in it were masked where they were quoted.
 */
export function printable(text: string, longest: number): string {
  const clean = text
    .replace(/\s*\n\s*/g, '; ')
    // oxlint-disable-next-line no-control-regex -- they are what must go
    .replace(/[\u0000-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g, '?');
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 1)}…`;
}
