/** The name by which `needs` refers to the request as it came in. */
export const GATEWAY = "gateway";
