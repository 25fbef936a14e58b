// The link to the numbers of the chart as a CSV file.

import { getToken, request } from "./api.js";
import { h, setText } from "./elements.js";

/** Return a link to a CSV file. Its href is set by the caller. */
export function makeCsvLink() {
  const link = h("a", { class: "csv", download: "bandwidth.csv" }, "CSV");
  link.addEventListener("click", (event) => downloadWithToken(event, link));
  return link;
}

/** Download a file with the token, which the browser would not send for a link. */
async function downloadWithToken(event, origin) {
  if (!getToken()) return;
  event.preventDefault();
  let content;
  try {
    content = await (await request(origin.href)).blob();
  } catch (error) {
    setText(origin, `CSV: ${error.message}`);
    return;
  }
  setText(origin, "CSV");
  const link = h("a", { href: URL.createObjectURL(content), download: "bandwidth.csv" });
  link.click();
  URL.revokeObjectURL(link.href);
}
