import type { Platform } from '../parts/platform.ts';

export function watchProperties(_platform: Platform): undefined {
  return undefined;
}
