import { z } from 'zod';
import { MloError, messageOf } from '#foundation/errors.ts';
import { isDType } from './inference/dtypes.ts';
import type { ModelSignature, SignatureHints } from './inference/signature.ts';

const columnSchema = z.union([
  z.string().min(1),
  z.looseObject({ name: z.string().min(1), dtype: z.string().optional() }),
]);

const hintsSchema = z.looseObject({
  columns: z.array(columnSchema).optional(),
  classes: z.array(z.union([z.string(), z.number()])).optional(),
});

/**
 * Reads the file named by `models.<name>.signature`: `{"columns": ["hour", {"name": "origin", "dtype":
 * "string"}], "classes": ["on time", "late"]}`. A bundle's own signature.json is accepted too. Throws
 * MLO_BAD_SIGNATURE naming `where`.
 */
export function parseSignatureHints(text: string, where: string): SignatureHints {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(where, messageOf(error));
  }
  const result = hintsSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw bad(where, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong form'}`);
  }
  return {
    columns: result.data.columns?.map((column) =>
      typeof column === 'string' ? { name: column } : { name: column.name, dtype: column.dtype },
    ),
    classes: result.data.classes?.map(String),
  };
}

function bad(where: string, problem: string): MloError {
  return new MloError('config', 'MLO_BAD_SIGNATURE', `${where}: ${problem}`, {
    hint: '{"columns": [{"name": "hour", "dtype": "int64"}, …], "classes": ["on time", "late"]}',
  });
}

const dtype = z.string().refine(isDType);
const tensorSchema = z.object({ name: z.string(), dtype, shape: z.array(z.int()) });

const signatureSchema = z.object({
  version: z.literal(1),
  inputs: z.array(tensorSchema),
  outputs: z.array(tensorSchema),
  columns: z.array(z.object({ name: z.string(), dtype, input: z.string(), index: z.int().nonnegative() })),
  classes: z.array(z.string()),
});

/** Reads `signature.json` of a bundle whose checksum was verified; the form is checked all the same. */
export function parseSignature(bytes: Uint8Array, where: string): ModelSignature {
  try {
    return signatureSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new MloError('integrity', 'MLO_BAD_BUNDLE', `${where} is no model signature`, { cause: error });
  }
}
