import type { Request, Requests } from './requests.ts';

/**
 * Ports that keep what was confirmed (the candidate's rule 2): a push reads the model first and the ledger a moment
 * later. Where the model lags behind, and has nothing on a port on which its request stood before and stands again, the
 * port is not parked in between.
 *
 * @param confirmed the version that the switch showed before
 * @param model the version that is pushed
 * @param ledger the version that stands by then
 * @returns one request per port, with the settings of `confirmed`; [] where all ports are those of `model`
 */
export function keptPorts(confirmed: Requests, model: Requests, ledger: Requests): Request[] {
  const isTaken = (port: number) => model.some(({ ports }) => ports.includes(port));
  return confirmed.flatMap((request) => {
    const now = ledger.find(({ uid }) => uid === request.uid);
    return request.ports
      .filter((port) => !isTaken(port) && now?.ports.includes(port) === true)
      .map((port) => ({ ...request, ports: [port] }));
  });
}
