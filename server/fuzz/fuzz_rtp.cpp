#include "base/assert.hpp"
#include "fuzz/target.hpp"
#include "rtp/packet.hpp"
#include "rtp/telephone_event.hpp"

// The payload lies inside the packet, and a rewritten packet reads as the header it was given, with
// the same payload.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  Bytes datagram(data, data + size);
  const auto packet = rtp::PacketView::parse(datagram);
  if (!packet) return 0;
  OFFHOOK_ASSERT(packet->payload_offset() + packet->payload().size() <= size);
  const Bytes payload(packet->payload().begin(), packet->payload().end());
  (void)rtp::parse_telephone_event(payload);
  rtp::Header header = packet->header();
  header.ssrc = ~header.ssrc;
  const auto rewritten = rtp::PacketView::parse(rtp::rewrite_in_place(datagram, *packet, header));
  OFFHOOK_ASSERT(rewritten);
  OFFHOOK_ASSERT(rewritten->header() == header);
  OFFHOOK_ASSERT(Bytes(rewritten->payload().begin(), rewritten->payload().end()) == payload);
  return 0;
}
