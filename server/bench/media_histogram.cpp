#include "bench/media_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace offhook::bench {

std::size_t MediaHistogram::bucket_of(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width <= kBits + 1) return value;  // these are exact
  const unsigned shift = width - kBits - 1;
  const std::size_t bucket = (std::size_t{shift} << kBits) + (value >> shift);
  return std::min(bucket, kBuckets - 1);
}

std::uint64_t MediaHistogram::middle_of(std::size_t bucket) {
  const std::size_t exact = std::size_t{2} << kBits;
  if (bucket < exact) return bucket;
  const std::size_t shift = (bucket >> kBits) - 1;
  const std::uint64_t low = (bucket - (shift << kBits)) << shift;
  return low + (std::uint64_t{1} << shift) / 2;
}

void MediaHistogram::count(Nanoseconds value) {
  const std::int64_t positive = std::max<std::int64_t>(value.count(), 0);
  ++buckets_[bucket_of(static_cast<std::uint64_t>(positive))];
  ++counted_;
  max_ = std::max(max_, positive);
}

void MediaHistogram::clear() { *this = {}; }

MediaHistogram::Nanoseconds MediaHistogram::percentile(double percent) const {
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(static_cast<double>(counted_) * percent / 100));
  std::uint64_t passed = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    passed += buckets_[bucket];
    if (passed >= wanted && passed > 0) {
      return Nanoseconds(std::min(static_cast<std::int64_t>(middle_of(bucket)), max_));
    }
  }
  return Nanoseconds(0);
}

}  // namespace offhook::bench
