#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "control/control.pb.h"
#include "rtp/g711.hpp"
#include "rtp/packet.hpp"

namespace offhook::media {

// What a leg and its remote side send each other, as negotiated.
struct Format {
  rtp::Law law = rtp::Law::Mu;
  std::uint8_t payload_type = 0;
  std::optional<std::uint8_t> telephone_event;
  Duration packet_time = rtp::kPacketTime;
  bool operator==(const Format&) const = default;
};

// `format` has been validated.
[[nodiscard]] inline Format make_format(const control::AudioFormat& format) {
  Format made;
  made.law = format.codec() == control::AudioFormat::PCMA ? rtp::Law::A : rtp::Law::Mu;
  made.payload_type = static_cast<std::uint8_t>(format.payload_type());
  if (format.has_telephone_event_payload_type()) {
    made.telephone_event = static_cast<std::uint8_t>(format.telephone_event_payload_type());
  }
  if (format.packet_time_ms() != 0) {
    made.packet_time = std::chrono::milliseconds(format.packet_time_ms());
  }
  return made;
}

}  // namespace offhook::media
