import type { Applied } from '../../crds/types.gen.ts';

export interface FirstContact {
  /** What the inventory says: `false`, `sha256:<hex>`, or `true`. */
  adopt: boolean | string;
  applied: Applied | undefined;
  serial: string | undefined;
  /** `h1:<hex>` of the running configuration. */
  configHash: string;
}

/** Whether the platform may replace the configuration of this switch. */
export type Adoption =
  /** The switch is ours already. */
  | { state: 'known' }
  /** First contact, and a person agreed to it. */
  | { state: 'adopted' }
  /** First contact, and nobody agreed. */
  | { state: 'refused'; message: string };

/** First contact = nothing was ever applied, or the switch has another serial number (it was exchanged). */
export function adoption({ adopt, applied, serial, configHash }: FirstContact): Adoption {
  const exchanged = applied?.serial !== undefined && serial !== undefined && applied.serial !== serial;
  if (applied !== undefined && !exchanged) return { state: 'known' };
  if (adopt === true) return { state: 'adopted' };

  const review = `sha256:${configHash.replace(/^h1:/, '')}`;
  if (typeof adopt === 'string' && adopt.toLowerCase() === review) return { state: 'adopted' };
  const why = exchanged
    ? `The switch has another serial number (${serial})`
    : 'First contact with the switch';
  const changed = adopt === false ? '' : ', and its configuration is no longer the reviewed one';
  return {
    state: 'refused',
    message: `${why}${changed}. Review the difference in the Job's log, then set data.naas.adopt to ${review}`,
  };
}
