import { extname } from 'node:path';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { driftMarkdown } from './drift-markdown.ts';
import type { DriftReport } from './types.ts';

/** Throws a usage error for any other ending: call before the work that makes the report. */
export function checkReportPath(path: string): void {
  const ending = extname(path).toLowerCase();
  if (ending === '.md' || ending === '.json') return;
  throw new MloError('usage', 'MLO_REPORT_FORMAT', `${path}: a report is written as .md or .json`, {
    hint: '--report drift.md',
  });
}

/** Writes a report as Markdown (`.md`) or JSON (`.json`), by the ending of the path. */
export async function writeDriftReport(options: {
  readonly path: AbsolutePath;
  readonly report: DriftReport;
}): Promise<void> {
  checkReportPath(options.path);
  const markdown = extname(options.path).toLowerCase() === '.md';
  const text = markdown ? driftMarkdown(options.report) : `${JSON.stringify(options.report, null, 2)}\n`;
  await writeFileAtomic(options.path, text);
}
