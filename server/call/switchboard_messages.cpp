#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "call/caller.hpp"
#include "call/number.hpp"
#include "call/switchboard_impl.hpp"

// Text messages (RFC 3428): from a browser through the dial gate to the user's trunk, from a trunk to
// all of the user's devices. Each is answered when the other side has answered.
namespace offhook::call {
namespace {

// What a transaction adds to the Via of a request: ";branch=" and 23 bytes, ";rport".
constexpr std::size_t kViaBytes = 37;

}  // namespace

void Switchboard::Impl::text_arrived(const sip::RequestArrived& arrived, Time now) {
  const auto browser = flows_.find(arrived.flow);
  const auto direction = browser == flows_.end() ? Direction::Inbound : Direction::Outbound;
  if (direction == Direction::Inbound) {
    const auto added = add_text_from_trunk(arrived, now);
    if (!added) refuse_text(arrived.id, arrived.request, direction, added.error(), now);
    return;
  }
  const auto at = add_text_from_browser(arrived, browser->second, now);
  if (!at) return refuse_text(arrived.id, arrived.request, direction, at.error(), now);
  send_text(*at, now);
}

Result<Switchboard::Impl::Texts::iterator, TextFailure> Switchboard::Impl::add_text_from_browser(
    const sip::RequestArrived& arrived, const std::string& user, Time now) {
  const auto refused = [](CallFailure failure) { return std::unexpected(text_failure(failure)); };
  if (!registrar_.device(arrived.flow)) return refused(CallFailure::NotRegistered);
  auto number = normalise_number(arrived.request.uri.user);
  if (!number) return refused(CallFailure::InvalidNumber);
  auto text = text_from_browser(arrived.request);
  if (!text) return std::unexpected(text.error());
  if (shutting_down_) return refused(CallFailure::ShuttingDown);
  const auto found =
      std::ranges::find_if(trunks_, [&](const auto& t) { return t->config().user == user; });
  if (found == trunks_.end()) return refused(CallFailure::NoTrunk);
  Trunk& trunk = **found;
  if (!trunk.target()) return refused(CallFailure::TrunkUnresolved);
  if (texts_.size() >= limits::kTexts) return std::unexpected(kTooManyTexts);
  const auto passed = pass_gate(
      {.number = *number, .way = DialWay::Message, .user = user, .trunk = trunk.config()}, now);
  if (!passed) return refused(passed.error());

  const auto at = add_text(arrived, trunk, now);
  at->second.onward = Text::Onward{
      .number = std::move(*number), .text = std::move(*text), .target = *trunk.target()};
  return at;
}

Result<void, TextFailure> Switchboard::Impl::add_text_from_trunk(const sip::RequestArrived& arrived,
                                                                 Time now) {
  const auto refused = [](CallFailure failure) { return std::unexpected(text_failure(failure)); };
  Trunk* trunk = called_trunk(arrived.flow, arrived.request);
  if (trunk == nullptr) return refused(CallFailure::UnknownUser);
  auto text = text_from_trunk(arrived.request);
  if (!text) return std::unexpected(text.error());
  if (shutting_down_) return refused(CallFailure::ShuttingDown);
  const auto devices = registrar_.bindings(trunk->config().user);
  if (devices.empty()) return refused(CallFailure::NoDevice);
  if (texts_.size() >= limits::kTexts || !has_turn(*trunk, now)) {
    return std::unexpected(kTooManyTexts);
  }

  add_text(arrived, *trunk, now)->second.devices = devices.size();
  const auto sender = caller_of(arrived.request, config_.sip_domain);
  for (const sip::Binding& device : devices) {
    auto request = request_to(device, sip::Method::Message, sender);
    put_text(request, *text);
    text_requests_.emplace(agent_.send_request(device.flow, std::move(request), now), arrived.id);
  }
  return {};
}

Switchboard::Impl::Texts::iterator Switchboard::Impl::add_text(const sip::RequestArrived& arrived,
                                                               Trunk& trunk, Time now) {
  const auto at = texts_.try_emplace(arrived.id).first;
  at->second.request = arrived.request;
  at->second.request.body.clear();
  at->second.trunk = &trunk;
  text_deadlines_.set(arrived.id, now + limits::kTextPatience);
  return at;
}

// ---- to the trunk ----

void Switchboard::Impl::send_text(Texts::iterator at, Time now) {
  Text& text = at->second;
  Text::Onward& onward = *text.onward;
  const auto flow = text.trunk->flows().open(onward.target);
  onward.waiting = !flow;
  if (!flow) return;
  onward.flow = *flow;
  onward.request =
      message_like(text.trunk->invite(onward.number, {}, onward.target, *flow), onward.text);
  onward.request.headers.from.set_tag(random_.hex(8));
  onward.request.headers.call_id = random_.hex(16);
  transmit_text(at, now);
}

// RFC 3428 8: whatever it is sent over, nobody knows what is behind the provider.
void Switchboard::Impl::transmit_text(Texts::iterator at, Time now) {
  const Text::Onward& onward = *at->second.onward;
  if (sip::serialize(onward.request).size() + kViaBytes > limits::kTextRequestBytes) {
    return refuse_text(at, kTextTooLong, now);
  }
  text_requests_.emplace(agent_.send_request(onward.flow, onward.request, now), at->first);
}

bool Switchboard::Impl::text_answered(const sip::ResponseArrived& arrived, Time now) {
  const auto sent = text_requests_.extract(arrived.id);
  if (!sent) return false;
  const auto at = texts_.find(sent.mapped());
  if (at == texts_.end()) return true;  // its sender has an answer already
  if (arrived.response.is_success()) {
    deliver_text(at, arrived.response.status, now);
  } else if (at->second.onward) {
    trunk_answered_text(at, arrived, now);
  } else if (--at->second.devices == 0) {
    refuse_text(at, text_failure(CallFailure::NoDevice), now);
  }
  return true;
}

void Switchboard::Impl::trunk_answered_text(Texts::iterator at, const sip::ResponseArrived& arrived,
                                            Time now) {
  const std::uint16_t status = arrived.response.status;
  if (answer_challenge(at->second, arrived.response)) return transmit_text(at, now);
  if (status == 503 && send_text_elsewhere(at, now)) return;
  refuse_text(
      at, arrived.local ? text_failure(CallFailure::TrunkSilent) : text_failure_from_trunk(status),
      now);
}

// As an INVITE answers it: in the realm of the registration, and no weaker algorithm. True: the
// request has the credentials and is to be sent again.
bool Switchboard::Impl::answer_challenge(Text& text, const sip::Response& response) {
  if (response.status != 401 && response.status != 407) return false;
  Text::Onward& onward = *text.onward;
  if (++onward.challenges > limits::kDigestAttempts) return false;
  const auto& challenges = response.status == 407 ? response.headers.proxy_authenticate
                                                  : response.headers.www_authenticate;
  if (!onward.digest) {
    auto invite = text.trunk->invite(onward.number, {}, onward.target, onward.flow);
    if (invite.realm.empty() && !challenges.empty()) invite.realm = challenges.front().realm;
    onward.digest.emplace(std::move(*invite.account), std::move(invite.realm),
                          std::move(invite.least_algorithm));
  }
  const auto answered = onward.digest->answer(response, to_string(sip::Method::Message),
                                              onward.request.uri.to_string(), random_);
  if (!answered) return false;
  ++onward.request.headers.cseq.number;
  onward.digest->write(onward.request.headers);
  return true;
}

// After a 503, or where the server cannot be reached: nothing was delivered, so that another one may
// have it (RFC 3263 4.3). One that is silent may have delivered it.
bool Switchboard::Impl::send_text_elsewhere(Texts::iterator at, Time now) {
  Text& text = at->second;
  Text::Onward& onward = *text.onward;
  if (shutting_down_ || ++onward.tries > limits::kInviteTargets) return false;
  const auto next = text.trunk->target_after(onward.target, false, now);
  if (!next) return false;
  onward.target = *next;
  onward.digest.reset();
  onward.challenges = 0;
  send_text(at, now);
  return true;
}

void Switchboard::Impl::move_texts_on(Trunk& trunk, const sip::Target& target, bool opened,
                                      Time now) {
  for (auto next = texts_.begin(); next != texts_.end();) {
    const auto at = next++;  // which may be gone in a moment
    const Text& text = at->second;
    if (text.trunk != &trunk || !text.onward || !text.onward->waiting) continue;
    if (text.onward->target != target) continue;
    if (opened) {
      send_text(at, now);
    } else if (!send_text_elsewhere(at, now)) {
      refuse_text(at, text_failure(CallFailure::TrunkSilent), now);
    }
  }
}

// ---- the answer to its sender ----

void Switchboard::Impl::deliver_text(Texts::iterator at, std::uint16_t status, Time now) {
  const auto direction = at->second.onward ? Direction::Outbound : Direction::Inbound;
  counters_.count_text(direction, "delivered");
  agent_.respond(at->first, sip::make_response(at->second.request, status, random_.hex(8)), now);
  forget_text(at);
}

void Switchboard::Impl::refuse_text(Texts::iterator at, const TextFailure& failure, Time now) {
  const auto direction = at->second.onward ? Direction::Outbound : Direction::Inbound;
  refuse_text(at->first, at->second.request, direction, failure, now);
  forget_text(at);
}

void Switchboard::Impl::refuse_text(sip::RequestId id, const sip::Request& request,
                                    Direction direction, const TextFailure& failure, Time now) {
  const bool by_trunk = direction == Direction::Inbound;
  counters_.count_text(direction, failure.label);
  log(LogEvent::Level::Info, "text_refused",
      {{"from", by_trunk ? "trunk" : "browser"}, {"failure", std::string(failure.label)}});
  auto response = sip::make_response(request, failure.status, random_.hex(8));
  if (!by_trunk) response.headers.reason = reason_for_browser(failure);
  if (failure.status == 415) response.headers.accept = {std::string(kTextType)};
  agent_.respond(id, std::move(response), now);
}

void Switchboard::Impl::forget_text(Texts::iterator at) {
  text_deadlines_.set(at->first, std::nullopt);
  texts_.erase(at);
}

// RFC 4320 4.2: never 408, which would come too late to be of use.
void Switchboard::Impl::give_up_texts(Time now) {
  while (const auto id = text_deadlines_.take_due(now)) {
    const auto at = texts_.find(*id);
    const bool by_trunk = !at->second.onward;
    refuse_text(at, text_failure(by_trunk ? CallFailure::NoDevice : CallFailure::TrunkSilent), now);
  }
}

}  // namespace offhook::call
