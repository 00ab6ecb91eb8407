import type { Platform } from '../parts/platform.ts';
import type { Violation } from '../world/world.ts';

export function goalsMissed(_platform: Platform, _properties: unknown): Violation | undefined {
  return undefined;
}
