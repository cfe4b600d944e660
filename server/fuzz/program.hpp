#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "base/bytes.hpp"

namespace offhook::fuzz {

// An input read as a stream of instructions and their operands. Past its end everything is 0, so
// that every input is a whole program.
class Program {
 public:
  explicit Program(ByteView bytes) : bytes_(bytes) {}

  [[nodiscard]] bool done() const { return bytes_.empty(); }
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t value = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return value;
  }
  // [0, bound), bound 1..256.
  std::size_t below(std::size_t bound) {
    OFFHOOK_ASSERT(bound > 0 && bound <= 256);
    return byte() % bound;
  }
  bool flag() { return below(2) == 1; }
  auto& one_of(auto& choices) { return choices[below(std::min<std::size_t>(choices.size(), 256))]; }
  // As many bytes as the next one says, or as are left.
  ByteView bytes() {
    const std::size_t size = std::min<std::size_t>(byte(), bytes_.size());
    const ByteView taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }
  ByteView rest() {
    const ByteView taken = bytes_;
    bytes_ = {};
    return taken;
  }

 private:
  ByteView bytes_;
};

// A target that is such a program for a `World`.
template <typename World>
int run_program(const std::uint8_t* data, std::size_t size) {
  Program program({data, size});
  World(program).run();
  return 0;
}

}  // namespace offhook::fuzz
