import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from './errors.ts';

/**
 * Names one process for good, across reused pids, reboots, hosts and containers. Written into lock files and
 * run records so that others can tell whether the writer still lives.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, as /proc gives them. */
  readonly startTime: string;
  readonly bootId: string;
  readonly host: string;
  /** Pids of another container mean other processes; '' where there are no namespaces. */
  readonly pidNamespace?: string;
}

export function ownProcess(): ProcessIdentity {
  return processIdentity(process.pid);
}

/** Identity of a process that is running on this machine now. */
export function processIdentity(pid: number): ProcessIdentity {
  return {
    pid,
    startTime: startTimeOf(pid),
    bootId: bootId(),
    host: hostname(),
    pidNamespace: pidNamespace(),
  };
}

/** True when the process has certainly ended. False for one on another host: nobody here can know. */
export function isDeadProcess(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname()) return false;
  if (identity.bootId !== bootId()) return true;
  if (identity.pidNamespace !== undefined && identity.pidNamespace !== pidNamespace()) return false;
  return startTimeOf(identity.pid) !== identity.startTime;
}

function bootId(): string {
  return readQuietly('/proc/sys/kernel/random/boot_id').trim();
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/**
 * Start time of a process in clock ticks since boot (field 22 of /proc/<pid>/stat). Where there is no /proc,
 * "alive" or "" from signal 0: weaker, since a reused pid cannot be told apart.
 */
function startTimeOf(pid: number): string {
  const stat = readQuietly(`/proc/${pid}/stat`);
  if (stat !== '') {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; only its parent has not asked yet.
    return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '');
  }
  if (process.platform === 'linux') return '';
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch (error) {
    return errnoOf(error) === 'EPERM' ? 'alive' : '';
  }
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
