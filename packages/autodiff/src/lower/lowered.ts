import type { Program } from "../trace.ts";
import { withCopies } from "./copies.ts";
import { fuseProducts } from "./fuse-products.ts";
import { unstackRows } from "./unstack-rows.ts";

/** An expanded program as the backends that generate code take it to pieces. */
export const lowered = (program: Program): Program => withCopies(unstackRows(fuseProducts(program)));
