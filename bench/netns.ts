import { type ChildProcess, spawn } from 'node:child_process';

const requirement = 'root (CAP_SYS_ADMIN), unshare and nsenter of util-linux, ip of iproute2';

/** A network namespace with nothing but its loopback interface. It is gone when the last process in it is. */
export class Netns {
  /** The command that runs the rest of its arguments in here. */
  readonly through: readonly string[];
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
    this.through = ['nsenter', `--net=/proc/${holder.pid}/ns/net`, '--'];
  }

  /** Or what it would need. */
  static async make(): Promise<Netns | string> {
    // It lives as long as its standard input: not longer than the bench.
    const holder = spawn('unshare', ['--net', '--', 'sh', '-c', 'ip link set lo up && echo up && exec cat'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    holder.stdin?.on('error', () => {});
    const isUp = await new Promise<boolean>((resolve) => {
      holder.once('error', () => resolve(false));
      holder.once('exit', () => resolve(false));
      holder.stdout?.once('data', () => resolve(true));
    });
    return isUp ? new Netns(holder) : requirement;
  }

  end(): void {
    this.#holder.kill('SIGKILL');
  }
}
