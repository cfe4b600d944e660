# shellcheck shell=bash
# Configuring and building the C++ side.
. "$project/script/lib/packages.sh"

# build_server PRESET [TARGET...]
build_server() {
  local preset=$1
  shift
  if [ ! "build/$preset/build.ninja" -nt CMakePresets.json ]; then
    say "Configuring the $preset build"
    cmake --preset "$preset" >/dev/null
  fi
  say "Building the server ($preset)"
  ninja -C "build/$preset" "$@" | sed -un '/^\[[0-9]*\/[0-9]*\] Re-checking/d; /^ninja: /d; p'
}
