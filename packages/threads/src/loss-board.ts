import { deserialize, serialize } from "node:v8";
import type { LossValue } from "@fluxion/train";
import { packError, unpackError, type WireError } from "./wire-error.ts";

/** How large a {@link LossBoard} is. */
export interface BoardSize {
  /** Parameters of the loss. */
  readonly m: number;
  /** Threads that answer. */
  readonly threads: number;
}

/** What a thread found, or what it threw or ended by. */
export type Answer = { readonly value: LossValue } | { readonly error: unknown };

/** The answer that a computation gives. */
export function answerBy(compute: () => LossValue): Answer {
  try {
    return { value: compute() };
  } catch (error) {
    return { error };
  }
}

/** What goes with the numbers of an answer: why a solve failed, or what was thrown. */
type Note = { readonly message: string } | { readonly fault: WireError };

/** One thread's part of the memory. */
interface Slot {
  /** Index of the word that holds the last question answered, or `ended`; the length of the note stands next to it. */
  readonly answered: number;
  /** Loss and number of right-hand sides. */
  readonly numbers: Float64Array;
  readonly gradient: Float64Array;
  readonly note: Uint8Array;
}

/** Words of a cache line: each thread's stand on a line of their own, so that writing one disturbs no other thread. */
const lineWords = 16;
const noteBytes = 16_384;
/** Takes the place of the answered question when a thread is no more. */
const ended = -1;
/** Questions are counted up to here, and then from 0 again. */
const lastQuestion = 0x3fffffff;
/** Looks at a word before sleeping: some 40 us, in which an optimiser takes its step. A thread that sleeps takes 10 us to wake up. */
const looks = 4096;

/**
 * Memory where the main thread asks threads for parts of a loss and they answer. One question stands at a time: it is
 * asked, all threads answer, and only then comes the next. Made anew in each thread on the same memory.
 */
export class LossBoard {
  /** To be handed to the other threads. */
  readonly memory: SharedArrayBuffer;
  /** Parameters `[m]` of the question. */
  readonly p: Float64Array;
  readonly #words: Int32Array;
  readonly #intervals: Float64Array;
  readonly #slots: readonly Slot[];

  constructor({ m, threads }: BoardSize, memory?: SharedArrayBuffer) {
    const wordCount = lineWords * (1 + threads);
    const bytes = 4 * wordCount + 8 * (1 + m + threads * (2 + m));
    this.memory = memory ?? new SharedArrayBuffer(bytes + threads * noteBytes);
    let next = 4 * wordCount;
    const numbers = (length: number): Float64Array => {
      const array = new Float64Array(this.memory, next, length);
      next += array.byteLength;
      return array;
    };
    this.#words = new Int32Array(this.memory, 0, wordCount);
    this.#intervals = numbers(1);
    this.p = numbers(m);
    this.#slots = Array.from({ length: threads }, (_, k) => ({
      answered: lineWords * (1 + k),
      numbers: numbers(2),
      gradient: numbers(m),
      note: new Uint8Array(this.memory, bytes + k * noteBytes, noteBytes),
    }));
  }

  /** Sampling intervals of the question. */
  get intervals(): number {
    return this.#intervals[0];
  }

  /** Asks all threads for their parts. In the main thread. */
  ask(p: Float64Array, intervals: number): void {
    this.p.set(p);
    this.#intervals[0] = intervals;
    Atomics.store(this.#words, 0, this.#words[0] === lastQuestion ? 0 : this.#words[0] + 1);
    Atomics.notify(this.#words, 0);
  }

  /** Waits for a thread's answer. Its gradient is overwritten by the next one. In the main thread. */
  answer(thread: number): Answer {
    const { answered, numbers, gradient, note } = this.#slots[thread];
    const question = this.#words[0];
    let found: number;
    while ((found = Atomics.load(this.#words, answered)) !== question && found !== ended) this.#waitWhile(answered, found);
    const length = this.#words[answered + 1];
    const said = length > 0 ? (deserialize(note.slice(0, length)) as Note) : { message: "" };
    return "fault" in said ? { error: unpackError(said.fault) } : { value: { loss: numbers[0], gradient, rhsEvaluations: numbers[1], message: said.message } };
  }

  /** Waits for a question other than `last`. In a thread that answers. */
  nextQuestion(last: number): number {
    let question: number;
    while ((question = Atomics.load(this.#words, 0)) === last) this.#waitWhile(0, last);
    return question;
  }

  /** Answers a question. In the thread of that number. */
  reply(thread: number, question: number, found: Answer): void {
    const { numbers, gradient } = this.#slots[thread];
    if ("value" in found) {
      numbers[0] = found.value.loss;
      numbers[1] = found.value.rhsEvaluations;
      gradient.set(found.value.gradient);
      this.#finish(thread, question, found.value.message === "" ? null : { message: found.value.message });
    } else this.#finish(thread, question, { fault: packError(found.error) });
  }

  /** Answers all questions of a thread that is no more by an error. In another thread. */
  end(thread: number, error: unknown): void {
    this.#finish(thread, ended, { fault: packError(error) });
  }

  #finish(thread: number, question: number, note: Note | null): void {
    const { answered, note: place } = this.#slots[thread];
    const bytes = note ? encode(note) : new Uint8Array(0);
    place.set(bytes);
    this.#words[answered + 1] = bytes.length;
    Atomics.store(this.#words, answered, question);
    Atomics.notify(this.#words, answered);
  }

  #waitWhile(index: number, value: number): void {
    for (let look = 0; look < looks; look++) if (Atomics.load(this.#words, index) !== value) return;
    Atomics.wait(this.#words, index, value);
  }
}

/** The bytes of a note, cut short if there is no room for it. */
function encode(note: Note): Uint8Array {
  try {
    const bytes = serialize(note);
    if (bytes.length <= noteBytes) return bytes;
  } catch {
    // Sending takes more kinds of objects than writing does.
  }
  const short = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 1000);
  if ("message" in note) return serialize({ message: short(note.message) });
  const { fault } = note;
  return serialize({ fault: "code" in fault ? { ...fault, message: short(fault.message) } : { thrown: new Error(short(fault.thrown)) } });
}
