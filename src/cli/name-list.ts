/** The names of an option that takes `a,b` and may be given several times. */
export function nameList(values: readonly string[]): readonly string[] {
  const names = values.flatMap((value) => value.split(',')).map((name) => name.trim());
  return names.filter((name) => name !== '');
}
