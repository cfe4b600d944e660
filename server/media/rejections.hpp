#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "srtp/context.hpp"

namespace offhook::media {

// Why a datagram was not used. Counted and never more: a bad packet neither ends a call nor makes a
// log line.
enum class Rejection : std::uint8_t {
  Malformed,      // no STUN, DTLS, RTP or RTCP that makes sense
  UnknownSource,  // from an address, or for an ICE ufrag, that no leg has
  WrongSource,    // a trunk leg's port, from an address that its SDP does not allow
  NotReady,       // before the leg knows its remote side, or before DTLS is done
  NotAuthentic,   // the SRTP tag is wrong; DTLS that has no place now, or that anybody could write
  Replayed,       // the SRTP index was there before
  UnknownPayloadType,  // neither the codec nor telephone-event as negotiated
};

[[nodiscard]] Rejection rejection_of(srtp::PacketError error);

class Rejections {
 public:
  static constexpr std::size_t kCauses = 7;

  void count(Rejection cause) { ++counts_[static_cast<std::size_t>(cause)]; }
  [[nodiscard]] std::uint64_t of(Rejection cause) const {
    return counts_[static_cast<std::size_t>(cause)];
  }
  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts_) sum += count;
    return sum;
  }

 private:
  std::array<std::uint64_t, kCauses> counts_{};
};

}  // namespace offhook::media
