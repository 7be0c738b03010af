export const VERIFICATION_FILE: string;
export function recordVerification(
  row: {
    readonly check: string;
    readonly peer: string;
    readonly version: string;
    readonly command: string;
    readonly date?: string;
    readonly passed: number;
    readonly failed: number;
    readonly ratio?: string | number;
  },
  file?: string,
): Promise<void>;
export function recordNotDone(
  row: { readonly check: string; readonly peer: string; readonly command: string; readonly reason: string },
  file?: string,
): Promise<void>;
