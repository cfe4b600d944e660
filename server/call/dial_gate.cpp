#include "call/dial_gate.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace offhook::call {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);

template <typename Usages>
auto& usage_of(Usages& usages, std::string_view name) {
  const auto known = usages.find(name);
  if (known != usages.end()) return known->second;
  return usages.try_emplace(std::string(name)).first->second;
}

bool is_below(std::size_t count, std::optional<std::size_t> limit) {
  return !limit || count < *limit;
}

// Whether one more may begin.
bool has_turn(std::deque<Time>& begun, std::optional<std::size_t> limit, Time now) {
  while (!begun.empty() && begun.front() + kMinute <= now) begun.pop_front();
  return is_below(begun.size(), limit);
}

}  // namespace

std::string_view to_string(DialWay way) {
  switch (way) {
    case DialWay::Dialled:
      return "dialled";
    case DialWay::Referred:
      return "referred";
    case DialWay::Redirected:
      return "redirected";
    case DialWay::Message:
      return "message";
  }
  return "dialled";
}

Result<DialGate::Place, CallFailure> DialGate::pass(const Request& request, Time now) {
  Usage& user = usage_of(users_, request.user);
  Usage& trunk = usage_of(trunks_, request.trunk.name);
  const bool is_emergency = request.call != nullptr
                                ? request.call->is_emergency()
                                : std::ranges::count(policy_.emergency, request.number) > 0;
  const bool is_message = request.way == DialWay::Message;
  const bool wants_place = request.call == nullptr && !is_message;
  if (is_emergency) {
    Place place = wants_place ? take(user, trunk, limits::kCallLength) : Place();
    place.is_emergency_ = true;
    return place;
  }
  if (!is_allowed(request)) return std::unexpected(CallFailure::ForbiddenDestination);
  if (request.call != nullptr) return Place();
  const DialRules& user_rules = policy_.user;
  const DialRules& trunk_rules = request.trunk.dial;
  std::deque<Time>& of_user = is_message ? user.messages : user.begun;
  std::deque<Time>& of_trunk = is_message ? trunk.messages : trunk.begun;
  if (!has_turn(of_user, user_rules.calls_a_minute, now) ||
      !has_turn(of_trunk, trunk_rules.calls_a_minute, now)) {
    return std::unexpected(CallFailure::TooManyCallsAMinute);
  }
  auto place = wants_place ? admit(request.user, request.trunk) : Place();
  if (!place) return place;
  if (user_rules.calls_a_minute) of_user.push_back(now);
  if (trunk_rules.calls_a_minute) of_trunk.push_back(now);
  return place;
}

// Every reading of the number has to be allowed, by the user's rules and by the trunk's.
bool DialGate::is_allowed(const Request& request) const {
  const auto destinations = destinations_of(request.number, request.trunk.number_plan);
  return !destinations.empty() && std::ranges::all_of(destinations, [&](const std::string& to) {
    return policy_.user.allows(to) && request.trunk.dial.allows(to);
  });
}

Result<DialGate::Place, CallFailure> DialGate::admit(std::string_view user_name,
                                                     const TrunkConfig& trunk_config) {
  Usage& user = usage_of(users_, user_name);
  Usage& trunk = usage_of(trunks_, trunk_config.name);
  if (!is_below(user.calls, policy_.user.calls_at_once)) {
    return std::unexpected(CallFailure::TooManyCallsOfUser);
  }
  if (calls_ >= policy_.max_calls || !is_below(trunk.calls, trunk_config.dial.calls_at_once)) {
    return std::unexpected(CallFailure::TooManyCalls);
  }
  return take(user, trunk,
              std::min({policy_.user.longest_call, trunk_config.dial.longest_call,
                        Duration(limits::kCallLength)}));
}

DialGate::Place DialGate::take(Usage& user, Usage& trunk, Duration longest_call) {
  ++calls_;
  ++user.calls;
  ++trunk.calls;
  Place place;
  place.gate_ = this;
  place.user_ = &user;
  place.trunk_ = &trunk;
  place.longest_call_ = longest_call;
  return place;
}

DialGate::Place::~Place() {
  if (gate_ == nullptr) return;
  OFFHOOK_ASSERT(gate_->calls_ > 0 && user_->calls > 0 && trunk_->calls > 0);
  --gate_->calls_;
  --user_->calls;
  --trunk_->calls;
}

void DialGate::Place::swap(Place& other) noexcept {
  std::swap(gate_, other.gate_);
  std::swap(user_, other.user_);
  std::swap(trunk_, other.trunk_);
  std::swap(longest_call_, other.longest_call_);
  std::swap(is_emergency_, other.is_emergency_);
}

}  // namespace offhook::call
