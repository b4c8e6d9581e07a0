// The one door to the X.509 library, which needs its reflection polyfill loaded before it.

import "reflect-metadata";

export * from "@peculiar/x509";
