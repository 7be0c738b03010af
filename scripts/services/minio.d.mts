export interface BuiltMinio {
  readonly binary: string;
  readonly version: string;
}
export interface StartedMinio {
  readonly endpoint: string;
  readonly bucket: string;
  readonly version: string;
  /** What a client needs to reach it. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}
export function buildMinio(): Promise<BuiltMinio | { readonly skipped: string }>;
export function startMinio(): Promise<StartedMinio | { readonly skipped: string }>;
