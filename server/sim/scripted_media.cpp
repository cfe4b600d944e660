#include "sim/scripted_media.hpp"

#include <algorithm>

namespace offhook::sim {

void ScriptedMedia::handle(const control::Command& command, Time now) {
  if (hangs_) return;
  control::Event reply;
  reply.set_in_reply_to(command.sequence());
  reply.mutable_done();
  switch (command.kind_case()) {
    case control::Command::kHello:
      reply.mutable_hello()->set_version(1);
      break;
    case control::Command::kAllocateLeg:
      allocate(command.allocate_leg(), reply, now);
      break;
    case control::Command::kSetRemote:
      set_remote(command.set_remote(), reply, now);
      break;
    case control::Command::kBridge:
      bridge(command.bridge(), reply, now);
      break;
    case control::Command::kUnbridge:
      bridges_.erase(command.unbridge().bridge_id());
      break;
    case control::Command::kPlay:
      (void)find(command.play().leg_id(), "Play", reply, now);
      break;
    case control::Command::kStopPlaying:
      (void)find(command.stop_playing().leg_id(), "StopPlaying", reply, now);
      break;
    case control::Command::kSendDigit:
      (void)find(command.send_digit().leg_id(), "SendDigit", reply, now);
      break;
    case control::Command::kGetStatistics:
      if (find(command.get_statistics().leg_id(), "GetStatistics", reply, now) != nullptr) {
        reply.mutable_leg_statistics()->set_leg_id(command.get_statistics().leg_id());
      }
      break;
    case control::Command::kRenewLease:
      renew(command.renew_lease(), now);
      break;
    case control::Command::kRelease:
      release(command.release().leg_id());
      break;
    case control::Command::kList:
      list(reply);
      break;
    default:
      fault("a command of no known kind");
  }
  events_.push_back(std::move(reply));
}

ScriptedMedia::Leg* ScriptedMedia::find(const std::string& leg_id, const char* command,
                                        control::Event& reply, Time now) {
  const auto leg = legs_.find(leg_id);
  if (leg != legs_.end()) {
    leg->second.lease_ends = now + kLease;
    return &leg->second;
  }
  fault(std::string(command) + " names leg " + leg_id + ", which does not exist");
  reply.mutable_command_failed()->set_code(control::CommandFailed::UNKNOWN_LEG);
  reply.mutable_command_failed()->set_leg_id(leg_id);
  return nullptr;
}

void ScriptedMedia::allocate(const control::AllocateLeg& allocate, control::Event& reply,
                             Time now) {
  if (legs_.contains(allocate.leg_id())) fault(allocate.leg_id() + " is allocated twice");
  Leg& leg = legs_[allocate.leg_id()];
  leg.side = allocate.side();
  leg.lease_ends = now + kLease;
  leg.local = {*IpAddress::parse("192.0.2.10"), static_cast<std::uint16_t>(ports_)};
  ports_ = ports_ >= 60'000 ? 20'000 : ports_ + 2;
  auto& allocated = *reply.mutable_leg_allocated();
  allocated.set_leg_id(allocate.leg_id());
  auto& address = allocate.side() == control::AllocateLeg::TRUNK ? *allocated.mutable_rtp()
                                                                 : *allocated.add_candidates();
  address.set_ip(leg.local.address.to_string());
  address.set_port(leg.local.port);
  allocated.set_ice_ufrag("ours");
  allocated.set_ice_pwd("0123456789abcdefghijklmnop");
  allocated.set_fingerprint_algorithm("sha-256");
  allocated.set_fingerprint(std::string(32, 'x'));
  allocated.set_ssrc(1);
  allocated.set_cname("offhook");
}

void ScriptedMedia::set_remote(const control::SetRemote& remote, control::Event& reply, Time now) {
  Leg* leg = find(remote.leg_id(), "SetRemote", reply, now);
  if (leg == nullptr) return;
  if (leg->side == control::AllocateLeg::BROWSER) {
    const bool whole = !remote.ice_ufrag().empty() && !remote.ice_pwd().empty() &&
                       !remote.fingerprint().empty() &&
                       remote.dtls_role() != control::SetRemote::DTLS_ROLE_UNSPECIFIED;
    if (!whole) fault("SetRemote of a browser lacks credentials, fingerprint or role");
    leg->connects_at = now + kConnecting;
    leg->times_out_at = now + kConsent;
  } else {
    const auto ip = IpAddress::parse(remote.rtp().ip());
    if (!ip || ip->is_unspecified() || remote.rtp().port() == 0) {
      fault("SetRemote of a trunk has no address");
    }
    leg->sends_at = now;
  }
  leg->remote = remote;
}

void ScriptedMedia::bridge(const control::Bridge& bridge, control::Event& reply, Time now) {
  const Leg* a = find(bridge.leg_a(), "Bridge", reply, now);
  const Leg* b = find(bridge.leg_b(), "Bridge", reply, now);
  if (a == nullptr || b == nullptr) return;
  if (!a->remote || !b->remote) fault("Bridge of legs without a remote side");
  if (a->remote && b->remote && a->remote->format().codec() != b->remote->format().codec()) {
    fault("Bridge of legs with different codecs");
  }
  bridges_[bridge.bridge_id()] = {bridge.leg_a(), bridge.leg_b()};
  ++bridged_;
}

void ScriptedMedia::release(const std::string& leg_id) {
  legs_.erase(leg_id);
  std::erase_if(bridges_, [&](const auto& bridge) {
    return bridge.second.first == leg_id || bridge.second.second == leg_id;
  });
}

void ScriptedMedia::renew(const control::RenewLease& renewal, Time now) {
  for (const auto& leg_id : renewal.leg_id()) {
    const auto leg = legs_.find(leg_id);
    if (leg == legs_.end()) {
      fault("RenewLease names leg " + leg_id + ", which does not exist");
    } else {
      leg->second.lease_ends = now + kLease;
    }
  }
}

void ScriptedMedia::list(control::Event& reply) const {
  auto& list = *reply.mutable_leg_list();
  for (const auto& [leg_id, leg] : legs_) list.add_leg_id(leg_id);
  list.set_total(static_cast<std::uint32_t>(legs_.size()));
  list.set_bridges(static_cast<std::uint32_t>(bridges_.size()));
}

void ScriptedMedia::send_packet(Leg& leg, Time now) {
  leg.sends_at = now + kPacketEvery;
  const auto ip = IpAddress::parse(leg.remote->rtp().ip());
  if (!ip) return;
  Bytes packet(12 + 160, 0xFF);  // RTP with 20 ms of silence in G.711 (RFC 3550 5.1)
  packet[0] = 0x80;
  packet[1] = static_cast<std::uint8_t>(leg.remote->format().payload_type());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  store_u16(&packet[2], static_cast<std::uint16_t>(seconds.count()));
  store_u32(&packet[4], static_cast<std::uint32_t>(seconds.count() * 8'000));
  store_u32(&packet[8], leg.local.port);
  packets_.push_back(
      {leg.local, {*ip, static_cast<std::uint16_t>(leg.remote->rtp().port())}, std::move(packet)});
}

void ScriptedMedia::handle_packet(MediaPacket packet, Time now) {
  for (auto& [leg_id, leg] : legs_) {
    const bool alive = leg.times_out_at && leg.remote->ice_ufrag() == as_text(packet.bytes);
    if (alive) leg.times_out_at = now + kConsent;
  }
}

void ScriptedMedia::handle_timeout(Time now) {
  for (auto& [leg_id, leg] : legs_) {
    if (is_due(leg.connects_at, now)) {
      leg.connects_at.reset();
      events_.emplace_back().mutable_connected()->set_leg_id(leg_id);
    }
    if (is_due(leg.sends_at, now)) send_packet(leg, now);
    if (is_due(leg.times_out_at, now)) {
      leg.times_out_at.reset();
      events_.emplace_back().mutable_timed_out()->set_leg_id(leg_id);
    }
    if (leg.lease_ends <= now) {
      leg.lease_ends = now + kLease;
      fault("nobody renewed the lease of " + leg_id);
    }
  }
}

std::optional<Time> ScriptedMedia::next_timeout() const {
  std::optional<Time> next;
  for (const auto& [leg_id, leg] : legs_) {
    next = earliest(next, earliest(leg.connects_at, leg.lease_ends));
    next = earliest(next, earliest(leg.sends_at, leg.times_out_at));
  }
  return next;
}

std::optional<control::Event> ScriptedMedia::poll_event() {
  if (events_.empty()) return std::nullopt;
  control::Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

std::optional<MediaPacket> ScriptedMedia::poll_packet() {
  if (packets_.empty()) return std::nullopt;
  MediaPacket packet = std::move(packets_.front());
  packets_.pop_front();
  return packet;
}

void ScriptedMedia::restart() {
  packets_.clear();
  legs_.clear();
  bridges_.clear();
  events_.clear();
  hangs_ = false;
}

}  // namespace offhook::sim
