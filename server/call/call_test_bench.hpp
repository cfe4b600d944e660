#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/overloaded.hpp"
#include "call/call.hpp"
#include "call/sample_sdp.hpp"

namespace offhook::call {

// A call on the bench: feeds it events and says in short lines what it asks for, "t" being the
// trunk's leg, "b1", "b2" the devices' and "t2" that of a target.
class CallBench {
 public:
  static constexpr LegIndex kTrunk = kTrunkLeg;
  static constexpr LegIndex kDevice = kFirstDevice;
  static constexpr LegIndex kOther = kFirstDevice + 1;

  Time now{std::chrono::seconds(1'000)};
  std::optional<Call> call;
  std::map<std::string, std::string> sdp;        // by line: "183 b1"
  std::map<std::string, std::string> reason;     // by line: "486 b1", "hang up t"
  std::map<std::string, control::Command> sent;  // by line: "SetRemote t"
  std::optional<CallEnded> ended;
  std::vector<std::string> events;    // of the log
  SrtpPolicy srtp = SrtpPolicy::Off;  // of the trunk, for the next call
  std::set<LegIndex> targets;         // of transfers

  void dial(std::string offer = sample::browser(),
            std::vector<sdp::Codec> codecs = {sdp::Codec::Pcmu, sdp::Codec::Pcma}) {
    start(Direction::Outbound, std::move(offer), std::move(codecs), 1);
  }
  void ring_in(std::string offer = sample::trunk(), std::size_t devices = 1) {
    start(Direction::Inbound, std::move(offer), {sdp::Codec::Pcmu, sdp::Codec::Pcma}, devices);
  }

  void allocated(LegIndex leg) {
    control::Event event;
    auto& reply = *event.mutable_leg_allocated();
    reply.set_leg_id(name(leg));
    auto& address = is_trunk(leg) ? *reply.mutable_rtp() : *reply.add_candidates();
    address.set_ip("203.0.113.5");
    address.set_port(is_trunk(leg) ? 20'000 : 30'000);
    if (!is_trunk(leg)) {
      reply.set_ice_ufrag("ours");
      reply.set_ice_pwd("0123456789abcdefghijklmnop");
      reply.set_fingerprint_algorithm("sha-256");
      reply.set_fingerprint(std::string(32, 'x'));
      reply.set_ssrc(7);
      reply.set_cname("offhook");
    }
    call->handle_media(leg, event, false, now);
  }
  // The reply to a restart of ICE.
  void restarted(LegIndex leg, std::uint32_t generation) {
    control::Event event;
    auto& reply = *event.mutable_leg_allocated();
    reply.set_leg_id(name(leg));
    reply.add_candidates()->set_ip("203.0.113.5");
    reply.mutable_candidates(0)->set_port(30'000);
    reply.set_ice_ufrag("ours" + std::to_string(generation));
    reply.set_ice_pwd("restarted56789abcdefghijklmnop");
    reply.set_ice_generation(generation);
    reply.set_fingerprint_algorithm("sha-256");
    reply.set_fingerprint(std::string(32, 'x'));
    call->handle_media(leg, event, false, now);
  }
  void media_connected(LegIndex leg) {
    control::Event event;
    event.mutable_connected();
    call->handle_media(leg, event, false, now);
  }
  void media_timed_out(LegIndex leg) {
    control::Event event;
    event.mutable_timed_out();
    call->handle_media(leg, event, true, now);
  }
  void media_refused(LegIndex leg) {
    control::Event event;
    event.mutable_command_failed()->set_code(control::CommandFailed::NO_RESOURCES);
    call->handle_media(leg, event, true, now);
  }

  void progressed(LegIndex leg, std::uint16_t status, std::string body = {}) {
    call->handle(leg, sip::Progressed{{}, response(status, std::move(body))}, now);
  }
  void accepted(LegIndex leg, std::string body) {
    call->handle(leg, sip::Accepted{{}, response(200, std::move(body))}, now);
  }
  void refused(LegIndex leg, std::uint16_t status, bool local = false) {
    call->handle(leg, sip::Refused{{}, response(status, {}), local}, now);
  }
  void cancelled(LegIndex leg, std::string why = {}) {
    call->handle(leg, sip::Cancelled{{}, std::move(why)}, now);
  }
  void hung_up(LegIndex leg) {
    call->handle(leg, sip::Ended{{}, sip::Ended::Cause::RemoteHangup, {}}, now);
  }
  void lost(LegIndex leg) {
    call->handle(leg, sip::Ended{{}, sip::Ended::Cause::DialogLost, {}}, now);
  }
  void expired(LegIndex leg) {
    call->handle(leg, sip::Ended{{}, sip::Ended::Cause::Expired, {}}, now);
  }
  // Our refresh was accepted.
  void refreshed(LegIndex leg, std::string body) {
    call->handle(leg, sip::Refreshed{{}, std::move(body)}, now);
  }
  void updated(LegIndex leg, std::string offer) {
    sip::Reinvited event;
    event.request.method = sip::Method::Update;
    event.request.body = std::move(offer);
    call->handle(leg, event, now);
  }
  void confirmed(LegIndex leg, std::string body = {}) {
    call->handle(leg, sip::Confirmed{{}, std::move(body)}, now);
  }
  void reinvited(LegIndex leg, std::string offer) {
    sip::Reinvited event;
    event.request.body = std::move(offer);
    call->handle(leg, event, now);
  }
  // A REFER to a number.
  LegIndex transfer(std::string number = "2125550123") {
    const LegIndex leg = call->legs();
    targets.insert(leg);
    call->transfer(std::move(number), now);
    return leg;
  }
  void key_pressed(LegIndex leg, char key) {
    call->handle(leg, sip::InfoReceived{{}, "application/dtmf", std::string(1, key)}, now);
  }
  // To the next deadline of the call.
  void wait() {
    now = call->next_timeout().value();
    call->handle_timeout(now);
  }

  // What the call has asked for since the last time.
  std::vector<std::string> said() {
    std::vector<std::string> lines;
    while (auto output = call->poll_output()) {
      if (auto line = describe(*output)) lines.push_back(std::move(*line));
    }
    return lines;
  }

  // An outbound call that talks, an inbound one likewise, with nothing left to say.
  void talk_outbound() {
    dial();
    allocated(kTrunk);
    allocated(kDevice);
    accepted(kTrunk, sample::trunk());
    (void)said();
  }
  void talk_inbound() {
    ring_in();
    allocated(kDevice);
    allocated(kTrunk);
    accepted(kDevice, sample::browser_answer());
    media_connected(kDevice);
    (void)said();
  }

 private:
  void start(Direction direction, std::string offer, std::vector<sdp::Codec> codecs,
             std::size_t devices) {
    Call::Setup setup;
    setup.id = static_cast<CallId>(1);
    setup.direction = direction;
    setup.user = "demo";
    setup.trunk = "voipms";
    setup.remote_number = "4443";
    setup.media_prefix = "p";
    setup.codecs = std::move(codecs);
    setup.srtp = srtp;
    setup.offer = std::move(offer);
    setup.devices = devices;
    setup.no_answer_timeout = std::chrono::seconds(180);
    setup.media_ready_timeout = std::chrono::milliseconds(700);
    call.emplace(std::move(setup), random_, now);
  }

  static sip::Response response(std::uint16_t status, std::string body) {
    sip::Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
  }

  [[nodiscard]] bool is_trunk(LegIndex leg) const { return leg == kTrunk || targets.contains(leg); }
  [[nodiscard]] std::string name(LegIndex leg) const {
    if (leg == kTrunk) return "t";
    return (is_trunk(leg) ? "t" : "b") + std::to_string(leg);
  }

  std::optional<std::string> describe(const CallOutput& output) {
    return std::visit(
        Overloaded{
            [&](const SendInvite& o) { return with_sdp("INVITE " + name(o.leg), o.offer); },
            [&](const SendRinging& o) { return std::optional("180 " + name(o.leg)); },
            [&](const SendProgress& o) { return with_sdp("183 " + name(o.leg), o.sdp); },
            [&](const Accept& o) { return with_sdp("200 " + name(o.leg), o.sdp); },
            [&](const RefuseOffer& o) {
              return with_reason("refuse offer " + name(o.leg), o.reason);
            },
            [&](const Reject& o) {
              return with_reason(std::to_string(o.status) + " " + name(o.leg), o.reason);
            },
            [&](const HangUp& o) { return with_reason("hang up " + name(o.leg), o.reason); },
            [&](const NotifyTransfer& o) {
              return with_reason("NOTIFY " + std::to_string(o.status) + " " + name(o.leg) +
                                     (o.is_final ? " final" : ""),
                                 o.reason);
            },
            [&](const LegCommand& o) { return with_command(o); },
            [&](const LogEvent& o) {
              events.push_back(o.event);
              return std::optional<std::string>();
            },
            [&](const CallEnded& o) {
              ended = o;
              return std::optional<std::string>("ended " + std::string(to_string(o.outcome)));
            },
        },
        output);
  }
  std::optional<std::string> with_sdp(std::string line, const std::string& text) {
    sdp[line] = text;
    return line;
  }
  std::optional<std::string> with_reason(std::string line, const std::string& text) {
    reason[line] = text;
    return line;
  }
  std::optional<std::string> with_command(const LegCommand& o) {
    std::string line;
    switch (o.command.kind_case()) {
      case control::Command::kAllocateLeg:
        line = "AllocateLeg " + name(o.leg);
        break;
      case control::Command::kSetRemote:
        line = "SetRemote " + name(o.leg);
        break;
      case control::Command::kBridge:
        line = "Bridge";
        break;
      case control::Command::kUnbridge:
        line = "Unbridge";
        break;
      case control::Command::kPlay:
        line = "Play " + name(o.leg);
        break;
      case control::Command::kStopPlaying:
        line = "StopPlaying " + name(o.leg);
        break;
      case control::Command::kSendDigit:
        line = "SendDigit " + name(o.leg);
        break;
      // Asked for in passing: no step of a call.
      case control::Command::kGetStatistics:
        sent["GetStatistics " + name(o.leg)] = o.command;
        return std::nullopt;
      case control::Command::kRelease:
        line = "Release " + name(o.leg);
        break;
      default:
        line = "?";
    }
    sent[line] = o.command;
    return line;
  }

  SeededRandom random_{1};
};

}  // namespace offhook::call
