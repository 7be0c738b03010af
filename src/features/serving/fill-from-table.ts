import type { Column, Table } from '#adapters/tables/table.ts';
import { MloError } from '#foundation/errors.ts';
import { DTYPES, type DType } from '#formats/inference/dtypes.ts';
import { putValue } from '#formats/inference/fill.ts';
import type { InputBuffer, RowSlot } from '#formats/inference/rows.ts';
import type { ModelSignature, SignatureColumn } from '#formats/inference/signature.ts';

/**
 * The model's columns must be there and of a type whose values serving would take as well: nothing is
 * converted here that a client would be refused for. Throws `not-found` (MLO_NO_COLUMN) or MLO_COLUMN_TYPE.
 */
export function checkTable(table: Table, signature: ModelSignature): void {
  for (const column of signature.columns) {
    const given = table.columns.find((candidate) => candidate.name === column.name);
    if (given === undefined) {
      throw new MloError('not-found', 'MLO_NO_COLUMN', `${table.name} has no column "${column.name}"`, {
        hint: `the model takes: ${signature.columns.map(({ name }) => name).join(', ')}`,
        details: { column: column.name },
      });
    }
    if (!ACCEPTED[DTYPES[column.dtype].family].includes(given.type)) {
      throw new MloError(
        'usage',
        'MLO_COLUMN_TYPE',
        `${table.name}: column "${column.name}" is ${given.type}, the model takes ${column.dtype}`,
        { details: { column: column.name } },
      );
    }
  }
}

/** A column without any value counts as text; text in a column of numbers is found row by row. */
const ACCEPTED: Readonly<Record<(typeof DTYPES)[DType]['family'], readonly Column['type'][]>> = {
  float: ['float', 'int', 'string'],
  int: ['int', 'float', 'string'],
  bigint: ['int', 'float', 'string'],
  bool: ['bool', 'string'],
  half: [],
  text: ['string'],
};

/** Writes one table column as a feature of all rows of the slot. Row numbers in errors count from 1. */
export function putColumn(slot: RowSlot, feature: SignatureColumn, column: Column, firstRow: number): void {
  const target = slot.inputs.get(feature.input);
  if (target === undefined) return;
  if (DTYPES[target.type].family === 'float' && column.type !== 'string') {
    putFloats(slot, target, feature.index, column.values);
    return;
  }
  for (let row = 0; row < slot.rows; row += 1) {
    const at = (slot.offset + row) * target.width + feature.index;
    putValue(target, at, jsonValue(column, row), () => `column "${feature.name}", row ${firstRow + row + 1}`);
  }
}

/** A missing number is NaN in the table already. */
function putFloats(slot: RowSlot, target: InputBuffer, index: number, values: Float64Array): void {
  const data = target.data as Float32Array | Float64Array;
  for (let row = 0, at = slot.offset * target.width + index; row < slot.rows; row += 1, at += target.width) {
    data[at] = values[row] ?? Number.NaN;
  }
}

function jsonValue(column: Column, row: number): unknown {
  if (column.type === 'string') return column.values[row] ?? null;
  if (column.nulls?.[row] === 1) return null;
  const value = column.values[row] ?? Number.NaN;
  return column.type === 'bool' ? value !== 0 : value;
}
