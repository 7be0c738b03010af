import { realpathSync } from 'node:fs';

/** Something the person at the keyboard can put right: shown as one line, without a stack trace. */
export class Problem extends Error {}

/** Runs `main` when the file was started as a script, and not when a test imports it. */
export function runScript(filename, main) {
  if (!process.argv[1] || realpathSync(process.argv[1]) !== realpathSync(filename)) return;
  main(process.argv.slice(2)).catch((error) => {
    console.error(error instanceof Problem ? `error: ${error.message}` : error);
    process.exitCode = 1;
  });
}

/** Prints progress lines with the seconds since the script began. */
export function progress() {
  const start = performance.now();
  return (text) => console.log(`${((performance.now() - start) / 1000).toFixed(1).padStart(5)} s  ${text}`);
}

/** 1234567 -> "1,234,567" */
export function count(number) {
  return number.toLocaleString('en-US');
}
