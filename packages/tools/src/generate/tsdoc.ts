import type { JSDoc } from "ts-morph";

/** TSDoc on one line, with names in place of links. */
export const flat = (text: string): string => text.replace(/\{@link (\w+(?:\.\w+)?)\}/g, "`$1`").replace(/\s+/g, " ").trim();

/** What the last of some TSDoc comments says before its tags, on one line; empty without any. */
export const description = (docs: readonly JSDoc[]): string => flat(docs.at(-1)?.getDescription() ?? "");

/** Of what TSDoc says on one line. */
export const firstSentence = (text: string): string => /^.*?\.(?= [A-Z`]|$)/.exec(text)?.[0] ?? text;
