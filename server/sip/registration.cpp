#include "sip/registration.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace offhook::sip {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFirstRetry = 2s;
constexpr Duration kLongestRetry = 5min;
// What a provider may ask of us is bounded, so that no answer of its can silence a trunk for good.
constexpr Duration kLongestRetryAfter = 1h;
constexpr std::chrono::seconds kLongestExpires = 24h;
constexpr Duration kShortestRefresh = 5s;
// A REGISTER, its challenge, a stale nonce, a 423 and a challenge again; more is a provider that
// never stops asking.
constexpr unsigned kRequestsPerAttempt = 6;
constexpr std::uint8_t kMaxForwards = 70;  // RFC 3261 8.1.1.6

constexpr std::string_view kRefused = "the provider refused the user name or password";

std::optional<std::chrono::seconds> expires_of(const NameAddress& contact) {
  const auto value = contact.parameters.get("expires");
  const auto seconds = value ? parse_decimal<std::uint32_t>(*value) : std::nullopt;
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

}  // namespace

Registration::Registration(Config config, Random& random)
    : config_(std::move(config)),
      random_(random),
      expires_(config_.expires),
      from_tag_(random.hex(8)) {}

void Registration::start(Time) {
  if (state_ != State::Idle && state_ != State::Stopped) return;
  failures_ = 0;
  begin(State::Registering);
}

void Registration::stop(Time) {
  if (state_ == State::Unregistering || state_ == State::Stopped) return;
  if (in_flight_) {
    state_ = State::Unregistering;
  } else {
    unregister();
  }
}

void Registration::handle_timeout(Time now) {
  if (!is_due(deadline_, now)) return;
  begin(State::Registering);
}

std::optional<Registration::Output> Registration::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

void Registration::begin(State state) {
  state_ = state;
  deadline_.reset();
  requests_ = 0;
  credentials_.reset();
  unregistering_ = state == State::Unregistering;
  send();
}

void Registration::unregister() {
  if (bound_) {
    begin(State::Unregistering);
  } else {
    deadline_.reset();
    enter(State::Stopped);
  }
}

void Registration::send() {
  Request request;
  request.method = Method::Register;
  request.uri = config_.registrar;
  Headers& headers = request.headers;
  headers.from = config_.aor;
  headers.from.set_tag(from_tag_);
  headers.to = config_.aor;
  headers.call_id = config_.call_id;
  headers.cseq = {++cseq_, Method::Register, {}};
  headers.max_forwards = kMaxForwards;
  headers.contact = {config_.contact};
  headers.expires = unregistering_ ? 0s : expires_;
  headers.user_agent = config_.user_agent;
  if (credentials_)
    (for_proxy_ ? headers.proxy_authorization : headers.authorization) = {*credentials_};
  ++requests_;
  in_flight_ = true;
  outputs_.emplace_back(SendRegister{std::move(request)});
}

void Registration::handle(const Response& response, Time now) {
  if (!in_flight_ || !response.is_final() || response.headers.cseq.number != cseq_) return;
  in_flight_ = false;
  const bool stopping = state_ == State::Unregistering;
  if (stopping && !unregistering_) {  // stopped while this request was under way
    bound_ = bound_ || response.is_success();
    return unregister();
  }
  if (stopping && response.is_success()) {
    bound_ = false;
    return enter(State::Stopped);
  }
  if (response.is_success()) return handle_success(response, now);
  if (response.status == 401 || response.status == 407) return handle_challenge(response, now);
  if (response.status == 423) return handle_too_brief(response, now);
  handle_failure(response, now);
}

void Registration::handle_success(const Response& response, Time now) {
  const std::chrono::seconds expires = granted(response.headers);
  if (expires == 0s) return fail("the provider keeps no binding for us", Retry::BackOff, 0s, now);
  bound_ = true;
  failures_ = 0;
  deadline_ = now + std::max(part_of(expires, 80, 90), kShortestRefresh);
  enter(State::Registered);
}

// The expiry of our binding. The provider may have rewritten our Contact to the address it saw:
// then all bindings of the account count, and the one that ends first decides.
std::chrono::seconds Registration::granted(const Headers& headers) const {
  std::optional<std::chrono::seconds> least;
  for (const NameAddress& contact : headers.contact) {
    const auto expires = expires_of(contact);
    if (!expires) continue;
    if (contact.uri.equivalent(config_.contact.uri)) {
      least = expires;
      break;
    }
    least = std::min(least.value_or(*expires), *expires);
  }
  return std::min(least.value_or(headers.expires.value_or(expires_)), kLongestExpires);
}

// A challenge is answered once. A second one means that the answer was wrong, unless it says that
// only the nonce is too old.
void Registration::handle_challenge(const Response& response, Time now) {
  for_proxy_ = response.status == 407;
  const auto& challenges =
      for_proxy_ ? response.headers.proxy_authenticate : response.headers.www_authenticate;
  const bool fresh =
      !credentials_ || std::ranges::any_of(challenges, [&](const Challenge& challenge) {
        return challenge.stale && challenge.nonce != credentials_->nonce;
      });
  if (!fresh) return fail(std::string(kRefused), Retry::Slow, 0s, now);
  if (requests_ >= kRequestsPerAttempt) {
    return fail("the provider keeps asking for credentials", Retry::Slow, 0s, now);
  }
  auto credentials = answer_challenge(challenges, config_.account, to_string(Method::Register),
                                      config_.registrar.to_string(), 1, random_);
  if (!credentials) return fail(std::move(credentials.error().message), Retry::Slow, 0s, now);
  credentials_ = std::move(*credentials);
  send();
}

void Registration::handle_too_brief(const Response& response, Time now) {
  const auto least = response.headers.min_expires.value_or(0s);
  if (unregistering_ || least <= expires_ || least > kLongestExpires ||
      requests_ >= kRequestsPerAttempt) {
    return handle_failure(response, now);
  }
  expires_ = least;
  credentials_.reset();
  send();
}

void Registration::handle_failure(const Response& response, Time now) {
  if (response.status == 408) return fail("the provider does not answer", Retry::BackOff, 0s, now);
  // 403 and 404 do not pass by themselves, and asking often gets the address banned; but the
  // account may be put right.
  const bool refused = response.status == 403 || response.status == 404;
  const Duration wanted = response.headers.retry_after ? response.headers.retry_after->delay : 0s;
  fail("the provider answered " + std::to_string(response.status) + " " +
           safe_text(response.reason_phrase),
       refused ? Retry::Slow : Retry::BackOff, std::min(wanted, kLongestRetryAfter), now);
}

void Registration::fail(std::string reason, Retry retry, Duration at_least, Time now) {
  if (state_ == State::Unregistering) {
    bound_ = false;
    return enter(State::Stopped, std::move(reason));
  }
  Duration bound = kLongestRetry;
  if (retry == Retry::BackOff) {
    constexpr unsigned kDoublings = 8;  // 2 s, 4 s, ... beyond 5 min
    bound = std::min(kFirstRetry * (1U << std::min(failures_, kDoublings)), kLongestRetry);
  }
  ++failures_;
  // RFC 5626 4.5: 50 to 100 %, so that the trunks of all gateways do not come back at one moment.
  const Duration delay = part_of(bound, 50, 100) + at_least;
  deadline_ = now + delay;
  enter(State::Waiting, std::move(reason), delay);
}

Duration Registration::part_of(Duration whole, unsigned from_percent, unsigned to_percent) {
  constexpr std::uint64_t kSteps = 1'000;
  const auto step = static_cast<std::int64_t>(random_.below(kSteps + 1));
  return whole * from_percent / 100 + whole * (to_percent - from_percent) / 100 / kSteps * step;
}

void Registration::enter(State state, std::string reason, std::optional<Duration> retry_in) {
  state_ = state;
  outputs_.emplace_back(StateChanged{state, std::move(reason), retry_in});
}

}  // namespace offhook::sip
