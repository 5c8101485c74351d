/** Chinese meets Latin letters, numbers or brackets of code. */
const seam = /^(?:\p{Script=Han}[\w([]|[\w)\]%]\p{Script=Han})$/u;

/** Parts put together, with a space where Chinese meets Latin, and none elsewhere. */
export function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').reduce((text, part) => text + gap(text, part) + part, '');
}

function gap(before: string, after: string): string {
  return seam.test(before.slice(-1) + after.slice(0, 1)) ? ' ' : '';
}
