/** One of each service: what happens is the enforcer's doing, or the scheduler's. */
export const ONE_WATCHER = { webhook: 1, 'device-watcher': 1, scheduler: 1, 'interface-watcher': 1 } as const;
/** Two that claim ports. R7: both lead. */
export const TWO_WATCHERS = { ...ONE_WATCHER, 'interface-watcher': 2 } as const;
