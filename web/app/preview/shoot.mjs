// Pictures of every state of the page, light and dark, phone and desktop:
//   npm run preview:states [folder] [state...]
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { createServer } from "vite";

const [folder = "node_modules/.cache/states", ...wanted] = process.argv.slice(2);
const root = fileURLToPath(new URL("..", import.meta.url));
const viewports = { phone: { width: 360, height: 740 }, desktop: { width: 1100, height: 780 } };

await mkdir(folder, { recursive: true });
const server = await createServer({ root, configFile: join(root, "vite.config.ts") });
await server.listen(0);
const base = new URL("preview/index.html", server.resolvedUrls.local[0]).href;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
try {
  const index = await browser.newPage();
  await index.goto(base);
  const states = wanted.length > 0 ? wanted : await index.locator("#states li").allInnerTexts();
  for (const colorScheme of ["light", "dark"]) {
    for (const [device, viewport] of Object.entries(viewports)) {
      const page = await browser.newPage({ colorScheme, viewport, reducedMotion: "reduce" });
      for (const state of states) {
        await page.goto(`${base}?state=${state}`);
        await page.locator("body[data-ready] .app").waitFor();
        const path = join(folder, `${state}-${device}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: true });
      }
      await page.close();
    }
  }
  console.log(`${states.length} states are in ${resolve(folder)}`);
} finally {
  await browser.close();
  await server.close();
}
