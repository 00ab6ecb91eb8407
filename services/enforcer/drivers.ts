import type { Driver } from './driver.ts';
import { eos } from './drivers/eos/driver.ts';

/** One folder per platform; each passes `drivers/conformance.ts`. */
const DRIVERS: readonly Driver[] = [eos];

/** @throws Error naming the platforms there are */
export function driverFor(platform: string): Driver {
  const driver = DRIVERS.find((candidate) => candidate.platform === platform);
  if (driver === undefined) {
    const known = DRIVERS.map((one) => one.platform).join(', ');
    throw new Error(`There is no driver for platform "${platform}": the inventory must say one of ${known}`);
  }
  return driver;
}
