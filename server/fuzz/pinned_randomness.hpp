#pragma once

#include <ctime>
#include <optional>

#include <openssl/rand.h>

#include "base/random.hpp"
#include "dtls/certificate.hpp"

// OpenSSL's randomness and calendar, the same in every run: a finding can be run again. For one
// source file of a program: it takes the place of the C library's time().
namespace offhook::fuzz {

inline std::optional<SeededRandom> pinned_randomness;

// Begins it anew.
inline void pin_randomness() {
  pinned_randomness.emplace(1);
  const auto fill = [](unsigned char* bytes, int size) {
    pinned_randomness->fill({bytes, static_cast<std::size_t>(size)});
    return 1;
  };
#pragma clang diagnostic push
#pragma clang diagnostic ignored \
    "-Wdeprecated-declarations"  // a provider for it takes ten times as much
  static const RAND_METHOD method{nullptr, fill, nullptr, nullptr, fill, [] { return 1; }};
  RAND_set_rand_method(&method);
#pragma clang diagnostic pop
}

// Once pinned: the same in every run. Made for the first, since it costs more than a run.
inline const dtls::Certificate& pinned_certificate() {
  static const dtls::Certificate made = dtls::Certificate::make().value();
  return made;
}

}  // namespace offhook::fuzz

extern "C" std::time_t time(std::time_t* out) noexcept {
  constexpr std::time_t kNow = 1'800'000'000;
  if (out != nullptr) *out = kNow;
  return kNow;
}
