#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.hpp"

namespace offhook {

// The core's only source of randomness, handed in: the operating system's in production, a seeded one in tests.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(MutableByteView bytes) = 0;

  [[nodiscard]] std::uint32_t next_u32();
  [[nodiscard]] std::uint64_t next_u64();
  // Uniform in [0, bound); bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  // `bytes` random bytes as twice as many lower-case hexadecimal digits: a valid token of SIP, SDP, ICE and HTTP.
  [[nodiscard]] std::string hex(std::size_t bytes);
};

// Repeatable, for tests and the simulation; never for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(MutableByteView bytes) override;

 private:
  std::uint64_t state_;
};

}  // namespace offhook
