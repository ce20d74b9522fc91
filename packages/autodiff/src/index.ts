export { broadcastTo, reshape, sum } from "./broadcast.ts";
export { cholesky } from "./cholesky.ts";
export { backends, compile, compileProgram, evaluate, resolveBackend, type Backend, type BackendName, type CompileOptions, type Dtype, type Kernel, type KernelOptions, type Numbers, type SplitKernel, type SplitPart, type TargetOptions } from "./compile.ts";
export { cond } from "./cond.ts";
export { contract, dot, matmul, outer } from "./contract.ts";
export { customVjp, type CustomRule } from "./custom-vjp.ts";
export {
  abs, add, atan2, cos, div, erf, exp, expm1, gelu, greater, log, log1p, maximum, minimum, mul, neg, sigmoid, sign, sin, softplus, sqrt, sub, tan,
  tanh, where,
} from "./elementwise.ts";
export { eulerLagrange, hamilton, massAndForce, type MassAndForce } from "./euler-lagrange.ts";
export { hessian, identity, jacobian } from "./hessian.ts";
export { cubicSpline, interp } from "./interpolation.ts";
export { jvp } from "./jvp.ts";
export { logDet, type LogDet } from "./log-det.ts";
export { searchSorted, take, type ArrayLikeTensor } from "./lookup.ts";
export { printPlan } from "./lower/print-plan.ts";
export { pinv } from "./pinv.ts";
export { pow } from "./power.ts";
export { print } from "./print.ts";
export { max, mean, min } from "./reductions.ts";
export { scan } from "./scan.ts";
export { at, concat, gather, slice, stack, transpose } from "./shape-ops.ts";
export { solveLinear } from "./solve-linear.ts";
export type { Arrays } from "./subprogram.ts";
export { asTensor, constant, Tensor, tensor, type NestedArray, type Shape, type TensorLike } from "./tensor.ts";
export { trace, type Program } from "./trace.ts";
export { tracedEvent, type TracedAffect, type TracedEvent, type TracedEventOptions } from "./traced-event.ts";
export { compileScalar, tracedField, type TracedFieldOptions, type TracedRhs } from "./traced-field.ts";
export { grad, valueAndGrad, vjp } from "./vjp.ts";
export { vmap } from "./vmap.ts";
