/**
 * The typed client of the box's HTTP API.
 *
 * `schema.ts` is generated from the OpenAPI document the box itself serves; what is here only
 * gives the schema's types short names and opens a client over them.
 */
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema";

export type { components, paths } from "./schema";

/** One schema of the OpenAPI document, by its name. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** The client: one typed function a method, paths as in the document. */
export type ApiClient = Client<paths>;

/** Opens a client of the box which served this page, or of the one at `baseUrl`. */
export function openClient(baseUrl = ""): ApiClient {
  return createClient<paths>({ baseUrl, credentials: "same-origin" });
}
