#include "rtp/packet.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace offhook::rtp {
namespace {

constexpr std::size_t kMinRtcpBytes = 8;
constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kPaddingBit = 0x20;
constexpr std::uint8_t kExtensionBit = 0x10;
constexpr std::uint8_t kMarkerBit = 0x80;

// RFC 3551 6: SR, RR and the rest of RTCP would be these payload types with the marker set.
bool is_reserved_for_rtcp(std::uint8_t payload_type) {
  return payload_type >= 72 && payload_type <= 76;
}

// The size of header, CSRC list and extension; nullopt where they do not fit.
std::optional<std::size_t> find_payload(ByteView bytes) {
  std::size_t offset = kHeaderBytes + std::size_t{4} * (bytes[0] & 0x0F);
  if (bytes[0] & kExtensionBit) {
    if (bytes.size() < offset + 4) return std::nullopt;
    offset += 4 + std::size_t{4} * load_u16(bytes.data() + offset + 2);
  }
  if (offset > bytes.size()) return std::nullopt;
  return offset;
}

}  // namespace

PacketKind classify(ByteView datagram) {
  if (datagram.size() < kMinRtcpBytes || datagram[0] >> 6 != kVersion) return PacketKind::Other;
  if (datagram[1] >= 192 && datagram[1] <= 223) return PacketKind::Rtcp;
  return datagram.size() >= kHeaderBytes ? PacketKind::Rtp : PacketKind::Other;
}

void write_header(const Header& header, std::span<std::uint8_t, kHeaderBytes> out) {
  OFFHOOK_ASSERT(header.payload_type < 128);
  out[0] = kVersion << 6;
  out[1] = static_cast<std::uint8_t>((header.marker ? kMarkerBit : 0) | header.payload_type);
  store_u16(&out[2], header.sequence);
  store_u32(&out[4], header.timestamp);
  store_u32(&out[8], header.ssrc);
}

std::optional<PacketView> PacketView::parse(ByteView bytes) {
  if (bytes.size() < kHeaderBytes || bytes[0] >> 6 != kVersion) return std::nullopt;
  PacketView view;
  view.bytes_ = bytes;
  view.header_ = {.marker = (bytes[1] & kMarkerBit) != 0,
                  .payload_type = static_cast<std::uint8_t>(bytes[1] & 0x7F),
                  .sequence = load_u16(&bytes[2]),
                  .timestamp = load_u32(&bytes[4]),
                  .ssrc = load_u32(&bytes[8])};
  if (is_reserved_for_rtcp(view.header_.payload_type)) return std::nullopt;

  const auto offset = find_payload(bytes);
  if (!offset) return std::nullopt;
  view.payload_offset_ = *offset;
  view.payload_size_ = bytes.size() - *offset;
  if (bytes[0] & kPaddingBit) {
    const std::size_t padding = bytes.back();
    if (padding == 0 || padding > view.payload_size_) return std::nullopt;
    view.payload_size_ -= padding;
  }
  return view;
}

MutableByteView rewrite_in_place(MutableByteView datagram, const PacketView& view,
                                 const Header& header) {
  OFFHOOK_ASSERT(datagram.data() == view.bytes().data());
  const std::size_t start = view.payload_offset() - kHeaderBytes;
  const auto packet = datagram.subspan(start, kHeaderBytes + view.payload().size());
  write_header(header, packet.first<kHeaderBytes>());
  return packet;
}

}  // namespace offhook::rtp
