const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi;
const SECRET_PARAMETERS =
  /([?&](?:access_token|token|sig|signature|key|secret|password|x-amz-[a-z-]+|delegation)=)[^&\s"']+/gi;
const SECRET_ASSIGNMENTS = /\b((?:[A-Z0-9_]*(?:SECRET|PASSWORD|TOKEN|API_?KEY)[A-Z0-9_]*)=)\S+/g;
const BEARER = /\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{8,}/g;

/** Removes credentials from any text before it is printed, logged or recorded. */
export function redact(text: string): string {
  return text
    .replace(URL_CREDENTIALS, '$1***@')
    .replace(SECRET_PARAMETERS, '$1***')
    .replace(SECRET_ASSIGNMENTS, '$1***')
    .replace(BEARER, '$1 ***');
}
