#include <array>

#include "base/assert.hpp"
#include "fuzz/target.hpp"
#include "rtp/rtcp.hpp"

// What is read fits when it is written, and reads the same again.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  const auto report = rtp::parse_rtcp(ByteView(data, size));
  if (!report) return 0;
  OFFHOOK_ASSERT(report->block_count <= rtp::Report::kMaxBlocks);
  std::array<std::uint8_t, 512> buffer{};
  const MutableByteView written = rtp::write_rtcp(*report, buffer);
  OFFHOOK_ASSERT(!written.empty());
  const auto again = rtp::parse_rtcp(written);
  OFFHOOK_ASSERT(again);
  OFFHOOK_ASSERT(again->sender == report->sender && again->blocks == report->blocks);
  OFFHOOK_ASSERT(again->cname == report->cname && again->bye == report->bye);
  return 0;
}
