import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** Directions: components, lib, phone <- stores <- features <- app. Features never meet. */
const forbid = (...patterns) => ({
  "no-restricted-imports": ["error", { patterns }],
});
const sipJs = { group: ["sip.js", "sip.js/*"], message: "Only web/phone knows SIP.js." };
const phoneInside = { group: ["@offhook/phone/*/*"], message: "Import what the package exports." };
const upwards = (...folders) => ({
  regex: `(^|/)\\.\\./(.*/)?(${folders.join("|")})(/|$)`,
  message: "Imports go down: components, lib, phone <- stores <- features <- app.",
});

export default tseslint.config(
  { ignores: ["**/dist/**", "node_modules/**"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { "react-hooks": reactHooks },
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      ...reactHooks.configs.recommended.rules,
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { varsIgnorePattern: "^_", argsIgnorePattern: "^_" },
      ],
      "max-lines": ["error", { max: 300, skipComments: true }],
    },
  },
  {
    // node --test awaits its suites itself; after() also runs where before() failed; an audio worklet would need a file of its own.
    files: ["e2e/**/*.ts"],
    rules: {
      "@typescript-eslint/no-floating-promises": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-deprecated": "off",
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["phone/**/*.ts"],
    rules: forbid({ group: ["react", "react-dom", "zustand", "**/app/**"] }),
  },
  { files: ["app/**/*.{ts,tsx}"], rules: forbid(sipJs, phoneInside) },
  {
    files: ["app/src/{components,lib}/**"],
    rules: forbid(sipJs, phoneInside, upwards("stores", "features", "app")),
  },
  { files: ["app/src/stores/**"], rules: forbid(sipJs, phoneInside, upwards("features", "app")) },
  {
    files: ["app/src/features/**"],
    rules: forbid(sipJs, phoneInside, upwards("app"), {
      // ../other-feature/..: one folder up is features/ itself.
      regex: "^\\.\\./(?!\\.\\./)",
      message: "A feature never imports another one.",
    }),
  },
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
  },
);
