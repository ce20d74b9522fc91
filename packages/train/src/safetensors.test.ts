import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors, type SafetensorsArray } from "./safetensors.ts";

const tensor: fc.Arbitrary<SafetensorsArray> = fc
  .array(fc.nat(3), { maxLength: 3 })
  .chain((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return fc.record({ shape: fc.constant(shape), data: fc.float64Array({ minLength: size, maxLength: size, noNaN: true }) });
  });
const tensors = fc.dictionary(fc.string().filter((name) => name !== "__metadata__"), tensor, { noNullPrototype: true });

/** A file with the given header text and data, as another program might have written it. */
function fileOf(header: string | Uint8Array, data: Uint8Array = new Uint8Array()): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const entry = (dtype: unknown, shape: unknown, offsets: unknown): string => JSON.stringify({ w: { dtype, shape, data_offsets: offsets } });

describe("safetensors", () => {
  test("any tensors and metadata come back bit for bit, from any place in a buffer", () => {
    fc.assert(
      fc.property(tensors, fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }), fc.nat(9), (given, metadata, offset) => {
        const bytes = encodeSafetensors(given, metadata);
        const moved = new Uint8Array(bytes.length + offset + 3).subarray(offset, offset + bytes.length);
        moved.set(bytes);
        const read = decodeSafetensors(moved, "model");
        expect(read.metadata).toEqual(metadata);
        expect(Object.keys(read.tensors).toSorted()).toEqual(Object.keys(given).toSorted());
        for (const [name, { shape, data }] of Object.entries(given)) {
          expect(read.tensors[name].shape).toEqual(shape);
          expect(new Uint8Array(read.tensors[name].data.buffer)).toEqual(new Uint8Array(data.slice().buffer));
        }
      }),
    );
  });

  test("the layout is that of the format, with the data on an 8-byte boundary", () => {
    const bytes = encodeSafetensors({ w: { shape: [1], data: Float64Array.of(1) } });
    const header = new TextDecoder().decode(bytes.subarray(8, bytes.length - 8));
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true))).toBe(bytes.length - 16);
    expect(JSON.parse(header)).toEqual({ __metadata__: {}, w: { dtype: "F64", shape: [1], data_offsets: [0, 8] } });
    expect([...bytes.subarray(-8)]).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    expect(bytes.length % 8).toBe(0);
  });

  test("F32 tensors of other programs are read, in any order and without metadata", () => {
    const data = new Uint8Array([...new Uint8Array(Float32Array.of(0.5, -2).buffer), ...new Uint8Array(Float64Array.of(7).buffer)]);
    const header = '{"b":{"dtype":"F64","shape":[],"data_offsets":[8,16]},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}';
    expect(decodeSafetensors(fileOf(header, data), "model").tensors).toEqual({
      a: { shape: [2, 1], data: Float64Array.of(0.5, -2) },
      b: { shape: [], data: Float64Array.of(7) },
    });
  });

  test("every proper prefix of a file is refused", () => {
    const bytes = encodeSafetensors({ w: { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) } }, { kind: "lnn" });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length), "best.safetensors")).toThrow(
        expect.objectContaining({ code: "INVALID_FILE", message: expect.stringMatching(/^Cannot read best\.safetensors as /) as string }),
      );
    }
  });

  test("damaged bytes give either an INVALID_FILE error or well-formed tensors, never another error", () => {
    const bytes = encodeSafetensors({ w: { shape: [3], data: Float64Array.of(1, 2, 3) } }, { kind: "lnn" });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = value;
        let outcome: string;
        try {
          outcome = Object.values(decodeSafetensors(damaged, "model").tensors).every(({ data }) => data.length === 3) ? "whole" : "partial";
        } catch (error) {
          outcome = (error as { code?: string }).code ?? String(error);
        }
        expect(["whole", "INVALID_FILE"]).toContain(outcome);
      }),
    );
  });

  test.each([
    ["text instead of JSON", fileOf("{]"), "its header must be JSON"],
    ["bytes that are not UTF-8", fileOf(Uint8Array.of(0x7b, 0xff, 0x7d)), "its header must be JSON"],
    ["a list as header", fileOf("[]"), "its header must be a JSON object: []"],
    ["metadata that is no text", fileOf('{"__metadata__":{"seed":1}}'), 'its metadata must be text values by name: {"seed":1}'],
    ["a tensor that is no object", fileOf('{"w":3}'), 'tensor "w" must have a dtype, a shape and data_offsets: 3'],
    ["a foreign dtype", fileOf(entry("BF16", [1], [0, 2]), new Uint8Array(2)), 'tensor "w" must have dtype F64 or F32: its dtype is "BF16"'],
    ["a negative extent", fileOf(entry("F64", [-1], [0, 8]), new Uint8Array(8)), 'tensor "w" must have a shape of whole numbers: [-1]'],
    ["one offset", fileOf(entry("F64", [1], [8]), new Uint8Array(8)), 'tensor "w" must have two data_offsets: [8]'],
    ["a shape that its bytes do not fill", fileOf(entry("F64", [2], [0, 8]), new Uint8Array(8)), "must take 16 bytes: its data_offsets are 0, 8"],
    ["a gap before a tensor", fileOf(entry("F64", [1], [8, 16]), new Uint8Array(16)), "must begin at byte 0 of the data: it begins at 8"],
    ["bytes after the last tensor", fileOf(entry("F64", [1], [0, 8]), new Uint8Array(9)), "its tensors must take 8 bytes: the file has 9 bytes of data"],
    ["a header longer than the file", Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255), "its header must have 18446744073709551615 bytes"],
  ])("%s is refused with the reason", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, "model")).toThrow(expect.objectContaining({ code: "INVALID_FILE", message: expect.stringContaining(message) as string }));
  });

  test("tensors that do not fit their shape, or that take the reserved name, are not written", () => {
    const data = new Float64Array(3);
    expect(() => encodeSafetensors({ w: { shape: [2, 2], data } })).toThrow('Cannot write tensor "w" as its shape [2, 2] must give its size: current size is 3');
    expect(() => encodeSafetensors({ __metadata__: { shape: [3], data } })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});
