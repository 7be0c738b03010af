import { parquetSchema, type FileMetaData, type SchemaElement } from 'hyparquet';
import type { ColumnInfo, ColumnType, Table } from './table.ts';

/** Maps the flat columns of a Parquet schema to table columns and names the others. */
export function parquetColumns(metadata: FileMetaData): Pick<Table, 'columns' | 'unsupported'> {
  const columns: ColumnInfo[] = [];
  const unsupported: { name: string; reason: string }[] = [];
  for (const child of parquetSchema(metadata).children) {
    const { name } = child.element;
    const type = child.children.length > 0 ? undefined : typeOf(child.element);
    if (type === undefined || child.element.repetition_type === 'REPEATED') {
      const what = child.children.length > 0 ? 'nested' : (child.element.converted_type ?? 'repeated');
      unsupported.push({ name, reason: `${what.toLowerCase()} values` });
    } else {
      columns.push({ name, type: type === 'int' && hasUnsafeInts(metadata, name) ? 'string' : type });
    }
  }
  return { columns, unsupported };
}

function typeOf(element: SchemaElement): ColumnType | undefined {
  const converted = element.converted_type;
  const logical = element.logical_type?.type;
  if (converted === 'BSON' || converted === 'INTERVAL') return undefined;
  if (converted === 'DECIMAL' || logical === 'FLOAT16') return 'float';
  if (converted === 'DATE' || converted?.startsWith('TIMESTAMP') === true) return 'datetime';
  if (logical === 'TIMESTAMP') return 'datetime';
  // The reader scales these two by the converted type, which every known writer sets as well.
  if (logical === 'DECIMAL' || logical === 'DATE') return undefined;
  switch (element.type) {
    case 'BOOLEAN':
      return 'bool';
    case 'INT32':
    case 'INT64':
      return 'int';
    case 'INT96':
      return 'datetime';
    case 'FLOAT':
    case 'DOUBLE':
      return 'float';
    case 'BYTE_ARRAY':
      return 'string';
    case 'FIXED_LEN_BYTE_ARRAY':
      return logical === 'UUID' ? 'string' : undefined;
    case undefined:
    default:
      return undefined;
  }
}

/** 64-bit ids and hashes do not fit a double; the statistics in the footer tell before anything is read. */
function hasUnsafeInts(metadata: FileMetaData, name: string): boolean {
  return metadata.row_groups.some((group) => {
    const meta = group.columns.find((column) => column.meta_data?.path_in_schema[0] === name)?.meta_data;
    const { min_value: min, max_value: max } = meta?.statistics ?? {};
    return [min, max].some((value) => typeof value === 'bigint' && !Number.isSafeInteger(Number(value)));
  });
}
