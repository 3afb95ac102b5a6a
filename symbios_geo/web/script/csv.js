// A table of the page as a file that a spreadsheet opens.
import { page } from "./data.js";

export function saveCsv(table, title) {
  const decimal = (1.5).toLocaleString(page.locale)[1];
  const separator = decimal === "," ? ";" : ",";
  const cell = (value) => {
    if (typeof value === "number") return String(value).replace(".", decimal);
    // a spreadsheet must not take a name for a formula
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return `"${text.replaceAll('"', '""')}"`;
  };
  const text = table.map((line) => line.map(cell).join(separator)).join("\r\n");
  const type = "text/csv;charset=utf-8";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`\ufeff${text}\r\n`], { type }));
  link.download = `${title.toLowerCase().replace(/[^\p{L}\d]+/gu, "-")}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
