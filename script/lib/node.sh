# shellcheck shell=bash
# Node 22 and its npm. Debian 12 has 18, on which Vite does not start: its npm only fetches the newer ones.
node_version=22.23.3
npm_version=11.19.1

node_is_recent() {
  command -v node >/dev/null && command -v npm >/dev/null &&
    node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 22 || (a == 22 && b >= 18) ? 0 : 1)'
}

install_node() {
  local tools="$project/.tools/node"
  if [ -x "$tools/bin/node" ]; then
    PATH="$tools/bin:$PATH"
  fi
  node_is_recent && return 0
  local machine
  case $(uname -m) in
    x86_64) machine=x64 ;;
    aarch64) machine=arm64 ;;
    *) die "no Node $node_version package for $(uname -m)" ;;
  esac
  command -v npm >/dev/null || install_packages nodejs npm ca-certificates
  say "Fetching Node $node_version"
  mkdir -p "$tools/bin"
  npm install --loglevel=error --no-save --no-audit --no-fund --prefix "$tools" "node-linux-$machine@$node_version" "npm@$npm_version"
  ln -sf "../node_modules/node-linux-$machine/bin/node" "$tools/bin/node"
  ln -sf ../node_modules/npm/bin/npm-cli.js "$tools/bin/npm"
  ln -sf ../node_modules/npm/bin/npx-cli.js "$tools/bin/npx"
  PATH="$tools/bin:$PATH"
  hash -r
  node_is_recent || die "Node $node_version could not be installed under .tools/node"
}

# npm ci, skipped while package-lock.json is what was installed last.
install_web_packages() {
  install_node
  local installed="$project/web/node_modules/.installed-lock"
  cmp -s "$project/web/package-lock.json" "$installed" 2>/dev/null && return 0
  say "Installing the page's npm packages"
  (cd "$project/web" && npm ci --no-audit --no-fund --loglevel=error)
  cp "$project/web/package-lock.json" "$installed"
}

# The built page in web/app/dist, rebuilt when a source is newer.
build_page() {
  install_web_packages
  local built="$project/web/app/dist/index.html"
  if [ -f "$built" ] && [ -z "$(find "$project/web/phone" "$project/web/app" "$project/web/package-lock.json" \
    -newer "$built" -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -print -quit)" ]; then
    return 0
  fi
  say "Building the page"
  (cd "$project/web" && npm run --silent build)
}
