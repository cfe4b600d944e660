import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { precompress } from "./precompress.ts";

const gateway = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), precompress()],
  build: { target: "es2022", assetsInlineLimit: 0, reportCompressedSize: false },
  server: {
    port: 5173,
    // The gateway checks Origin and Host against its own addresses.
    proxy: {
      "/api": { target: gateway, changeOrigin: true, headers: { origin: gateway } },
      "/sip": { target: gateway, changeOrigin: true, ws: true, headers: { origin: gateway } },
    },
  },
});
