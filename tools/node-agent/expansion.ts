/**
 * Replaces `$(NAME)` by the variable's value, as Kubernetes does: `$$(NAME)` is left as `$(NAME)`, and so is a
 * name that is not known.
 */
export function expandVariables(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([A-Za-z_.-][A-Za-z0-9_.-]*)\)/g, (whole, name: string | undefined) => {
    if (whole === '$$') return '$';
    return name !== undefined && Object.hasOwn(variables, name) ? (variables[name] ?? '') : whole;
  });
}

/** A directory as the container sees it, and where it really is. */
export interface Mount {
  readonly mountPath: string;
  readonly directory: string;
}

/** Replaces the path of a mount at the beginning of a text by its real directory; the longest one that fits. */
export function rewritePath(text: string, mounts: readonly Mount[]): string {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const path = mount.mountPath.replace(/\/+$/, '');
    if (text !== path && !text.startsWith(`${path}/`)) continue;
    if (best === undefined || path.length > best.mountPath.length) best = { ...mount, mountPath: path };
  }
  return best === undefined ? text : best.directory + text.slice(best.mountPath.length);
}
