import { createHash, timingSafeEqual } from 'node:crypto';
import type { Inventory } from '../../../lib/inventory/device.ts';

/** 256 bits as hexadecimal or base64url; longer is no boot token. */
const TOKEN = /^[A-Za-z0-9_-]{43,64}$/;

/**
 * The device whose boot token this is. The inventory holds the SHA-256 of the token's text in hexadecimal; all
 * devices are compared, each in constant time.
 */
export function deviceOfBootToken(token: string, inventory: Inventory): string | undefined {
  if (!TOKEN.test(token)) return undefined;
  const digest = createHash('sha256').update(token).digest();
  let found: string | undefined;
  for (const { name, bootToken } of inventory.devices.values()) {
    if (bootToken === undefined) continue;
    if (timingSafeEqual(digest, Buffer.from(bootToken, 'hex'))) found = name;
  }
  return found;
}
