/** Sets properties of an error that programs can read. They are not enumerable, so that no runtime prints them below a stack. */
export function carry(error: Error, data: object): void {
  for (const [key, value] of Object.entries(data)) {
    Object.defineProperty(error, key, { value, writable: true, configurable: true });
  }
}
