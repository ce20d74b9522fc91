import { OdeError } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { LossBoard, type Answer } from "./loss-board.ts";

const size = { m: 3, threads: 2 };
const valueOf = (loss: number, message = ""): Answer => ({ value: { loss, gradient: Float64Array.of(loss, 2 * loss, 3 * loss), rhsEvaluations: 7, message } });

test("hands questions and answers over, in memory that another board shares", () => {
  const main = new LossBoard(size);
  const thread = new LossBoard(size, main.memory);
  main.ask(Float64Array.of(1, 2, 3), 5);
  const question = thread.nextQuestion(0);
  expect([question, ...thread.p, thread.intervals]).toEqual([1, 1, 2, 3, 5]);
  thread.reply(1, question, valueOf(4));
  thread.reply(0, question, valueOf(2));
  expect([main.answer(0), main.answer(1)]).toEqual([valueOf(2), valueOf(4)]);
  main.ask(Float64Array.of(4, 5, 6), Infinity);
  expect(thread.nextQuestion(question)).toBe(2);
  expect(thread.intervals).toBe(Infinity);
  thread.reply(0, 2, valueOf(Infinity, "no solution"));
  thread.reply(1, 2, { error: new OdeError("NON_FINITE", "Cannot do it") });
  expect(main.answer(0)).toEqual(valueOf(Infinity, "no solution"));
  expect(main.answer(1)).toMatchObject({ error: { code: "NON_FINITE", message: "Cannot do it", name: "OdeError" } });
});

test("a question is another one after as many as can be counted", () => {
  const board = new LossBoard(size);
  new Int32Array(board.memory)[0] = 0x3fffffff;
  board.ask(new Float64Array(3), 1);
  expect(board.nextQuestion(0x3fffffff)).toBe(0);
  board.reply(0, 0, valueOf(1));
  expect(board.answer(0)).toEqual(valueOf(1));
});

test("a thread that is no more answers every question by its error", () => {
  const board = new LossBoard(size);
  board.end(0, new RangeError("gone"));
  for (let k = 0; k < 2; k++) {
    board.ask(new Float64Array(3), 1);
    expect(board.answer(0)).toMatchObject({ error: { name: "RangeError", message: "gone" } });
  }
});

test.each([
  ["a long message", valueOf(Infinity, "long".repeat(10_000)), { value: { message: "long".repeat(250) } }],
  ["an error with a long message", { error: new OdeError("INVALID_FILE", "long".repeat(10_000)) }, { error: { code: "INVALID_FILE", message: "long".repeat(250) } }],
  ["a long error of another class", { error: new RangeError("long".repeat(10_000)) }, { error: { message: "long".repeat(250) } }],
  ["a long text", { error: "long".repeat(10_000) }, { error: { message: "long".repeat(250) } }],
  ["an object with a function", { error: { f: () => 1 } }, { error: { message: "[object Object]" } }],
] as [string, Answer, object][])("%s becomes what there is room for", (_, given, expected) => {
  const board = new LossBoard(size);
  board.ask(new Float64Array(3), 1);
  board.reply(1, 1, given);
  expect(board.answer(1)).toMatchObject(expected);
});
