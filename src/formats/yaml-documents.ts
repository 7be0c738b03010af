import { stringify } from 'yaml';

/**
 * Plain objects as one YAML stream, keys in the order given: the same objects give the same bytes. Texts that
 * YAML 1.1 would read as something else (`on`, `12:30`, `1e3`) are quoted, because Kubernetes tools read 1.1.
 */
export function writeYamlDocuments(documents: readonly unknown[]): string {
  return documents
    .map(
      (document) =>
        `---\n${stringify(document, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false })}`,
    )
    .join('');
}
