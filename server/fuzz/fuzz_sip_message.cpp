#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "fuzz/sip_limits.hpp"
#include "fuzz/target.hpp"
#include "sip/message.hpp"

// What is read can be written, and reads again as the same message; what is refused can be
// answered.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  const auto message = sip::parse_message(as_text({data, size}));
  if (!message) {
    const sip::ParseError& error = message.error();
    OFFHOOK_ASSERT(error.answer.has_value() == (error.status != 0));
    if (!error.answer) return 0;
    const std::string answer = sip::serialize(*error.answer);
    OFFHOOK_ASSERT(!fuzz::within_sip_limits(answer) || sip::parse_message(answer));
    return 0;
  }
  const std::string written = sip::serialize(*message);
  if (!fuzz::within_sip_limits(written)) return 0;
  const auto again = sip::parse_message(written);
  OFFHOOK_ASSERT(again);
  OFFHOOK_ASSERT(*again == *message);
  OFFHOOK_ASSERT(sip::serialize(*again) == written);
  return 0;
}
