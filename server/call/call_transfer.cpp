#include <utility>

#include "base/assert.hpp"
#include "base/overloaded.hpp"
#include "call/call.hpp"
#include "call/media_commands.hpp"

// Transfer and replacement: the third part of call.hpp's table. Nothing is referred to the provider:
// the target is called over a trunk leg of this call's, and joined with the other one.
namespace offhook::call {

bool Call::can_change_parties() const {
  return state_ == State::Connected && partner_ == device_ && !transfer_ && !replacement_ &&
         legs_[device_].session == Leg::Session::Established && trunk_leg().remote &&
         legs_.size() < kMaxLegs;
}

// ---- to a number ----

void Call::transfer(std::string number, Time now) {
  OFFHOOK_ASSERT(can_change_parties());
  const LegIndex index = legs_.size();
  Leg& leg = legs_.emplace_back();
  leg.id = bridge_id_ + "-t" + std::to_string(index);
  leg.keys.emplace(setup_.srtp, random_);
  begin_transfer(index, std::move(number), now);
  play_to_trunk(Sound::Music);
  allocate(index, now);
}

void Call::begin_transfer(LegIndex leg, std::string number, Time now) {
  transfer_ =
      Transfer{.leg = leg, .number = std::move(number), .deadline = now + setup_.no_answer_timeout};
  log(LogEvent::Level::Info, "transfer_started");
  notify_transfer(100, {}, false);
  unbridge();
  partner_ = leg;
}

void Call::handle_target(const sip::UserAgentOutput& event, Time now) {
  const LegIndex index = transfer_->leg;
  Leg& leg = legs_[index];
  std::visit(Overloaded{
                 [&](const sip::Progressed& e) { target_progressed(e.response); },
                 [&](const sip::Accepted& e) {
                   leg.session = Leg::Session::Established;
                   target_accepted(e.response, now);
                 },
                 [&](const sip::Refused& e) {
                   if (takes_plain_instead(index, e)) return invite_trunk(index);
                   leg.session = Leg::Session::Over;
                   fail_transfer(failure_from_trunk(e.response.status, e.local), now);
                 },
                 [&](const sip::Reinvited& e) { handle_reinvite(index, e.request.body, now); },
                 [](const auto&) {},
             },
             event);
}

void Call::target_progressed(const sip::Response& response) {
  const auto answer = sdp::parse(response.body);
  if (answer && read_trunk_remote(transfer_->leg, *answer, Role::Answer)) {
    target_rings(Sound::None);
    bridge_when_ready();
  } else if (response.status == 180 && !legs_[transfer_->leg].remote) {
    target_rings(Sound::Ringback);
  }
}

// `sound`: what the one who waits hears of it from us.
void Call::target_rings(Sound sound) {
  play_to_trunk(sound);
  if (!std::exchange(transfer_->rings, true)) notify_transfer(180, {}, false);
}

void Call::target_accepted(const sip::Response& response, Time now) {
  const auto answer = sdp::parse(response.body);
  const bool read = answer && read_trunk_remote(transfer_->leg, *answer, Role::Answer);
  const bool said_before = response.body.empty() && legs_[transfer_->leg].remote;
  if (!read && !said_before) return fail_transfer(CallFailure::FormatRefused, now);
  complete_transfer();
}

void Call::complete_transfer() {
  transferred_to_ = transfer_->number;
  play_to_trunk(Sound::None);
  bridge_when_ready();
  notify_transfer(200, {}, true);
  transfer_.reset();
  drop_device(device_, std::nullopt);
  log(LogEvent::Level::Info, "transfer_completed");
}

void Call::fail_transfer(CallFailure failure, Time now) {
  const LegIndex target = transfer_->leg;
  transfer_.reset();
  log(LogEvent::Level::Info, "transfer_failed",
      {{"failure", std::string(describe(failure).label)}});
  unbridge();
  end_session(target, failure);
  release(target);
  settle_allocations();
  partner_ = device_;
  if (legs_[device_].session != Leg::Session::Established) return end(failure, now);
  notify_transfer(describe(failure).sip_status, reason_for_browser(failure), true);
  play_to_trunk(on_hold_ ? Sound::Music : Sound::None);
  bridge_when_ready();
}

// The device that has asked for it may have hung up.
void Call::notify_transfer(std::uint16_t status, std::string reason, bool is_final) {
  if (legs_[device_].session != Leg::Session::Established) return;
  outputs_.emplace_back(NotifyTransfer{device_, status, std::move(reason), is_final});
}

void Call::drop_device(LegIndex index, std::optional<CallFailure> failure) {
  if (legs_[index].media == Leg::Media::Allocated) device_record_ = ask_for_statistics(index);
  end_session(index, failure);
  legs_[index].restart_offer.reset();
  release(index);
  settle_allocations();
}

void Call::handle_redirect_refused(LegIndex leg, CallFailure failure, Time now) {
  legs_[leg].session = Leg::Session::Over;
  is_target(leg) ? fail_transfer(failure, now) : end(failure, now);
}

// ---- to another call ----

bool Call::can_give_trunk_leg() const {
  if (can_change_parties()) return true;
  return outbound() && is_early() && codec_ && trunk_leg().session == Leg::Session::Outgoing &&
         trunk_leg().media == Leg::Media::Allocated;
}

Call::GivenLeg Call::give_trunk_leg(const Call& to, Time now) {
  OFFHOOK_ASSERT(can_give_trunk_leg());
  unbridge();
  play_to_trunk(Sound::None);
  GivenLeg given{.leg = std::move(trunk_leg()),
                 .number = setup_.remote_number,
                 .rings = state_ == State::Ringing};
  trunk_leg() = Leg{};
  transferred_to_ = to.setup_.remote_number;
  end(state_ == State::Connected ? std::nullopt : std::optional(CallFailure::Cancelled), now);
  return given;
}

void Call::transfer(GivenLeg target, Time now) {
  OFFHOOK_ASSERT(can_change_parties());
  const bool answered = target.leg.session == Leg::Session::Established;
  const bool has_early_media = target.leg.remote.has_value();
  legs_.push_back(std::move(target.leg));
  begin_transfer(legs_.size() - 1, std::move(target.number), now);
  if (answered) return complete_transfer();
  if (has_early_media) {
    target_rings(Sound::None);
    bridge_when_ready();
  } else if (target.rings) {
    target_rings(Sound::Ringback);
  } else {
    play_to_trunk(Sound::Music);
  }
}

// ---- another device ----

void Call::replace_device(const std::string& offer, Time now) {
  OFFHOOK_ASSERT(can_change_parties());
  const LegIndex index = add_device();
  legs_[index].session = Leg::Session::Incoming;
  auto session = sdp::parse(offer);
  if (!session || !sdp::read_browser(*session)) {
    return end_session(index, CallFailure::UnreadableOffer);
  }
  if (!sdp::choose_format(*session, codecs()))
    return end_session(index, CallFailure::NoCommonCodec);
  replacement_ = Replacement{.leg = index, .offer = std::move(*session)};
  allocate(index, now);
}

void Call::device_replaced() {
  const LegIndex index = replacement_->leg;
  const sdp::Session offer = std::move(replacement_->offer);
  if (!read_browser_remote(index, offer)) return refuse_replacement(CallFailure::UnreadableOffer);
  replacement_.reset();
  Leg& leg = legs_[index];
  leg.session = Leg::Session::Established;
  outputs_.emplace_back(Accept{
      index,
      sdp::write(sdp::answer_browser(offer, *sdp::choose_format(offer, codecs()), leg.browser))});
  unbridge();
  const LegIndex before = std::exchange(device_, index);
  partner_ = index;
  end_session(before, CallFailure::AnsweredElsewhere);
  release(before);
  hold(asks_for_hold(*sdp::read_browser(offer)));
  bridge_when_ready();
  log(LogEvent::Level::Info, "call_moved");
}

void Call::refuse_replacement(CallFailure failure) {
  const LegIndex index = std::exchange(replacement_, std::nullopt)->leg;
  end_session(index, failure);
  release(index);
  settle_allocations();
}

}  // namespace offhook::call
