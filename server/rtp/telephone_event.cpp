#include "rtp/telephone_event.hpp"

#include <string_view>

#include "base/assert.hpp"

namespace offhook::rtp {
namespace {

constexpr std::string_view kDigits = "0123456789*#ABCD";  // in the order of RFC 4733 3.2

}  // namespace

std::optional<TelephoneEvent> parse_telephone_event(ByteView payload) {
  if (payload.size() < kTelephoneEventBytes) return std::nullopt;
  return TelephoneEvent{.event = payload[0],
                        .end = (payload[1] & 0x80) != 0,
                        .volume = static_cast<std::uint8_t>(payload[1] & 0x3F),
                        .duration = load_u16(&payload[2])};
}

std::array<std::uint8_t, kTelephoneEventBytes> write_telephone_event(const TelephoneEvent& event) {
  OFFHOOK_ASSERT(event.volume < 64);
  std::array<std::uint8_t, kTelephoneEventBytes> payload{
      event.event, static_cast<std::uint8_t>((event.end ? 0x80 : 0) | event.volume)};
  store_u16(&payload[2], event.duration);
  return payload;
}

std::optional<std::uint8_t> event_from_digit(char digit) {
  if (digit >= 'a' && digit <= 'd') digit = static_cast<char>(digit - 'a' + 'A');
  const auto at = kDigits.find(digit);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(at);
}

std::optional<char> digit_from_event(std::uint8_t event) {
  if (event >= kDigits.size()) return std::nullopt;
  return kDigits[event];
}

}  // namespace offhook::rtp
