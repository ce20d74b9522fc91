import { OdeError } from "@fluxion/ode-core";
import { unreadable } from "./file-errors.ts";

/** A named array of a model file: `data` holds the entries of `shape` in row-major order. */
export interface SafetensorsArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** What a safetensors file holds. */
export interface SafetensorsFile {
  readonly tensors: Readonly<Record<string, SafetensorsArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes in memory of their own, which `Blob` and `fetch` take: `Uint8Array<ArrayBuffer>` where the compiler knows that type, from TypeScript 5.7 on. */
export type Bytes = ReturnType<Uint8ArrayConstructor["of"]>;

interface HeaderEntry {
  readonly dtype: keyof typeof bytesPerEntry;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const metadataKey = "__metadata__";
const bytesPerEntry = { F64: 8, F32: 4 } as const;
const lengthBytes = 8;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Writes tensors as a safetensors file: plain data that no reader executes. Entries are stored as little-endian float64.
 *
 * @throws OdeError `SHAPE_MISMATCH` if a shape and its data disagree, `INVALID_ARGUMENT` for the reserved name "__metadata__".
 * @source the safetensors format, https://huggingface.co/docs/safetensors
 */
export function encodeSafetensors(tensors: Readonly<Record<string, SafetensorsArray>>, metadata: Readonly<Record<string, string>> = {}): Bytes {
  if (Object.hasOwn(tensors, metadataKey)) {
    throw new OdeError("INVALID_ARGUMENT", `Cannot write tensors as "${metadataKey}" must name none of them: the format keeps it for metadata`);
  }
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { shape, data }]): readonly [string, HeaderEntry] => {
    if (!shape.every(isCount) || sizeOf(shape) !== data.length) {
      throw new OdeError("SHAPE_MISMATCH", `Cannot write tensor "${name}" as its shape [${shape.join(", ")}] must give its size: current size is ${data.length}`);
    }
    const begin = end;
    end += data.length * bytesPerEntry.F64;
    return [name, { dtype: "F64", shape, data_offsets: [begin, end] }];
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries([[metadataKey, metadata], ...entries])));
  // Spaces after the header are part of the format and keep the data on an 8-byte boundary.
  const dataStart = lengthBytes + Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(dataStart + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(dataStart - lengthBytes), true);
  bytes.fill(0x20, lengthBytes, dataStart);
  bytes.set(header, lengthBytes);
  let at = dataStart;
  for (const { data } of Object.values(tensors)) {
    for (const value of data) {
      view.setFloat64(at, value, true);
      at += bytesPerEntry.F64;
    }
  }
  return bytes;
}

/**
 * Reads a safetensors file with F64 and F32 tensors; F32 entries widen to float64.
 *
 * @param what what the bytes are, for messages: usually the path of the file
 * @throws OdeError `INVALID_FILE` saying what is wrong with a truncated, corrupt or foreign file.
 */
export function decodeSafetensors(bytes: Uint8Array, what: string): SafetensorsFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = readHeaderLength(view, what);
  const dataStart = lengthBytes + headerLength;
  const { [metadataKey]: metadata = {}, ...rest } = parseHeader(bytes.subarray(lengthBytes, dataStart), what);
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw unreadable(what, "its metadata must be text values by name", JSON.stringify(metadata));
  }
  const entries = Object.entries(rest).map(([name, entry]) => [name, checkEntry(name, entry, what)] as const);
  checkCoverage(entries, bytes.length - dataStart, what);
  const tensors = entries.map(([name, { dtype, shape, data_offsets: [begin] }]): readonly [string, SafetensorsArray] => {
    const data = new Float64Array(sizeOf(shape));
    for (let i = 0; i < data.length; i++) {
      const at = dataStart + begin + i * bytesPerEntry[dtype];
      data[i] = dtype === "F64" ? view.getFloat64(at, true) : view.getFloat32(at, true);
    }
    return [name, { shape, data }];
  });
  return { tensors: Object.fromEntries(tensors), metadata: metadata as Readonly<Record<string, string>> };
}

function readHeaderLength(view: DataView, what: string): number {
  if (view.byteLength < lengthBytes) throw unreadable(what, `it must start with ${lengthBytes} bytes of header length`, `the file has ${view.byteLength} bytes`);
  const length = view.getBigUint64(0, true);
  const available = view.byteLength - lengthBytes;
  if (length > BigInt(available)) throw unreadable(what, `its header must have ${length} bytes`, `the file has ${available} bytes after the header length`);
  return Number(length);
}

function parseHeader(bytes: Uint8Array, what: string): Readonly<Record<string, unknown>> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw unreadable(what, "its header must be JSON", cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (!isRecord(header)) throw unreadable(what, "its header must be a JSON object", JSON.stringify(header));
  return header;
}

function checkEntry(name: string, entry: unknown, what: string): HeaderEntry {
  const tensor = `tensor ${JSON.stringify(name)}`;
  if (!isRecord(entry)) throw unreadable(what, `${tensor} must have a dtype, a shape and data_offsets`, JSON.stringify(entry));
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(bytesPerEntry, dtype)) {
    throw unreadable(what, `${tensor} must have dtype ${Object.keys(bytesPerEntry).join(" or ")}`, `its dtype is ${JSON.stringify(dtype)}`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) throw unreadable(what, `${tensor} must have a shape of whole numbers`, JSON.stringify(shape));
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw unreadable(what, `${tensor} must have two data_offsets`, JSON.stringify(offsets));
  }
  const size = sizeOf(shape) * bytesPerEntry[dtype as HeaderEntry["dtype"]];
  if (offsets[1] - offsets[0] !== size) throw unreadable(what, `${tensor} of shape [${shape.join(", ")}] must take ${size} bytes`, `its data_offsets are ${offsets.join(", ")}`);
  return entry as unknown as HeaderEntry;
}

/** The tensors must fill the data without gaps, so that truncated, padded and overlapping files are all found. */
function checkCoverage(entries: readonly (readonly [string, HeaderEntry])[], available: number, what: string): void {
  let end = 0;
  for (const [name, { data_offsets: offsets }] of entries.toSorted(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1])) {
    if (offsets[0] !== end) throw unreadable(what, `tensor ${JSON.stringify(name)} must begin at byte ${end} of the data`, `it begins at ${offsets[0]}`);
    end = offsets[1];
  }
  if (end !== available) throw unreadable(what, `its tensors must take ${end} bytes`, `the file has ${available} bytes of data`);
}
