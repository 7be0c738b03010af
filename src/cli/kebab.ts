/** `lockTimeout` as it is written on the command line: `lock-timeout`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
