#include <algorithm>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "fuzz/target.hpp"
#include "sdp/sdp.hpp"

// What is read can be written, and what was written reads as the same text again: of a refused
// section writing leaves out what has no meaning, so the first description may say more.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  const auto session = sdp::parse(as_text({data, size}));
  if (!session) return 0;
  const std::string written = sdp::write(*session);
  const auto lines = static_cast<std::size_t>(std::ranges::count(written, '\n'));
  if (written.size() > limits::kSdpBytes || lines > limits::kSdpLines) return 0;
  const auto again = sdp::parse(written);
  OFFHOOK_ASSERT(again);
  OFFHOOK_ASSERT(sdp::write(*again) == written);
  return 0;
}
