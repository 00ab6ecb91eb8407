import { randomBytes } from 'node:crypto';
import fastify from 'fastify';
import type { FastifyRequest } from 'fastify';
import { Cli } from './cli.ts';
import type { Reply } from './cli.ts';
import type { Switch } from './switch.ts';
import type { Users } from './users.ts';

/** Error codes of eAPI (devices.md 1.2). */
const INVALID_COMMAND = 1002;
const NO_JSON_FORM = 1003;
const INVALID_REQUEST = -32600;

const LARGEST_BODY = 8 * 1024 * 1024;
const MOST_COMMANDS = 10_000;

interface Command {
  readonly cmd: string;
  readonly input: string | undefined;
}

interface Request {
  readonly id: unknown;
  readonly commands: readonly Command[];
  readonly json: boolean;
}

/** Why a request gets no result. */
class Refused extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** A fault cut the connection. */
class Severed extends Error {}

function commandOf(value: unknown): Command {
  if (typeof value === 'string') return { cmd: value, input: undefined };
  if (typeof value === 'object' && value !== null && 'cmd' in value && typeof value.cmd === 'string') {
    const input = 'input' in value && typeof value.input === 'string' ? value.input : undefined;
    return { cmd: value.cmd, input };
  }
  throw new Refused(INVALID_REQUEST, 'params.cmds: must be text or {cmd, input}');
}

function parseRequest(body: unknown): Request {
  if (typeof body !== 'object' || body === null) throw new Refused(INVALID_REQUEST, 'Not a JSON-RPC request');
  const { jsonrpc, method, params, id } = body as Record<string, unknown>;
  if (jsonrpc !== '2.0' || method !== 'runCmds')
    throw new Refused(INVALID_REQUEST, 'Only runCmds of JSON-RPC 2.0');
  const { cmds, format } = (params ?? {}) as Record<string, unknown>;
  const list: unknown[] = Array.isArray(cmds) ? cmds : [cmds];
  if (list.length > MOST_COMMANDS) throw new Refused(INVALID_REQUEST, 'params.cmds: too many');
  return { id, commands: list.map(commandOf), json: format !== 'text' };
}

/** Runs one command and what it asks for: a password, a banner's text, a file. */
function runCommand(cli: Cli, { cmd, input }: Command): Reply {
  const reply = cli.line(cmd);
  if (input === undefined) return reply;
  if (cli.hidden) return cli.line(input.trimEnd());
  if (!cli.collecting && cli.prompt !== '') return reply;
  for (const line of input.replace(/\n$/, '').split('\n')) cli.line(line);
  if (!cli.collecting) return cli.line('EOF');
  const copied = cli.endOfInput();
  return { ...copied, json: { messages: [copied.output.trimEnd()] } };
}

/** Answers in the order of the commands; stops at the first that fails. */
function runCommands(cli: Cli, request: Request): unknown[] {
  const results: unknown[] = [];
  for (const [index, command] of request.commands.entries()) {
    const reply = runCommand(cli, command);
    if (reply.close === 'break') throw new Severed();
    const fail = (code: number, reason: string, detail: string): never => {
      const output = request.json ? {} : { output: `% ${detail}\n` };
      const message = `CLI command ${index + 1} of ${request.commands.length} '${command.cmd}' failed: ${reason}`;
      throw new Refused(code, message, [...results, { ...output, errors: [detail] }]);
    };
    if (reply.error !== undefined) {
      const known = reply.error === 'Invalid input';
      const detail = known ? `Invalid input (at token 0: '${command.cmd.split(' ')[0]}')` : reply.error;
      fail(INVALID_COMMAND, 'invalid command', detail);
    }
    if (!request.json) results.push({ output: reply.output });
    else if (reply.json === undefined)
      fail(NO_JSON_FORM, 'unconverted command', 'Command cannot be used over the API with json format');
    else results.push(reply.json);
  }
  return results;
}

/** Users by HTTP Basic or by the cookie of `/login`. */
function sessions(users: Users) {
  const cookies = new Map<string, string>();
  return {
    login(name: string, password: string): string | undefined {
      if (!users.hasPassword(name, password) || cookies.size >= 100) return undefined;
      const cookie = randomBytes(16).toString('hex');
      cookies.set(cookie, name);
      return cookie;
    },
    logout: (request: FastifyRequest) => cookies.delete(cookieOf(request)),
    user(request: FastifyRequest): string | undefined {
      const known = cookies.get(cookieOf(request));
      if (known !== undefined) return known;
      const [scheme, encoded = ''] = (request.headers.authorization ?? '').split(' ');
      if (scheme?.toLowerCase() !== 'basic') return undefined;
      const [name = '', ...password] = Buffer.from(encoded, 'base64').toString().split(':');
      return users.hasPassword(name, password.join(':')) ? name : undefined;
    },
  };
}

function cookieOf(request: FastifyRequest): string {
  return /(?:^|;\s*)Session=([0-9a-f]{32})/.exec(request.headers.cookie ?? '')?.[1] ?? '';
}

/** eAPI: `POST /command-api` with runCmds, sharing the CLI engine. Facts: devices.md 1.2. */
export async function startEapi(options: {
  readonly device: Switch;
  readonly users: Users;
  readonly enablePassword: string | undefined;
  readonly address: string;
  readonly port: number;
  /** PEM. Without it plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
}): Promise<{ port: number; stop(): Promise<void> }> {
  const { device, users } = options;
  const auth = sessions(users);
  const app = fastify({ bodyLimit: LARGEST_BODY, https: options.tls ?? null });
  const asJson = (
    _request: unknown,
    body: string | Buffer,
    done: (error: Error | null, value?: unknown) => void,
  ) => {
    try {
      done(null, JSON.parse(String(body)));
    } catch {
      done(null, undefined);
    }
  };
  // pyeapi sends JSON under whatever content type it likes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, asJson);

  app.post<{ Body: { username?: unknown; password?: unknown } | undefined }>('/login', (request, reply) => {
    const { username, password } = request.body ?? {};
    const cookie = auth.login(String(username), String(password));
    if (cookie === undefined) return reply.code(401).send('Unauthorized');
    return reply.header('set-cookie', `Session=${cookie}; Path=/; HttpOnly`).send('Logged in');
  });
  app.post('/logout', (request, reply) => {
    auth.logout(request);
    return reply.send('Logged out');
  });
  app.post('/command-api', (request, reply) => {
    const user = auth.user(request);
    const { faults } = device;
    if (device.timer?.managementLost === true) {
      request.raw.socket.destroy();
      return reply.hijack();
    }
    if (user === undefined || faults.strike('refuseAuth') !== undefined) {
      return reply.code(401).send('Unable to authenticate user: Bad username/password combination');
    }
    const login = {
      user,
      privilege: users.privilege(user),
      terminal: 'eapi',
      enablePassword: options.enablePassword,
    };
    const cli = new Cli(device, login);
    let id: unknown = null;
    try {
      const parsed = parseRequest(request.body);
      id = parsed.id;
      return reply.send({ jsonrpc: '2.0', id, result: runCommands(cli, parsed) });
    } catch (error) {
      if (error instanceof Severed) {
        request.raw.socket.destroy();
        return reply.hijack();
      }
      if (!(error instanceof Refused)) throw error;
      return reply.send({
        jsonrpc: '2.0',
        id,
        error: { code: error.code, message: error.message, data: error.data },
      });
    } finally {
      cli.close();
    }
  });

  await app.listen({ host: options.address, port: options.port });
  const address = app.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    async stop() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
