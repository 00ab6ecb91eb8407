/** A leak, loaded into a service by `--import`: with every request it answers, it opens a connection and forgets it. */
import { subscribe } from 'node:diagnostics_channel';
import { connect, createServer } from 'node:net';

const listener = createServer(() => undefined).listen(0, '127.0.0.1');
listener.unref();
subscribe('http.server.request.start', () => {
  const address = listener.address();
  if (address !== null && typeof address === 'object') connect(address.port, '127.0.0.1').unref();
});
