#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "fuzz/target.hpp"
#include "sip/message_summary.hpp"

// What is read can be written, and reads again as the same summary.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  const auto summary = sip::parse_message_summary(as_text({data, size}));
  if (!summary) return 0;
  OFFHOOK_ASSERT(sip::parse_message_summary(sip::to_string(*summary)) == summary);
  return 0;
}
