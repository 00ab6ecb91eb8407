/**
 * Members of an ar archive by name: the outer form of a Debian package, deb(5).
 *
 * @throws Error for anything else.
 */
export function readAr(archive: Buffer): Map<string, Buffer> {
  if (archive.toString('latin1', 0, 8) !== '!<arch>\n') throw new Error('Not an ar archive');
  const members = new Map<string, Buffer>();
  let offset = 8;
  while (offset < archive.length) {
    const header = archive.toString('latin1', offset, offset + 60);
    const size = Number.parseInt(header.slice(48, 58), 10);
    const start = offset + 60;
    if (!header.endsWith('`\n') || !(size >= 0) || start + size > archive.length)
      throw new Error('The ar archive is cut off or broken');
    members.set(header.slice(0, 16).trim().replace(/\/$/, ''), archive.subarray(start, start + size));
    offset = start + size + (size % 2);
  }
  return members;
}
