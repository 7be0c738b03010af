/* oxlint-disable typescript/no-explicit-any -- tests look into answers of every shape */
/** The JSON body of an answer. */
export async function jsonOf(response: { text(): Promise<string> }): Promise<any> {
  return JSON.parse(await response.text());
}
/* oxlint-enable typescript/no-explicit-any */
