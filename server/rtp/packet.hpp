#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/time.hpp"

// RTP packets (RFC 3550 5.1) as views into the datagram that carries them. Nothing here allocates.
namespace offhook::rtp {

inline constexpr std::size_t kHeaderBytes = 12;

enum class PacketKind : std::uint8_t { Rtp, Rtcp, Other };

// What a datagram of a shared port is, from its first two bytes: version 2 (RFC 7983: 128..191),
// and RTCP where the second byte is 192..223 (RFC 5761 4). STUN and DTLS are Other. Works on SRTP
// and SRTCP too; promises nothing about lengths beyond a whole fixed header (12 bytes for RTP, 8
// for RTCP).
[[nodiscard]] PacketKind classify(ByteView datagram);

// The fixed header without what is never relayed (CSRCs, extensions, padding).
struct Header {
  bool marker = false;
  std::uint8_t payload_type = 0;  // 0..127
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  bool operator==(const Header&) const = default;
};

// Writes version 2, no padding, no extension, no CSRC.
void write_header(const Header& header, std::span<std::uint8_t, kHeaderBytes> out);

// A received packet that is not encrypted. The view lives as long as the bytes.
class PacketView {
 public:
  // nullopt unless version is 2 and CSRC list, extension and padding fit into the packet (RFC 3550
  // A.1). An empty payload is valid; payload types 72..76 are refused because they are RTCP's (RFC
  // 3551 6).
  [[nodiscard]] static std::optional<PacketView> parse(ByteView bytes);

  [[nodiscard]] const Header& header() const { return header_; }
  [[nodiscard]] ByteView payload() const { return bytes_.subspan(payload_offset_, payload_size_); }
  [[nodiscard]] std::size_t payload_offset() const { return payload_offset_; }  // 12 or more
  [[nodiscard]] ByteView bytes() const { return bytes_; }

 private:
  PacketView() = default;

  ByteView bytes_;
  Header header_;
  std::size_t payload_offset_ = 0;
  std::size_t payload_size_ = 0;
};

// Makes the packet that `view` looks at the one of `header`, in place: the new header stands right
// before the payload, CSRCs, extension and padding are left out. Returns the part of `datagram`
// that is the new packet. `view` must be of these very bytes and is dead afterwards.
[[nodiscard]] MutableByteView rewrite_in_place(MutableByteView datagram, const PacketView& view,
                                               const Header& header);

// How far `to` is ahead of `from`, across the wrap: -32768..32767.
[[nodiscard]] constexpr std::int16_t sequence_distance(std::uint16_t from, std::uint16_t to) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(to - from));
}
[[nodiscard]] constexpr std::int32_t timestamp_distance(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}
[[nodiscard]] constexpr bool is_newer(std::uint16_t sequence, std::uint16_t than) {
  return sequence_distance(than, sequence) > 0;
}

// Everything here runs at the clock rate of G.711 and its telephone-event.
inline constexpr std::uint32_t kClockRate = 8'000;
inline constexpr Duration kPacketTime = std::chrono::milliseconds(20);
inline constexpr std::uint32_t kSamplesPerPacket = 160;

// A duration in ticks of the 8 kHz clock, modulo 2^32.
[[nodiscard]] constexpr std::uint32_t to_ticks(Duration duration) {
  return static_cast<std::uint32_t>(duration / std::chrono::microseconds(125));
}
// The timeline of sounds that we make ourselves: the monotonic clock in ticks.
[[nodiscard]] constexpr std::uint32_t local_timestamp(Time now) {
  return to_ticks(now.time_since_epoch());
}
[[nodiscard]] constexpr Duration from_ticks(std::uint32_t ticks) {
  return ticks * std::chrono::microseconds(125);
}

}  // namespace offhook::rtp
