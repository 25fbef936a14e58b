// Asking the API: with a token where it wants one, within a bounded time.

const TIMEOUT_MS = 20_000;
const KEY = "token";

/** What went wrong; `status` is 0 where there was no answer at all. */
export class AskError extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `the API answered ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

export const getToken = () => sessionStorage.getItem(KEY) ?? "";
export const setToken = (token) => sessionStorage.setItem(KEY, token);

/** Return the JSON that the API answers to a path and its parameters; arrays are repeated. */
export async function ask(path, parameters = {}, signal = undefined) {
  return (await request(address(path, parameters), signal)).json();
}

export function address(path, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) if (one != null) query.append(name, one);
  }
  return query.size ? `${path}?${query}` : path;
}

export async function request(url, signal) {
  const headers = getToken() ? { Authorization: `Bearer ${getToken()}` } : {};
  const limits = [AbortSignal.timeout(TIMEOUT_MS), signal].filter(Boolean);
  let response;
  try {
    response = await fetch(url, { headers, signal: AbortSignal.any(limits) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new AskError(0, { detail: "The API cannot be reached." });
  }
  if (response.ok) return response;
  let problem = {};
  try {
    problem = await response.json();
  } catch {
    // Something between us and the API answered.
  }
  throw new AskError(response.status, problem);
}

/** All entries of quotas, the worst first; at most so many pages. */
export async function askEntries(signal, path = "api/v1/quotas") {
  const size = 1000;
  const entries = [];
  for (let page = 1; page <= 5; page += 1) {
    const answer = await ask(path, { page, page_size: size }, signal);
    entries.push(...answer.quotas);
    if (entries.length >= answer.total || !answer.quotas.length) break;
  }
  return entries;
}
