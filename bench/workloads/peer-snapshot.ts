// Looks at all connections of this host with a package that others wrote.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cpuUs, serve } from './serve.ts';

serve({
  /** CPU microseconds of one look, with the processes that it starts. */
  async look({ folder, name }: { folder: string; name: string }): Promise<number> {
    const peer = createRequire(join(folder, 'package.json'))(name);
    const before = cpuUs() + childrenUs();
    if (name === 'systeminformation') await peer.networkConnections();
    else await new Promise<void>((resolve) => peer({ done: () => resolve() }, () => {}));
    return cpuUs() + childrenUs() - before;
  },
});

/** CPU of the children that are over, from /proc/self/stat (proc_pid_stat(5): cutime, cstime in hundredths of a second). */
function childrenUs(): number {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10_000;
}
