#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"

// The payload of telephone-event (RFC 4733 2.3).
namespace offhook::rtp {

inline constexpr std::size_t kTelephoneEventBytes = 4;
// The most that the duration field says; a longer event is several segments (RFC 4733 2.5.1.3).
inline constexpr std::uint32_t kTelephoneEventSegment = 0xFFFF;

struct TelephoneEvent {
  std::uint8_t event = 0;  // 0..15 are the DTMF digits
  bool end = false;
  std::uint8_t volume = 10;    // 0..63, -dBm0
  std::uint16_t duration = 0;  // ticks since the event's timestamp
  bool operator==(const TelephoneEvent&) const = default;
};

// nullopt for a payload shorter than 4 bytes; what follows the first event is ignored.
[[nodiscard]] std::optional<TelephoneEvent> parse_telephone_event(ByteView payload);
[[nodiscard]] std::array<std::uint8_t, kTelephoneEventBytes> write_telephone_event(
    const TelephoneEvent& event);

// '0'-'9' '*' '#' 'A'-'D' (RFC 4733 3.2); letters of either case. nullopt for anything else (flash
// is not a digit).
[[nodiscard]] std::optional<std::uint8_t> event_from_digit(char digit);
[[nodiscard]] std::optional<char> digit_from_event(std::uint8_t event);

}  // namespace offhook::rtp
