# shellcheck shell=bash
# What is taken from Debian 12, by purpose.
build_packages=(
  clang-19 lld-19 cmake ninja-build ccache pkg-config
  libboost1.81-dev libboost-json1.81-dev libssl-dev libprotobuf-dev protobuf-compiler
  libspdlog-dev libfmt-dev libtomlplusplus-dev libcli11-dev libc-ares-dev prometheus-cpp-dev
)
test_packages=(
  libclang-rt-19-dev llvm-19 clang-format-19 clang-tidy-19 libgtest-dev libgmock-dev shellcheck dnsmasq-base
)
interop_packages=(sip-tester baresip-core kamailio kamailio-tls-modules dnsmasq-base openssl)
bench_packages=(libbenchmark-dev)
# Browsers, a sound server for Firefox, a voice, and a network of their own.
e2e_packages=(chromium firefox-esr pulseaudio espeak-ng sox iproute2)
