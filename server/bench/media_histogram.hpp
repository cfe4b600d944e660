#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace offhook::bench {

[[nodiscard]] inline double to_us(std::chrono::nanoseconds value) {
  return std::chrono::duration<double, std::micro>(value).count();
}

// Counts durations in buckets that are 1/32 of their value wide, from 0 to some minutes: a
// percentile is right within 3 %, however many there are, and counting one costs nothing.
class MediaHistogram {
 public:
  using Nanoseconds = std::chrono::nanoseconds;

  // Below zero counts as zero: two clocks may disagree by that much.
  void count(Nanoseconds value);
  void clear();
  [[nodiscard]] std::uint64_t counted() const { return counted_; }
  // The value that so many of a hundred do not exceed; zero where nothing was counted.
  [[nodiscard]] Nanoseconds percentile(double percent) const;
  [[nodiscard]] Nanoseconds max() const { return Nanoseconds(max_); }

 private:
  static constexpr unsigned kBits = 5;  // 32 buckets for each power of two
  static constexpr std::size_t kBuckets = std::size_t{40} << kBits;
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t value);
  [[nodiscard]] static std::uint64_t middle_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t counted_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace offhook::bench
