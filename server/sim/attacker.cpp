#include "sim/attacker.hpp"

#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "dtls/certificate.hpp"
#include "dtls/session.hpp"
#include "rtp/packet.hpp"
#include "rtp/rtcp.hpp"

namespace offhook::sim {
namespace {

constexpr std::uint32_t kAttackerPriority = 0x6EFFFFFF;

Bytes make_client_hello() {
  const auto certificate = dtls::Certificate::make().value();
  const auto context = dtls::Context::make(certificate).value();
  dtls::Session session(context, dtls::Role::Client, std::nullopt, Time{});
  const auto first = session.poll_output();
  const ByteView bytes = std::get<dtls::Datagram>(first.value()).bytes;
  return {bytes.begin(), bytes.end()};
}

}  // namespace

Bytes Attacker::check(std::string_view username, std::string_view password) {
  ice::TransactionId id{};
  random_.fill(id);
  return check(username, password, id);
}

Bytes Attacker::check(std::string_view username, std::string_view password,
                      const ice::TransactionId& id) {
  std::array<std::uint8_t, 512> buffer{};
  const ByteView made = ice::StunBuilder(buffer, ice::StunClass::Request, ice::kBindingMethod, id)
                            .add(ice::attribute::kUsername, as_bytes(username))
                            .add(ice::attribute::kSoftware, as_bytes("a browser"))
                            .add_u64(ice::attribute::kIceControlling, random_.next_u64())
                            .add_u32(ice::attribute::kPriority, kAttackerPriority)
                            .add_flag(ice::attribute::kUseCandidate)
                            .finish(as_bytes(password));
  return {made.begin(), made.end()};
}

Bytes Attacker::rtp(std::uint32_t ssrc, std::uint16_t sequence) {
  Bytes packet(rtp::kHeaderBytes + rtp::kSamplesPerPacket);
  random_.fill(packet);
  rtp::write_header(
      {.payload_type = 0, .sequence = sequence, .timestamp = sequence * 160U, .ssrc = ssrc},
      std::span<std::uint8_t, rtp::kHeaderBytes>(packet.data(), rtp::kHeaderBytes));
  return packet;
}

Bytes Attacker::rtcp(std::uint32_t ssrc, bool bye) {
  rtp::Report report;
  report.sender_ssrc = ssrc;
  report.cname = "attacker";
  report.bye = bye;
  report.sender = rtp::SenderInformation{.ntp_time = random_.next_u64(),
                                         .rtp_timestamp = random_.next_u32(),
                                         .packets = random_.next_u32(),
                                         .octets = random_.next_u32()};
  std::array<std::uint8_t, 512> buffer{};
  const ByteView written = rtp::write_rtcp(report, buffer);
  return {written.begin(), written.end()};
}

Bytes Attacker::client_hello() {
  static const Bytes hello = make_client_hello();
  return hello;
}

Bytes Attacker::garbage(std::size_t bytes) {
  Bytes made(bytes);
  random_.fill(made);
  return made;
}

std::vector<Bytes> Attacker::one_of_each(std::uint32_t ssrc, std::uint16_t sequence) {
  std::vector<Bytes> all{rtp(ssrc, sequence), rtcp(ssrc, false), rtcp(ssrc, true),
                         check("ufrag:browser", "a password of 22 bytes"), client_hello()};
  for (std::size_t i = 0, plain = all.size(); i < plain; ++i) all.push_back(mutate(all[i]));
  all.push_back(garbage(1 + random_.below(1'200)));
  return all;
}

Bytes Attacker::mutate(Bytes bytes) {
  switch (random_.below(4)) {
    case 0:
      bytes.resize(random_.below(bytes.size()) + 1);
      break;
    case 1:
      bytes.resize(std::min(bytes.size() + 1 + random_.below(64), limits::kMediaDatagramBytes));
      break;
    default:
      for (std::uint64_t left = 1 + random_.below(8); left > 0; --left) {
        bytes[random_.below(bytes.size())] = static_cast<std::uint8_t>(random_.next_u32());
      }
  }
  return bytes;
}

}  // namespace offhook::sim
