#include "sim/media_path.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "rtp/packet.hpp"

namespace offhook::sim {

namespace {

constexpr std::uint8_t kPcmu = 0;
constexpr std::uint16_t kFirstPathPort = 30'000;
constexpr std::uint16_t kFirstSequenceNumber = 65'500;
constexpr std::uint32_t kBrowserSsrc = 0xB0B0;
constexpr std::uint32_t kProviderSsrc = 0x9999;

const Endpoint kBrowserAddress = *Endpoint::parse("192.0.2.10:50000");

control::SetRemote& make_set_remote(control::Command& command, std::string_view leg_id) {
  control::SetRemote& remote = *command.mutable_set_remote();
  remote.set_leg_id(std::string(leg_id));
  remote.mutable_format()->set_codec(control::AudioFormat::PCMU);
  remote.mutable_format()->set_payload_type(kPcmu);
  return remote;
}

}  // namespace

Result<media::TrunkPorts::Pair> CountingPorts::open() {
  const auto number = static_cast<media::SocketId>(2 * ++opened_);
  const auto port = static_cast<std::uint16_t>(kFirstPathPort + number);
  const IpAddress address = *IpAddress::parse("198.51.100.1");
  ++open_now_;
  return Pair{.rtp_socket = number,
              .rtcp_socket = number + 1,
              .rtp = {.address = address, .port = port},
              .rtcp = {.address = address, .port = static_cast<std::uint16_t>(port + 1)}};
}

MediaPath::MediaPath()
    : identity(WebRtcPeer::Identity::make().value()),
      browser(identity, kBrowserAddress, dtls::Role::Client, random),
      announced_fingerprint(identity.certificate.fingerprint()),
      engine({.browser_candidates = {browser_port}, .software = "simulation"},
             dtls::Certificate::make().value(), ports, random),
      sockets_{{browser_port, media::kBrowserSocket}} {}

void MediaPath::renew_browser(dtls::Role role) {
  browser = WebRtcPeer(identity, kBrowserAddress, role, random);
}

void MediaPath::send(const Endpoint& from, const Endpoint& to, Bytes bytes) {
  if (network_random.below(100) < lost_percent) return;
  const Duration jitter =
      std::chrono::milliseconds(jitter_ms == 0 ? 0 : network_random.below(jitter_ms));
  flying.push_back({now + std::chrono::milliseconds(10) + jitter, from, to, std::move(bytes)});
}

void MediaPath::deliver(Datagram datagram) {
  const auto socket = sockets_.find(datagram.to);
  if (socket != sockets_.end()) {
    const std::size_t size = datagram.bytes.size();
    datagram.bytes.resize(limits::kMediaDatagramBytes);
    engine.handle_datagram(socket->second, datagram.from,
                           MutableByteView(datagram.bytes).first(size), now);
    drain_engine();  // what it relays is still in this buffer
  } else if (datagram.to == browser.local()) {
    browser.handle(datagram.bytes, now);
  } else if (datagram.to == provider) {
    to_provider.push_back(std::move(datagram.bytes));
  } else if (datagram.to != provider_rtcp) {
    to_others.push_back(std::move(datagram.bytes));
  }
}

void MediaPath::drain_engine() {
  while (const auto datagram = engine.poll_datagram()) {
    const auto from =
        std::ranges::find(sockets_, datagram->socket, &decltype(sockets_)::value_type::second);
    send(from != sockets_.end() ? from->first : Endpoint{}, datagram->remote,
         {datagram->bytes.begin(), datagram->bytes.end()});
  }
  while (auto event = engine.poll_event()) events.push_back(std::move(*event));
}

void MediaPath::drain_browser() {
  while (auto output = browser.poll_output()) {
    if (auto* transmit = std::get_if<WebRtcPeer::Transmit>(&*output)) {
      send(transmit->local, transmit->remote, std::move(transmit->bytes));
    } else if (auto* received = std::get_if<WebRtcPeer::RtpReceived>(&*output)) {
      to_browser.push_back(std::move(received->packet));
    }
  }
}

void MediaPath::run(Duration duration) {
  const Time until = now + duration;
  while (true) {
    drain_engine();
    drain_browser();
    std::optional<Time> next = earliest(engine.next_timeout(), browser.next_timeout());
    const auto first = std::ranges::min_element(flying, {}, &Datagram::arrives);
    if (first != flying.end()) next = earliest(next, first->arrives);
    if (!next || *next > until) break;
    now = std::max(now, *next);
    if (first != flying.end() && first->arrives <= now) {
      Datagram datagram = std::move(*first);
      flying.erase(first);
      deliver(std::move(datagram));
    }
    engine.handle_timeout(now);
    browser.handle_timeout(now);
  }
  now = until;
}

control::Event MediaPath::command(control::Command command) {
  command.set_sequence(++sequence_);
  engine.handle_command(command, now);
  drain_engine();
  const auto reply = std::ranges::find(events, sequence_, &control::Event::in_reply_to);
  OFFHOOK_ASSERT(reply != events.end());
  OFFHOOK_ASSERT(!reply->has_command_failed());
  return *reply;
}

control::LegAllocated MediaPath::allocate(std::string_view leg_id,
                                          control::AllocateLeg::Side side) {
  control::Command wanted;
  wanted.mutable_allocate_leg()->set_leg_id(std::string(leg_id));
  wanted.mutable_allocate_leg()->set_side(side);
  return command(wanted).leg_allocated();
}

void MediaPath::allocate_both() {
  const control::LegAllocated leg = allocate(kBrowserLeg, control::AllocateLeg::BROWSER);
  gateway = {.candidate = browser_port,
             .ice = {.ufrag = leg.ice_ufrag(), .pwd = leg.ice_pwd()},
             .fingerprint = {.algorithm = leg.fingerprint_algorithm(),
                             .value = to_bytes(leg.fingerprint())}};
  const control::LegAllocated trunk = allocate(kTrunkLeg, control::AllocateLeg::TRUNK);
  trunk_port = {.address = *IpAddress::parse(trunk.rtp().ip()),
                .port = static_cast<std::uint16_t>(trunk.rtp().port())};
  trunk_rtcp_port = {.address = trunk_port.address,
                     .port = static_cast<std::uint16_t>(trunk_port.port + 1)};
  for (const Endpoint& port : {trunk_port, trunk_rtcp_port}) {
    sockets_[port] = static_cast<media::SocketId>(port.port - kFirstPathPort);
  }
}

void MediaPath::set_browser(control::SetRemote::DtlsRole role) {
  control::Command wanted;
  control::SetRemote& remote = make_set_remote(wanted, kBrowserLeg);
  remote.set_ice_ufrag(browser.ice().ufrag);
  remote.set_ice_pwd(browser.ice().pwd);
  remote.set_fingerprint_algorithm("sha-256");
  remote.set_fingerprint(std::string(as_text(announced_fingerprint)));
  remote.set_dtls_role(role);
  command(wanted);
}

void MediaPath::set_trunk() {
  control::Command wanted;
  control::SetRemote& remote = make_set_remote(wanted, kTrunkLeg);
  remote.mutable_rtp()->set_ip(provider.address.to_string());
  remote.mutable_rtp()->set_port(provider.port);
  remote.set_send(true);
  command(wanted);
}

void MediaPath::bridge() {
  control::Command wanted;
  wanted.mutable_bridge()->set_bridge_id("bridge");
  wanted.mutable_bridge()->set_leg_a(std::string(kBrowserLeg));
  wanted.mutable_bridge()->set_leg_b(std::string(kTrunkLeg));
  command(wanted);
}

void MediaPath::set_up() {
  allocate_both();
  set_browser();
  set_trunk();
  bridge();
  browser.connect(gateway, now);
}

void MediaPath::restart_ice() {
  control::Command wanted;
  wanted.mutable_allocate_leg()->set_leg_id(std::string(kBrowserLeg));
  wanted.mutable_allocate_leg()->set_side(control::AllocateLeg::BROWSER);
  wanted.mutable_allocate_leg()->set_ice_generation(++ice_generation);
  const control::LegAllocated leg = command(wanted).leg_allocated();
  gateway.ice = {.ufrag = leg.ice_ufrag(), .pwd = leg.ice_pwd()};
  set_browser();
  browser.finish_restart(gateway.ice, now);
}

void MediaPath::renew_leases() {
  control::Command wanted;
  wanted.mutable_renew_lease()->add_leg_id(std::string(kBrowserLeg));
  wanted.mutable_renew_lease()->add_leg_id(std::string(kTrunkLeg));
  command(wanted);
}

void MediaPath::release(std::string_view leg_id) {
  control::Command wanted;
  wanted.mutable_release()->set_leg_id(std::string(leg_id));
  command(wanted);
}

control::LegStatistics MediaPath::statistics(std::string_view leg_id) {
  control::Command wanted;
  wanted.mutable_get_statistics()->set_leg_id(std::string(leg_id));
  return command(wanted).leg_statistics();
}

std::size_t MediaPath::count(control::Event::KindCase kind) const {
  return static_cast<std::size_t>(std::ranges::count(events, kind, &control::Event::kind_case));
}

Bytes MediaPath::frame(Speaker speaker, std::uint32_t number) {
  Bytes payload(rtp::kSamplesPerPacket);
  SeededRandom((std::uint64_t{std::to_underlying(speaker)} << 32) | number).fill(payload);
  return payload;
}

Bytes MediaPath::rtp_packet(std::uint32_t ssrc, std::uint32_t number, ByteView payload) {
  Bytes packet(rtp::kHeaderBytes);
  rtp::write_header({.marker = number == 0,
                     .payload_type = kPcmu,
                     .sequence = static_cast<std::uint16_t>(kFirstSequenceNumber + number),
                     .timestamp = rtp::kSamplesPerPacket * number,
                     .ssrc = ssrc},
                    std::span<std::uint8_t, rtp::kHeaderBytes>(packet));
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

void MediaPath::talk(std::uint32_t frames) {
  for (std::uint32_t i = 0; i < frames; ++i) {
    browser.send_rtp(rtp_packet(kBrowserSsrc, spoken, frame(Speaker::Browser, spoken)));
    send(provider, trunk_port, rtp_packet(kProviderSsrc, spoken, frame(Speaker::Provider, spoken)));
    ++spoken;
    run(kPacketTime);
  }
}

std::vector<std::uint32_t> MediaPath::heard(const std::vector<Bytes>& packets,
                                            Speaker speaker) const {
  std::map<Bytes, std::uint32_t> numbers;
  for (std::uint32_t number = 0; number < spoken; ++number) {
    numbers[frame(speaker, number)] = number;
  }
  std::vector<std::uint32_t> found;
  for (const Bytes& packet : packets) {
    const auto view = rtp::PacketView::parse(packet);
    if (!view) continue;
    const auto number = numbers.find({view->payload().begin(), view->payload().end()});
    if (number != numbers.end()) found.push_back(number->second);
  }
  return found;
}

}  // namespace offhook::sim
