# shellcheck shell=bash
# Sourced by every script here: where we are, how we speak, how we install what is missing.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$project"

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root to run '$*': run the script as root, or install sudo"
  fi
}

# install_packages NAME...: from Debian, only what is missing, without starting any service, neither now nor with the machine.
install_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  command -v apt-get >/dev/null || die "apt-get is missing: Offhook is built on Debian 12"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null
  (
    forbid_service_starts
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -yq --no-install-recommends "${missing[@]}" >/dev/null
  )
  disable_services_of "${missing[@]}"
}

# Until the calling subshell ends. What forbids it already stays.
forbid_service_starts() {
  local policy=/usr/sbin/policy-rc.d
  [ ! -e "$policy" ] || return 0
  trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
}

disable_services_of() {
  command -v systemctl >/dev/null || return 0
  local units
  mapfile -t units < <(dpkg-query -L "$@" | sed -nE 's#^(/usr)?/lib/systemd/system/([^/@]+\.(service|socket|timer))$#\2#p')
  [ ${#units[@]} -eq 0 ] || as_root systemctl --quiet disable "${units[@]}"
}

# step NAME COMMAND...: runs it, and remembers how long it took for print_steps.
step_names=()
step_seconds=()
step() {
  local name=$1 started=$SECONDS
  shift
  say "$name"
  "$@"
  step_names+=("$name")
  step_seconds+=($((SECONDS - started)))
}

print_steps() {
  say "Where the time went"
  local i
  for i in "${!step_names[@]}"; do
    printf '%6d s  %s\n' "${step_seconds[$i]}" "${step_names[$i]}"
  done
  printf '%6d s  in all\n' "$SECONDS"
}
