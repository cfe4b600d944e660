#include "bench/engine_calls.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/assert.hpp"
#include "rtp/packet.hpp"

namespace offhook::bench {
namespace {

constexpr std::size_t kPayloadBytes = 160;
// Browsers check each 2.5 s, and leases last two minutes.
constexpr Duration kRenewal = std::chrono::seconds(2);

IpAddress address_of(const char* text) { return IpAddress::parse(text).value(); }

Endpoint browser_port() { return {address_of("198.51.100.1"), 3'478}; }

// Of the far sides: one host of a provider, browsers in many places.
Endpoint provider_port(std::size_t number) {
  return {address_of("192.0.2.1"), static_cast<std::uint16_t>(10'000 + 2 * number)};
}
Endpoint browser_address(std::size_t number) {
  const std::array<std::uint8_t, 4> bytes{10, 1, static_cast<std::uint8_t>(number >> 8),
                                          static_cast<std::uint8_t>(number)};
  return {IpAddress::from_bytes(bytes).value(), static_cast<std::uint16_t>(40'000 + number)};
}

void set_format(control::AudioFormat& format) {
  format.set_codec(control::AudioFormat::PCMU);
  format.set_telephone_event_payload_type(101);
}

}  // namespace

Result<media::TrunkPorts::Pair> EngineCalls::Ports::open() {
  const media::SocketId rtp = ++opened_;
  const media::SocketId rtcp = ++opened_;
  const IpAddress address = address_of("203.0.113.1");
  return Pair{.rtp_socket = rtp,
              .rtcp_socket = rtcp,
              .rtp = {address, static_cast<std::uint16_t>(10'000 + rtp)},
              .rtcp = {address, static_cast<std::uint16_t>(10'000 + rtcp)}};
}

EngineCalls::EngineCalls(Traffic traffic, std::size_t calls)
    : certificate_(dtls::Certificate::make().value()),
      identity_(sim::WebRtcPeer::Identity::make().value()),
      engine_({.browser_candidates = {browser_port()}, .software = "bench"}, certificate_, ports_,
              random_) {
  for (std::size_t i = 0; i < calls; ++i) {
    const std::string a = "a" + std::to_string(i);
    const std::string b = "b" + std::to_string(i);
    if (traffic == Traffic::TrunkToTrunk) {
      add_trunk(a, true, true);
    } else {
      add_browser(a, traffic != Traffic::TrunkToBrowser);
    }
    // A trunk that is not spoken to would be sent silence, unless it holds us.
    add_trunk(b, traffic != Traffic::TrunkToBrowser, traffic != Traffic::BrowserToTrunk);
    control::Command bridge;
    bridge.mutable_bridge()->set_bridge_id(a);
    bridge.mutable_bridge()->set_leg_a(a);
    bridge.mutable_bridge()->set_leg_b(b);
    OFFHOOK_ASSERT(command(bridge).has_done());
  }
  exchange();
  for (const auto& browser : browsers_) OFFHOOK_ASSERT(browser->connected());
  next_speaker_ = speakers_.size();
}

void EngineCalls::add_trunk(const std::string& leg_id, bool is_heard, bool speaks) {
  control::Command allocate;
  allocate.mutable_allocate_leg()->set_leg_id(leg_id);
  allocate.mutable_allocate_leg()->set_side(control::AllocateLeg::TRUNK);
  const control::LegAllocated leg = command(allocate).leg_allocated();
  const Endpoint remote = provider_port(leg_ids_.size());
  leg_ids_.push_back(leg_id);

  control::Command set_remote;
  control::SetRemote& fields = *set_remote.mutable_set_remote();
  fields.set_leg_id(leg_id);
  set_format(*fields.mutable_format());
  fields.mutable_rtp()->set_ip(remote.address.to_string());
  fields.mutable_rtp()->set_port(remote.port);
  fields.set_send(is_heard);
  OFFHOOK_ASSERT(command(set_remote).has_done());
  if (speaks) speakers_.push_back({leg.rtp().port() - 10'000, remote, nullptr});
}

void EngineCalls::add_browser(const std::string& leg_id, bool speaks) {
  control::Command allocate;
  allocate.mutable_allocate_leg()->set_leg_id(leg_id);
  allocate.mutable_allocate_leg()->set_side(control::AllocateLeg::BROWSER);
  const control::LegAllocated leg = command(allocate).leg_allocated();
  leg_ids_.push_back(leg_id);
  sim::WebRtcPeer& browser = *browsers_.emplace_back(std::make_unique<sim::WebRtcPeer>(
      identity_, browser_address(browsers_.size()), dtls::Role::Client, random_));

  control::Command set_remote;
  control::SetRemote& fields = *set_remote.mutable_set_remote();
  fields.set_leg_id(leg_id);
  set_format(*fields.mutable_format());
  fields.set_ice_ufrag(browser.ice().ufrag);
  fields.set_ice_pwd(browser.ice().pwd);
  fields.set_fingerprint_algorithm(browser.fingerprint().algorithm);
  fields.set_fingerprint(std::string(as_text(browser.fingerprint().value)));
  fields.set_dtls_role(control::SetRemote::PASSIVE);
  OFFHOOK_ASSERT(command(set_remote).has_done());
  browser.connect({.candidate = browser_port(),
                   .ice = {.ufrag = leg.ice_ufrag(), .pwd = leg.ice_pwd()},
                   .fingerprint = {.algorithm = leg.fingerprint_algorithm(),
                                   .value = to_bytes(leg.fingerprint())}},
                  now_);
  if (speaks) speakers_.push_back({media::kBrowserSocket, browser.local(), &browser});
}

control::Event EngineCalls::command(control::Command command) {
  command.set_sequence(++sequence_);
  engine_.handle_command(command, now_);
  while (engine_.poll_datagram()) {
  }
  control::Event reply;
  while (auto event = engine_.poll_event()) reply = std::move(*event);
  return reply;
}

void EngineCalls::exchange() {
  for (bool busy = true; std::exchange(busy, false);) {
    for (const auto& browser : browsers_) busy |= deliver_to_engine(*browser);
  }
}

bool EngineCalls::deliver_to_engine(sim::WebRtcPeer& browser) {
  bool sent = false;
  while (auto output = browser.poll_output()) {
    auto* transmit = std::get_if<sim::WebRtcPeer::Transmit>(&*output);
    if (transmit == nullptr) continue;
    sent = true;
    const std::size_t size = transmit->bytes.size();
    transmit->bytes.resize(limits::kMediaDatagramBytes);
    engine_.handle_datagram(media::kBrowserSocket, browser.local(),
                            MutableByteView(transmit->bytes).first(size), now_);
    while (const auto answer = engine_.poll_datagram()) {
      if (answer->remote == browser.local()) browser.handle(answer->bytes, now_);
    }
    while (engine_.poll_event()) {
    }
  }
  return sent;
}

void EngineCalls::renew() {
  renew_at_ = now_ + kRenewal;
  control::Command renew;
  for (const std::string& leg_id : leg_ids_) renew.mutable_renew_lease()->add_leg_id(leg_id);
  command(renew);
  for (const auto& browser : browsers_) browser->handle_timeout(now_);
  exchange();
}

void EngineCalls::prepare() {
  if (now_ >= renew_at_) renew();
  for (Slot& slot : slots_) fill(slot);
}

void EngineCalls::fill(Slot& slot) {
  if (next_speaker_ == speakers_.size()) {
    next_speaker_ = 0;
    for (std::size_t i = speakers_.size(); i > 1; --i) {
      std::swap(speakers_[i - 1], speakers_[random_.below(i)]);
    }
  }
  Speaker& speaker = speakers_[next_speaker_++];
  now_ += rtp::kPacketTime / static_cast<std::int64_t>(speakers_.size());
  ++speaker.sequence;

  std::array<std::uint8_t, rtp::kHeaderBytes + kPayloadBytes> packet;
  packet.fill(0x55);
  rtp::write_header({.sequence = speaker.sequence,
                     .timestamp = speaker.sequence * rtp::kSamplesPerPacket,
                     .ssrc = 0xABCD},
                    std::span(packet).first<rtp::kHeaderBytes>());
  slot.socket = speaker.socket;
  slot.remote = speaker.address;
  slot.at = now_;
  slot.size = packet.size();
  if (speaker.browser == nullptr) {
    std::ranges::copy(packet, slot.buffer.begin());
    return;
  }
  OFFHOOK_ASSERT(speaker.browser->send_rtp(packet));
  const Bytes bytes = std::get<sim::WebRtcPeer::Transmit>(*speaker.browser->poll_output()).bytes;
  slot.size = bytes.size();
  std::ranges::copy(bytes, slot.buffer.begin());
}

void EngineCalls::relay_batch(std::span<Slot, kForeseen> batch) {
  std::array<const media::BrowserLeg*, kForeseen> legs{};
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch[i].socket != media::kBrowserSocket) continue;
    legs[i] = engine_.foresee(batch[i].socket, batch[i].remote);
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Slot& slot = batch[i];
    media::Engine::prefetch(std::span(legs).subspan(i + 1));
    engine_.handle_datagram(slot.socket, slot.remote, MutableByteView(slot.buffer).first(slot.size),
                            slot.at);
  }
}

void EngineCalls::relay() {
  const auto drain = [this] {
    while (const auto datagram = engine_.poll_datagram()) {
      relayed_ += rtp::classify(datagram->bytes) == rtp::PacketKind::Rtp ? 1 : 0;
    }
  };
  for (std::size_t first = 0; first < slots_.size(); first += kForeseen) {
    relay_batch(std::span(slots_).subspan(first).first<kForeseen>());
  }
  drain();
  while (is_due(engine_.next_timeout(), now_)) {
    engine_.handle_timeout(now_);
    drain();
  }
}

}  // namespace offhook::bench
