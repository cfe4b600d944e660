#pragma once

#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "fuzz/sip_limits.hpp"
#include "sip/message.hpp"

namespace offhook::fuzz {

// What is read can be written, and reads again as the same message; what is refused can be
// answered.
inline void check_round_trip(const Result<sip::Message, sip::ParseError>& message) {
  if (!message) {
    const sip::ParseError& error = message.error();
    OFFHOOK_ASSERT(error.answer.has_value() == (error.status != 0));
    if (!error.answer) return;
    const std::string answer = sip::serialize(*error.answer);
    OFFHOOK_ASSERT(!within_sip_limits(answer) || sip::parse_message(answer));
    return;
  }
  const std::string written = sip::serialize(*message);
  if (!within_sip_limits(written)) return;
  const auto again = sip::parse_message(written);
  OFFHOOK_ASSERT(again);
  OFFHOOK_ASSERT(*again == *message);
  OFFHOOK_ASSERT(sip::serialize(*again) == written);
}

}  // namespace offhook::fuzz
