/** What differs between EOS releases, as far as devices.md tells. */
export interface Profile {
  /** `4.35.0F` */
  readonly version: string;
  /** As in the header of the running configuration. */
  readonly model: string;
  /**
   * From 4.32 a session under a commit timer shows as `committed`, with the timer at the top level of the
   * answer (napalm #2166); before, its own state is `pendingCommitTimer`.
   */
  readonly timerAtTop: boolean;
  /** Older releases take `abort` in a sub-mode for `exit` and leave the session pending (ansible #36979). */
  readonly abortsFromSubmode: boolean;
}

/** @param version `4.22.1F`. @throws Error when it is no EOS version */
export function profileOf(version: string): Profile {
  const match = /^4\.(\d{1,2})\.\d+(?:\.\d+)?[A-Z]?$/.exec(version);
  if (match === null) throw new Error(`version: "${version}" is no EOS version such as 4.35.0F`);
  const minor = Number(match[1]);
  return {
    version,
    model: minor >= 23 ? 'vEOS-lab' : 'vEOS',
    timerAtTop: minor >= 32,
    abortsFromSubmode: minor >= 23,
  };
}
