/**
 * Plays a person with a browser at the login pages of the local provider: follows redirects, keeps cookies, presses the
 * button of an account. So trial accounts and tests log in as people do.
 */
import { Agent, fetch } from 'undici';
import type { RequestInit } from 'undici';

export interface Visitor {
  /** E-mail address of the account to choose; default: the one that the login asks for (`login_hint`). */
  readonly account?: string | undefined;
  /** PEM of the certificate authority that signed the provider's certificate. */
  readonly certificateAuthority: string;
}

export interface LastPage {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
}

const MAX_STEPS = 20;

/** Visits an address and does what its pages ask for. Returns the page that asks for nothing more. */
export async function visit(start: URL, visitor: Visitor): Promise<LastPage> {
  const dispatcher = new Agent({ connect: { ca: visitor.certificateAuthority } });
  // As browsers do: one jar for each host, whatever the port.
  const jars = new Map<string, Map<string, string>>();
  let { account } = visitor;
  let url = start;
  let form: URLSearchParams | undefined;
  try {
    for (let step = 0; step < MAX_STEPS; step += 1) {
      account ??= url.searchParams.get('login_hint') ?? undefined;
      const jar = jars.get(url.hostname) ?? new Map<string, string>();
      jars.set(url.hostname, jar);
      const init: RequestInit = {
        dispatcher,
        redirect: 'manual',
        headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(form !== undefined && { method: 'POST', body: form }),
      };
      const response = await fetch(url, init);
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        jar.set(name, value);
      }
      const text = await response.text();
      const location = response.headers.get('location');
      const next = location === null ? filledIn(text, account) : undefined;
      if (location === null && next === undefined) return { url, status: response.status, text };
      form = next?.fields;
      url = new URL(location ?? next?.action ?? '', url);
    }
  } finally {
    await dispatcher.close();
  }
  throw new Error(`The login of ${account ?? 'nobody'} went through more than ${MAX_STEPS} pages`);
}

/** What a page's form sends when the person presses the button of the account, or the only other one. */
function filledIn(html: string, account: string | undefined) {
  const action = /<form[^>]*\baction="([^"]*)"/.exec(html)?.[1];
  if (action === undefined) return undefined;
  const fields = new URLSearchParams();
  for (const [, tag = ''] of html.matchAll(/<input([^>]*)>/g)) {
    const name = attribute(tag, 'name');
    if (name !== undefined) fields.set(name, attribute(tag, 'value') ?? '');
  }
  const buttons = [...html.matchAll(/<button([^>]*)>([^<]*)<\/button>/g)].map(([, tag = '', label = '']) => ({
    name: attribute(tag, 'name'),
    value: attribute(tag, 'value') ?? '',
    label: unescape(label),
  }));
  const button = buttons.find(({ label }) => label === account) ?? buttons[0];
  if (buttons.length > 1 && !buttons.some(({ label }) => label === account || label === 'Continue'))
    throw new Error(`The login page has no account ${account ?? 'to choose: name one'}`);
  if (button?.name !== undefined) fields.set(button.name, button.value);
  return { action: unescape(action), fields };
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : unescape(value);
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function unescape(text: string): string {
  return text.replaceAll(
    /&(?:#(\d+)|(\w+));/g,
    (whole, code: string | undefined, name: string | undefined) =>
      code === undefined ? (NAMED[name ?? ''] ?? whole) : String.fromCodePoint(Number(code)),
  );
}
