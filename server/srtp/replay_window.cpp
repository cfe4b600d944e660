#include "srtp/replay_window.hpp"

#include "base/assert.hpp"

namespace offhook::srtp {

namespace {

constexpr std::uint64_t kMaxIndex = (std::uint64_t{1} << 48) - 1;
constexpr std::uint64_t kRollover = 0x10000;

}  // namespace

bool ReplayWindow::accepts(std::uint64_t index) const {
  if (empty() || index > highest_) return true;
  const std::uint64_t age = highest_ - index;
  if (age >= kSize) return false;
  const std::uint64_t word = age < 64 ? low_ : high_;
  return ((word >> (age % 64)) & 1) == 0;
}

void ReplayWindow::mark(std::uint64_t index) {
  OFFHOOK_ASSERT(accepts(index));
  if (empty() || index > highest_) {
    const std::uint64_t shift = empty() ? kSize : index - highest_;
    if (shift >= kSize) {
      high_ = low_ = 0;
    } else if (shift >= 64) {
      high_ = low_ << (shift - 64);
      low_ = 0;
    } else {
      high_ = (high_ << shift) | (low_ >> (64 - shift));
      low_ <<= shift;
    }
    low_ |= 1;
    highest_ = index;
    return;
  }
  const std::uint64_t age = highest_ - index;
  (age < 64 ? low_ : high_) |= std::uint64_t{1} << (age % 64);
}

std::optional<std::uint64_t> guess_index(const ReplayWindow& window,
                                         std::uint16_t sequence_number) {
  if (window.empty()) return sequence_number;
  const std::uint64_t highest_number = window.highest() % kRollover;
  std::uint64_t index = window.highest() - highest_number + sequence_number;
  if (highest_number < 0x8000) {
    if (sequence_number > highest_number + 0x8000) {  // from before the last roll-over
      if (index < kRollover) return std::nullopt;
      index -= kRollover;
    }
  } else if (sequence_number < highest_number - 0x8000) {  // from behind the next one
    index += kRollover;
  }
  if (index > kMaxIndex) return std::nullopt;
  return index;
}

}  // namespace offhook::srtp
