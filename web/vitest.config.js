import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  test: {
    environment: "jsdom",
    isolate: false, // jsdom takes longer to start than all tests to run
    include: ["phone/src/**/*.test.ts", "app/src/**/*.test.{ts,tsx}"],
    setupFiles: ["app/src/testing/setup.ts"],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
