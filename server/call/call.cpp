#include "call/call.hpp"

#include <algorithm>

#include "base/overloaded.hpp"
#include "call/media_commands.hpp"

namespace offhook::call {
namespace {

std::string in_milliseconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

CallFailure failure_from_media(const control::Event& event) {
  if (event.has_timed_out()) return CallFailure::MediaTimedOut;
  if (event.has_command_failed() &&
      event.command_failed().code() == control::CommandFailed::NO_RESOURCES) {
    return CallFailure::TooManyCalls;
  }
  return CallFailure::MediaFailed;
}

}  // namespace

std::string call_text(CallId id) { return std::to_string(static_cast<std::uint64_t>(id)); }

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::Completed:
      return "completed";
    case Outcome::NoAnswer:
      return "no_answer";
    case Outcome::Busy:
      return "busy";
    case Outcome::Cancelled:
      return "cancelled";
    case Outcome::Rejected:
      return "rejected";
    case Outcome::Failed:
      return "failed";
  }
  return "failed";
}

Call::Call(Setup setup, Random& random, Time now)
    : setup_(std::move(setup)),
      random_(random),
      legs_(kFirstDevice + setup_.devices),
      started_at_(now),
      deadline_(now + setup_.no_answer_timeout) {
  const std::string prefix =
      setup_.media_prefix + "-c" + std::to_string(static_cast<std::uint64_t>(setup_.id));
  bridge_id_ = prefix;
  legs_[kTrunkLeg].id = prefix + "-t";
  legs_[kTrunkLeg].keys.emplace(setup_.srtp, random);
  for (LegIndex i = kFirstDevice; i < legs_.size(); ++i) {
    legs_[i].id = prefix + "-b" + std::to_string(i);
  }
  log(LogEvent::Level::Info, "call_started",
      {{"direction", outbound() ? "outbound" : "inbound"},
       {"user", setup_.user},
       {"trunk", setup_.trunk}});
  outbound() ? start_outbound(now) : start_inbound(now);
}

void Call::handle(LegIndex leg, const sip::UserAgentOutput& event, Time now) {
  if (state_ == State::Ended) return;
  if (is_target(leg)) return handle_target(event, now);
  std::visit(
      Overloaded{
          [&](const sip::Progressed& e) {
            outbound() ? trunk_progressed(e.response) : device_progressed(e.response);
          },
          [&](const sip::Accepted& e) {
            legs_[leg].session = Leg::Session::Established;
            outbound() ? trunk_accepted(e.response, now) : device_accepted(leg, e.response, now);
          },
          [&](const sip::Refused& e) {
            if (leg == kTrunkLeg && takes_plain_instead(leg, e)) return invite_trunk(leg);
            legs_[leg].session = Leg::Session::Over;
            outbound() ? end(failure_from_trunk(e.response.status, e.local), now)
                       : device_refused(leg, failure_from_device(e.response.status, e.local), now);
          },
          [&](const sip::Confirmed& e) {
            if (leg == kTrunkLeg && !late_offer_confirmed(e.body)) {
              end(CallFailure::FormatRefused, now);
            }
          },
          [&](const sip::Cancelled& e) {
            legs_[leg].session = Leg::Session::Over;
            if (replacement_ && replacement_->leg == leg) {
              return refuse_replacement(CallFailure::Cancelled);
            }
            // RFC 3326 2: another branch of the caller's fork was answered.
            const bool elsewhere = e.reason.contains("cause=200");
            end(elsewhere ? CallFailure::AnsweredElsewhere : CallFailure::Cancelled, now);
          },
          [&](const sip::Reinvited& e) { handle_reinvite(leg, e.request.body, now); },
          [&](const sip::Refreshed& e) {
            if (legs_[leg].is_trunk()) trunk_refreshed(leg, e.sdp);
          },
          [&](const sip::Ended& e) {
            legs_[leg].session = Leg::Session::Over;
            if (transfer_ && leg == device_) return drop_device(leg, std::nullopt);
            session_ended(e.cause, now);
          },
          [&](const sip::InfoReceived& e) { handle_info(leg, e); },
          [](const auto&) {},
      },
      event);
}

void Call::session_ended(sip::Ended::Cause cause, Time now) {
  if (cause == sip::Ended::Cause::Expired) return end(CallFailure::SessionExpired, now);
  if (cause != sip::Ended::Cause::RemoteHangup) return end(CallFailure::ConnectionLost, now);
  if (state_ == State::Connected) return end(std::nullopt, now);
  end(CallFailure::Unavailable, now);
}

void Call::handle_media(LegIndex leg, const control::Event& event, bool fatal, Time now) {
  if (state_ == State::Ended) return;
  if (event.has_leg_statistics()) {
    if (device_record_.leg_id == event.leg_statistics().leg_id()) {
      device_record_.statistics = event.leg_statistics();
    }
    return;
  }
  if (legs_[leg].media == Leg::Media::Released) return;
  if (fatal) return lose_leg(leg, failure_from_media(event), now);
  if (event.has_leg_allocated()) return handle_allocated(leg, event.leg_allocated(), now);
  if (event.has_connected()) {
    legs_[leg].media_connected = true;
    if (state_ == State::Answering) answer_trunk_when_ready(now);
  }
}

void Call::allocate(LegIndex index, Time now) {
  Leg& leg = legs_[index];
  leg.media = Leg::Media::Allocating;
  allocation_deadline_ = now + kAllocationTimeout;
  // All calls of a user are one group: any two of them may be joined by a transfer.
  command(index,
          allocate_leg(leg.id,
                       leg.is_trunk() ? control::AllocateLeg::TRUNK : control::AllocateLeg::BROWSER,
                       setup_.user));
}

void Call::handle_allocated(LegIndex index, const control::LegAllocated& allocated, Time now) {
  Leg& leg = legs_[index];
  if (leg.restart_offer) return ice_restarted(index, allocated);
  if (leg.media != Leg::Media::Allocating) return;  // the same command again, the same reply
  const std::uint64_t session_id = random_.next_u32();
  if (leg.is_trunk()) {
    auto local = trunk_local(allocated, session_id);
    if (!local) return lose_leg(index, CallFailure::MediaFailed, now);
    leg.trunk = *local;
  } else {
    auto local = browser_local(allocated, session_id);
    if (!local) return lose_leg(index, CallFailure::MediaFailed, now);
    leg.browser = std::move(*local);
  }
  leg.media = Leg::Media::Allocated;
  settle_allocations();
  if (is_target(index)) {
    leg.session = Leg::Session::Outgoing;
    return invite_trunk(index);
  }
  if (replacement_ && replacement_->leg == index) return device_replaced();
  outbound() ? outbound_allocated(index, now) : inbound_allocated(index, now);
}

void Call::settle_allocations() {
  const bool one_is_missing = std::ranges::any_of(legs_, [](const Leg& leg) {
    return leg.media == Leg::Media::Allocating || leg.restart_offer;
  });
  if (!one_is_missing) allocation_deadline_.reset();
}

// A process on the same machine that has not answered by now will not.
void Call::give_up_allocations(Time now) {
  if (transfer_ && legs_[transfer_->leg].media == Leg::Media::Allocating) {
    fail_transfer(CallFailure::MediaAway, now);
  }
  if (replacement_) refuse_replacement(CallFailure::MediaAway);
  if (allocation_deadline_) end(CallFailure::MediaAway, now);
}

// A leg whose media cannot work: fatal, except where the call can do without it.
void Call::lose_leg(LegIndex leg, CallFailure failure, Time now) {
  if (is_target(leg)) return fail_transfer(failure, now);
  if (transfer_ && leg == device_) return drop_device(leg, failure);
  if (replacement_ && replacement_->leg == leg) return refuse_replacement(failure);
  const bool one_of_many = !outbound() && leg != kTrunkLeg && is_early();
  if (!one_of_many) return end(failure, now);
  end_session(leg, failure);
  device_refused(leg, failure, now);
}

bool Call::read_browser_remote(LegIndex index, const sdp::Session& session) {
  Leg& leg = legs_[index];
  const auto remote = sdp::read_browser(session);
  if (!remote) return false;
  const auto format = sdp::choose_format(session, codecs());
  if (!format) return false;
  // RFC 8842 5.5: with the same fingerprint the association, and with it the roles, stay.
  const std::string fingerprint(as_text(remote->fingerprint.value));
  if (!leg.remote || leg.remote->fingerprint() != fingerprint) {
    leg.dtls_active = remote->setup == sdp::Setup::Passive;
  }
  codec_ = format->codec;
  set_remote(index, set_browser_remote(leg.id, *format, *remote,
                                       leg.dtls_active ? control::SetRemote::ACTIVE
                                                       : control::SetRemote::PASSIVE));
  return true;
}

bool Call::read_trunk_remote(LegIndex index, const sdp::Session& session, Role role) {
  Leg& leg = legs_[index];
  const auto remote = sdp::read_trunk(session);
  if (!remote) return false;
  const auto format = sdp::choose_format(session, codecs());
  if (!format) return false;
  auto command = set_trunk_remote(leg.id, *format, *remote, leg.remote ? &*leg.remote : nullptr);
  if (!command) return false;
  if (!(role == Role::Offer ? leg.keys->read_offer(*remote) : leg.keys->read_answer(*remote))) {
    return false;
  }
  if (auto sdes = leg.keys->for_media()) *command->mutable_set_remote()->mutable_sdes() = *sdes;
  codec_ = format->codec;
  set_remote(index, std::move(*command));
  return true;
}

std::vector<sdp::Codec> Call::codecs() const {
  return codec_ ? std::vector{*codec_} : setup_.codecs;
}

void Call::set_remote(LegIndex index, control::Command command_to_send) {
  Leg& leg = legs_[index];
  const auto& remote = command_to_send.set_remote();
  if (leg.remote && leg.remote->SerializeAsString() == remote.SerializeAsString()) return;
  leg.remote = remote;
  command(index, std::move(command_to_send));
}

void Call::command(LegIndex leg, control::Command command) {
  outputs_.emplace_back(LegCommand{leg, std::move(command)});
}

void Call::bridge_when_ready() {
  const Leg& partner = legs_[partner_];
  const bool held = on_hold_ && partner_ == device_;
  if (bridged_ || held || !trunk_leg().remote || !partner.remote) return;
  bridged_ = true;
  command(kTrunkLeg, bridge_legs(bridge_id_, trunk_leg().id, partner.id));
}

void Call::unbridge() {
  if (!bridged_) return;
  bridged_ = false;
  command(kTrunkLeg, unbridge_legs(bridge_id_));
}

void Call::play_to_trunk(Sound sound) {
  if (sound == std::exchange(trunk_sound_, sound)) return;
  const std::string& id = trunk_leg().id;
  command(kTrunkLeg, sound == Sound::Music      ? play_hold_music(id)
                     : sound == Sound::Ringback ? play_ringback(id)
                                                : stop_playing(id));
}

void Call::release(LegIndex index) {
  Leg& leg = legs_[index];
  if (leg.media != Leg::Media::Allocating && leg.media != Leg::Media::Allocated) return;
  leg.media = Leg::Media::Released;
  command(index, release_leg(leg.id));
}

void Call::connect(Time now) {
  state_ = State::Connected;
  connected_at_ = now;
  deadline_ = now + setup_.longest_call;
  log(LogEvent::Level::Info, "call_answered", {{"ringing_ms", in_milliseconds(now - started_at_)}});
}

void Call::fail(CallFailure failure, Time now) { end(failure, now); }

void Call::end(std::optional<CallFailure> failure, Time now) {
  if (state_ == State::Ended) return;
  if (transfer_) {
    const CallFailure why = failure.value_or(CallFailure::Cancelled);
    notify_transfer(describe(why).sip_status, reason_for_browser(why), true);
  }
  for (LegIndex i = 0; i < legs_.size(); ++i) end_session(i, failure);
  LegRecord browser =
      device_record_.leg_id.empty() ? ask_for_statistics(device_) : std::move(device_record_);
  LegRecord trunk = ask_for_statistics(kTrunkLeg);
  unbridge();
  for (LegIndex i = 0; i < legs_.size(); ++i) release(i);
  state_ = State::Ended;
  transfer_.reset();
  replacement_.reset();
  allocation_deadline_.reset();
  deadline_.reset();
  report(failure, std::move(browser), std::move(trunk), now);
}

void Call::end_session(LegIndex index, std::optional<CallFailure> failure) {
  Leg& leg = legs_[index];
  const bool trunk = leg.is_trunk();
  const auto session = std::exchange(leg.session, Leg::Session::Over);
  switch (session) {
    case Leg::Session::None:
    case Leg::Session::Over:
      return;
    case Leg::Session::Incoming: {
      const CallFailure why = failure.value_or(CallFailure::Unavailable);
      outputs_.emplace_back(trunk
                                ? Reject{index, status_for_trunk(why), reason_for_trunk(why)}
                                : Reject{index, describe(why).sip_status, reason_for_browser(why)});
      return;
    }
    case Leg::Session::Outgoing:
    case Leg::Session::Established: {
      const bool normal = !failure || (trunk && failure == CallFailure::Cancelled);
      outputs_.emplace_back(HangUp{index, normal  ? std::string(kNormalReason)
                                          : trunk ? reason_for_trunk(*failure)
                                                  : reason_for_browser(*failure)});
      return;
    }
  }
}

LegRecord Call::ask_for_statistics(LegIndex index) {
  const Leg& leg = legs_[index];
  if (leg.media != Leg::Media::Allocated || !leg.remote) return {};
  command(index, get_statistics(leg.id));
  return {.leg_id = leg.id};
}

void Call::report(std::optional<CallFailure> failure, LegRecord browser, LegRecord trunk,
                  Time now) {
  CallEnded ended;
  ended.id = setup_.id;
  ended.direction = setup_.direction;
  ended.user = setup_.user;
  ended.trunk = setup_.trunk;
  ended.remote_number = setup_.remote_number;
  ended.transferred_to = transferred_to_;
  ended.outcome = failure ? describe(*failure).outcome : Outcome::Completed;
  if (failure) ended.failure = describe(*failure).label;
  if (ended.outcome != Outcome::Completed) ended.sip_status = describe(*failure).sip_status;
  ended.ringing = connected_at_.value_or(now) - started_at_;
  ended.talking = connected_at_ ? now - *connected_at_ : Duration{};
  ended.browser_leg = std::move(browser);
  ended.trunk_leg = std::move(trunk);
  outputs_.emplace_back(std::move(ended));
}

void Call::handle_timeout(Time now) {
  if (is_due(allocation_deadline_, now)) give_up_allocations(now);
  if (transfer_ && transfer_->deadline <= now) fail_transfer(CallFailure::NoAnswer, now);
  if (!is_due(deadline_, now)) return;
  deadline_.reset();
  switch (state_) {
    case State::Connecting:
    case State::Ringing:
      return end(CallFailure::NoAnswer, now);
    case State::Answering:
      media_wait_over_ = true;
      return answer_trunk_when_ready(now);
    case State::Connected:
      return end(CallFailure::CallTooLong, now);
    case State::Ended:
      return;
  }
}

std::string_view Call::phase() const {
  switch (state_) {
    case State::Connecting:
      return "connecting";
    case State::Ringing:
      return "ringing";
    case State::Answering:
      return "answering";
    case State::Connected:
      if (transfer_) return transfer_->rings ? "transferring, rings" : "transferring";
      if (replacement_) return "moving";
      return partner_ != device_ ? "transferred" : on_hold_ ? "connected, held" : "connected";
    case State::Ended:
      return "ended";
  }
  return "ended";
}

std::optional<CallOutput> Call::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  CallOutput output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<Time> Call::next_timeout() const {
  const auto next = earliest(allocation_deadline_, deadline_);
  return transfer_ ? earliest(next, transfer_->deadline) : next;
}

void Call::log(LogEvent::Level level, std::string event,
               std::vector<std::pair<std::string, std::string>> fields) {
  fields.insert(fields.begin(), {"call", call_text(setup_.id)});
  outputs_.emplace_back(LogEvent{level, std::move(event), std::move(fields)});
}

}  // namespace offhook::call
