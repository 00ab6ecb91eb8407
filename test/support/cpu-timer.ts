/**
 * Milliseconds of CPU that this thread has used since the call: what others do on the machine does not count. For work that
 * would take minutes if it were done badly; limits are far above what it takes if done well.
 */
export function cpuTimer(): () => number {
  const begun = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(begun);
    return (user + system) / 1000;
  };
}
