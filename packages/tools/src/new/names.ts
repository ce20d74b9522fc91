import { ts } from "ts-morph";

/** A request that cannot be carried out as it stands; its message is all that the user needs. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** `damped-oscillator` -> `dampedOscillator`. */
export const camelCase = (name: string): string => name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** `damped-oscillator` -> `DampedOscillator`. */
export const pascalCase = (name: string): string => camelCase(`-${name}`);

/**
 * Throws a {@link UsageError} unless `name` is in kebab case and its factory would have a legal name of its own.
 */
export function checkName(name: string): void {
  if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(name) || name.length > 60) {
    throw new UsageError(`Cannot make a model as its name must be in kebab case, such as damped-oscillator: current name is ${JSON.stringify(name)}`);
  }
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, camelCase(name));
  if (scanner.scan() !== ts.SyntaxKind.Identifier || name === "index" || name === "models") {
    throw new UsageError(`Cannot make a model as its name must not be a word of the language or a file of the package: current name is ${JSON.stringify(name)}`);
  }
}
