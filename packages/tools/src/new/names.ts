import { ts } from "ts-morph";

/** A request that cannot be carried out as it stands; its message is all that the user needs. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What a model is called in its places. */
export interface ModelName {
  /** Its source without the ending: `damped-oscillator`. */
  readonly file: string;
  /** Its factory: `dampedOscillator`. */
  readonly factory: string;
  /** The type of its options: `DampedOscillatorOptions`. */
  readonly options: string;
}

/**
 * Reads the name of a model, in kebab case or as its factory is to be called: `neural-ode` makes `neuralOde`, and
 * `neuralODE` makes itself, in neural-ode.ts.
 *
 * @throws UsageError for another kind of name, and where its factory or its file could not be called so.
 */
export function modelName(given: string): ModelName {
  const current = `current name is ${JSON.stringify(given)}`;
  if (!/^[a-z](?:[a-z0-9]*(?:-[a-z][a-z0-9]*)*|[a-zA-Z0-9]*)$/.test(given) || given.length > 60) {
    throw new UsageError(`Cannot make a model as its name must be in kebab or camel case, such as damped-oscillator or dampedOscillator: ${current}`);
  }
  const factory = given.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const file = given.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "-").toLowerCase();
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, factory);
  if (scanner.scan() !== ts.SyntaxKind.Identifier || file === "index" || file === "models") {
    throw new UsageError(`Cannot make a model as its name must not be a word of the language or a file of the package: ${current}`);
  }
  return { file, factory, options: `${factory[0].toUpperCase()}${factory.slice(1)}Options` };
}
