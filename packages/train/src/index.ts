export { decodeSafetensors, encodeSafetensors, type SafetensorsFile, type Tensor } from "./safetensors.ts";
export { formatTrajectoryCsv, parseTrajectoryCsv, type Trajectory, type TrajectoryCsvOptions } from "./trajectory-csv.ts";
