import type { Command } from '../define-command.ts';
import { command as version } from './system/version.ts';

/** Every command, in the order help shows them. */
export const COMMANDS: readonly Command[] = [version];
