// Requests to the API: with the bearer token if one is set, within a bounded time.

const TIMEOUT_MS = 20_000;
const TOKEN_KEY = "token";
export const MAX_PAGE_SIZE = 1000;

/** A request that failed. `status` is the HTTP status, 0 if there was no response. */
export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `the API answered ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

export const getToken = () => sessionStorage.getItem(TOKEN_KEY) ?? "";
export const setToken = (token) => sessionStorage.setItem(TOKEN_KEY, token);

/** Return the JSON of a path. A parameter that is an array is repeated, null is left out. */
export async function fetchJson(path, parameters = {}, signal = undefined) {
  return (await request(buildUrl(path, parameters), signal)).json();
}

export function buildUrl(path, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) if (one != null) query.append(name, one);
  }
  return query.size ? `${path}?${query}` : path;
}

/** Return the response of a URL. Throws ApiError unless it succeeds. */
export async function request(url, signal) {
  const headers = getToken() ? { Authorization: `Bearer ${getToken()}` } : {};
  const signals = [AbortSignal.timeout(TIMEOUT_MS), signal].filter(Boolean);
  let response;
  try {
    response = await fetch(url, { headers, signal: AbortSignal.any(signals) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, { detail: "The API cannot be reached." });
  }
  if (response.ok) return response;
  let problem = {};
  try {
    problem = await response.json();
  } catch {
    // A proxy between this page and the API answered, without JSON.
  }
  throw new ApiError(response.status, problem);
}
