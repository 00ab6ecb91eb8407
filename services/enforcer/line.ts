import type { DeviceConnection } from './driver.ts';

/** Our line to one switch: the connection in use, and how to get a fresh one. */
export interface Line {
  current: DeviceConnection;
  /** @throws DriverError */
  connect(): Promise<DeviceConnection>;
}

/** Goes on with another connection and closes the one before. */
export function switchTo(line: Line, fresh: DeviceConnection): void {
  const { current } = line;
  line.current = fresh;
  if (current !== fresh) current.close();
}
