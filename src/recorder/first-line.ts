import { constants, promises } from 'node:fs';

/** Longer than any header; the first line of what is no recording may be of any length. */
const most = 65_536;

/** The first line of a file, or how it begins. Never waits: a FIFO that has come to stand there is not waited for. */
export async function firstLineOf(path: string): Promise<string> {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const file = await promises.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, 0);
    const text = buffer.toString('utf8', 0, bytesRead);
    return text.split('\n', 1)[0] ?? '';
  } finally {
    await file.close();
  }
}
