// The program of the package vxdata-server, beside what it serves.
import { serverMain } from "./server/main.ts";
import { readProduct } from "./server/product.ts";

await serverMain(async () => readProduct(import.meta.dirname));
