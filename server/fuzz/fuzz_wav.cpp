#include <cmath>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "fuzz/target.hpp"
#include "rtp/resampler.hpp"
#include "rtp/wav.hpp"

// Every frame of what is read is there, in range, and no longer than allowed; brought to 8 kHz it
// has the length that it should.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  const auto wav = rtp::Wav::parse(ByteView(data, size));
  if (!wav) {
    OFFHOOK_ASSERT(!wav.error().message.empty());
    return 0;
  }
  const std::chrono::seconds longest = limits::kMusicLength;
  OFFHOOK_ASSERT(wav->rate() >= 8'000 && wav->rate() <= 48'000 && wav->frames() > 0);
  OFFHOOK_ASSERT(wav->frames() <= static_cast<std::size_t>(longest.count()) * wav->rate());
  std::vector<float> samples;
  for (std::size_t i = 0; i < wav->frames(); ++i) {
    samples.push_back(wav->frame(i));
    OFFHOOK_ASSERT(std::abs(samples.back()) <= 1);
  }
  // The filter of an odd rate has thousands of phases: once for each is enough.
  if (wav->rate() % 25 != 0) return 0;
  rtp::Resampler resampler(wav->rate());
  std::vector<float> telephone;
  resampler.push(samples, telephone);
  resampler.finish(telephone);
  OFFHOOK_ASSERT(telephone.size() == (samples.size() * 8'000 + wav->rate() - 1) / wav->rate());
  for (const float sample : telephone) OFFHOOK_ASSERT(std::abs(sample) < 4);
  return 0;
}
