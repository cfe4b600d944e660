#include "sip/session_timer.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/limits.hpp"

namespace offhook::sip {
namespace {

using std::chrono::seconds;
using Refresher = SessionExpires::Refresher;

constexpr std::string_view kTimer = "timer";
// RFC 4028 4 and 5: what is shorter is a mistake, or wants us to send requests all the time.
constexpr seconds kShortest{90};
constexpr seconds kMargin{32};  // RFC 4028 10

bool knows_timers(const Headers& headers) {
  return std::ranges::find(headers.supported, kTimer) != headers.supported.end();
}

void add_timer(std::vector<std::string>& options) {
  if (std::ranges::find(options, kTimer) == options.end()) options.emplace_back(kTimer);
}

}  // namespace

void SessionTimer::write_request(Headers& headers) const {
  add_timer(headers.supported);
  headers.min_se = their_min_;
  const bool is_refresh = state_ != State::Off;
  if (!is_refresh && !policy_.asks) return;
  headers.session_expires = {.interval = std::max(is_refresh ? interval_ : policy_.interval,
                                                  their_min_.value_or(kShortest)),
                             // At first the other side chooses; later it stays as it is (7.1, 7.4).
                             .refresher = !is_refresh                 ? Refresher::Unnamed
                                          : state_ == State::Watching ? Refresher::Uas
                                                                      : Refresher::Uac};
}

void SessionTimer::handle_success(const Headers& response, Time now) {
  raised_ = 0;
  if (!response.session_expires) return stop();
  // Where nobody is named, a refresh too many harms nobody.
  start(response.session_expires->refresher == Refresher::Uas ? State::Watching : State::Refreshing,
        response.session_expires->interval, now);
}

bool SessionTimer::handle_too_small(const Headers& response) {
  if (!response.min_se || raised_ == limits::kSessionTimerRaises) return false;
  ++raised_;
  their_min_ = std::max(*response.min_se, their_min_.value_or(kShortest));
  return true;
}

void SessionTimer::handle_refused(Time now) {
  if (state_ != State::Waiting) return;
  state_ = State::Refreshing;
  const Duration pause = (ends_at_ - now) / 2;
  due_at_.reset();
  if (pause >= kMargin) due_at_ = now + pause;
}

std::optional<seconds> SessionTimer::too_small(const Headers& request) const {
  // Who knows no timers would not know what the 422 wants: the field is a proxy's.
  const bool is = request.session_expires && request.session_expires->interval < policy_.least &&
                  knows_timers(request);
  return is ? std::optional(policy_.least) : std::nullopt;
}

// The table of RFC 4028 9. As long as nobody is named, it is we who refresh.
void SessionTimer::write_answer(const Headers& request, Headers& response, Time now) {
  const auto& asked = request.session_expires;
  const bool knows = knows_timers(request);
  add_timer(response.supported);
  if (!asked && !(knows && (policy_.asks || state_ != State::Off))) return stop();

  const seconds shortest = std::max(kShortest, request.min_se.value_or(kShortest));
  const seconds wanted = asked ? std::min(asked->interval, policy_.interval) : policy_.interval;
  Refresher refresher = asked ? asked->refresher : Refresher::Unnamed;
  if (refresher == Refresher::Unnamed && state_ == State::Watching) refresher = Refresher::Uac;
  if (refresher == Refresher::Unnamed || !knows) refresher = Refresher::Uas;
  response.session_expires = {.interval = std::max(wanted, shortest), .refresher = refresher};
  if (knows) add_timer(response.require);
  start(refresher == Refresher::Uas ? State::Refreshing : State::Watching,
        response.session_expires->interval, now);
}

SessionTimer::Due SessionTimer::handle_timeout(Time now) {
  if (!is_due(due_at_, now)) return Due::Nothing;
  if (state_ == State::Refreshing) {
    state_ = State::Waiting;
    due_at_ = ends_at_;
    return Due::Refresh;
  }
  stop();
  return Due::Expired;
}

void SessionTimer::start(State state, seconds interval, Time now) {
  state_ = state;
  interval_ = std::max(interval, kShortest);
  ends_at_ = now + interval_;
  const Duration margin = std::min<Duration>(kMargin, Duration(interval_) / 3);
  due_at_ = state == State::Refreshing ? now + Duration(interval_) / 2 : ends_at_ - margin;
}

void SessionTimer::stop() {
  state_ = State::Off;
  due_at_.reset();
}

}  // namespace offhook::sip
