#pragma once

#include <cstdint>
#include <optional>

namespace offhook::srtp {

// Which of the last 128 indices of a stream were there (RFC 3711 3.3.2), and the highest of all.
class ReplayWindow {
 public:
  static constexpr std::uint64_t kSize = 128;

  [[nodiscard]] bool empty() const { return low_ == 0; }
  [[nodiscard]] std::uint64_t highest() const { return highest_; }

  // New, and not older than the window.
  [[nodiscard]] bool accepts(std::uint64_t index) const;
  // Only after the packet is authenticated; accepts(index) holds.
  void mark(std::uint64_t index);

 private:
  std::uint64_t highest_ = 0;
  // Bit i of the pair (low first): highest_ - i was there. Bit 0 is set with the first.
  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
};

// The 48-bit packet index that `sequence_number` most likely means, given the highest index so far
// (RFC 3711 3.3.1 and appendix A); roll-over 0 for the first packet. nullopt: it would be before
// the first index or beyond 2^48.
[[nodiscard]] std::optional<std::uint64_t> guess_index(const ReplayWindow& window,
                                                       std::uint16_t sequence_number);

}  // namespace offhook::srtp
