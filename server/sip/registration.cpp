#include "sip/registration.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace offhook::sip {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFirstRetry = 2s;
constexpr Duration kLongestRetry = 5min;
// What a provider may ask of us is bounded, so that no answer of its can silence a trunk for good.
constexpr std::chrono::seconds kLongestRetryAfter = 1h;
constexpr std::chrono::seconds kLongestExpires = 24h;
constexpr Duration kShortestRefresh = 5s;
// A REGISTER, its challenge, a stale nonce, a 423 and a challenge again; more is a provider that
// never stops asking.
constexpr unsigned kRequestsPerAttempt = 6;
constexpr std::uint8_t kMaxForwards = 70;  // RFC 3261 8.1.1.6

// How often a new address of ours is believed: NATs exist that change the port with each request.
constexpr Duration kFirstLearnPause = 1min;
constexpr Duration kLongestLearnPause = 1h;
constexpr std::uint16_t kSipPort = 5060;

std::optional<std::chrono::seconds> expires_of(const NameAddress& contact) {
  const auto value = contact.parameters.get("expires");
  const auto seconds = value ? parse_decimal<std::uint32_t>(*value) : std::nullopt;
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

std::optional<Endpoint> endpoint_of(const Uri& uri) {
  const auto address = IpAddress::parse(uri.host);
  if (!address) return std::nullopt;
  return Endpoint{*address, uri.port.value_or(kSipPort)};
}

// Where our request came from, as the far end says in our own Via (RFC 3261 18.2.1, RFC 3581 4);
// nullopt where it says nothing.
std::optional<Endpoint> seen_address(const Response& response) {
  if (response.headers.via.empty()) return std::nullopt;
  const Via& via = response.headers.via.front();
  const auto received = via.parameters.get("received");
  const auto rport = via.parameters.get("rport");
  if (!received && !rport) return std::nullopt;
  const auto address = IpAddress::parse(received.value_or(via.host));
  const auto port = rport ? parse_decimal<std::uint16_t>(*rport) : via.port.value_or(kSipPort);
  if (!address || address->is_unspecified() || !port || *port == 0) return std::nullopt;
  return Endpoint{*address, *port};
}

void set_address(Uri& uri, const Endpoint& endpoint) {
  const std::string host = endpoint.address.to_string();
  uri.host = endpoint.address.is_v6() ? "[" + host + "]" : host;
  uri.port = endpoint.port;
}

// Nobody answered, nothing could be sent there, or it wants us elsewhere: RFC 3263 4.3.
bool asks_for_failover(std::uint16_t status) { return status == 408 || status == 503; }

}  // namespace

Registration::Registration(Config config, Random& random)
    : config_(std::move(config)),
      random_(random),
      digest_(config_.account, config_.realm),
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
  digest_.begin_attempt();
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
  if (former_contact_) {
    headers.contact.push_back(*former_contact_);
    headers.contact.back().parameters.set("expires", "0");
  }
  headers.expires = unregistering_ ? 0s : expires_;
  headers.user_agent = config_.user_agent;
  digest_.write(headers);
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
  if (!stopping && !asks_for_failover(response.status)) outputs_.emplace_back(ServerAnswered{});
  if (response.is_success()) return handle_success(response, now);
  if (!stopping) learn_address(response, now);
  if (response.status == 401 || response.status == 407) return handle_challenge(response, now);
  if (response.status == 423) return handle_too_brief(response, now);
  handle_failure(response, now);
}

void Registration::handle_moved(Uri registrar, NameAddress aor, NameAddress contact, Time) {
  if (state_ == State::Unregistering) return;
  if (!registrar.equivalent(config_.registrar)) {
    bound_ = false;  // what the old registrar holds ends with its expiry
    former_contact_.reset();
  } else if (bound_ && !contact.uri.equivalent(config_.contact.uri)) {
    former_contact_ = config_.contact;
  }
  config_.registrar = std::move(registrar);
  config_.aor = std::move(aor);
  config_.contact = std::move(contact);
  learn_again_at_.reset();
  digest_.handle_moved();
  if (state_ != State::Idle && state_ != State::Stopped) begin(State::Registering);
}

void Registration::handle_no_server(std::string reason, Time) {
  if (state_ == State::Idle || state_ == State::Stopped) return;
  in_flight_ = false;
  deadline_.reset();
  if (state_ == State::Unregistering) bound_ = false;
  enter(state_ == State::Unregistering ? State::Stopped : State::Waiting, std::move(reason));
}

void Registration::handle_success(const Response& response, Time now) {
  digest_.handle_success();
  former_contact_.reset();
  const std::chrono::seconds expires = granted(response);
  if (expires == 0s) return fail("the provider keeps no binding for us", Retry::BackOff, 0s, now);
  bound_ = true;
  failures_ = 0;
  deadline_ = now + std::max(part_of(expires, 80, 90), kShortestRefresh);
  enter(State::Registered);
  if (learn_address(response, now)) begin(State::Registering);
}

bool Registration::learn_address(const Response& response, Time now) {
  const auto seen = seen_address(response);
  const auto ours = endpoint_of(config_.contact.uri);
  if (!seen || !ours || (learn_again_at_ && now < *learn_again_at_)) return false;
  if (seen == ours) {
    learn_again_at_.reset();
    return false;
  }
  learn_pause_ =
      learn_again_at_ ? std::min(2 * learn_pause_, kLongestLearnPause) : kFirstLearnPause;
  learn_again_at_ = now + learn_pause_;
  if (bound_) former_contact_ = config_.contact;
  set_address(config_.contact.uri, *seen);
  outputs_.emplace_back(AddressLearned{*seen});
  return true;
}

// The expiry of our binding, which the provider may have rewritten to the address that it saw. Where
// none of the bindings is recognised as ours, the one that ends first decides.
std::chrono::seconds Registration::granted(const Response& response) const {
  const auto seen = seen_address(response);
  const Uri& ours = config_.contact.uri;
  const auto otherwise = response.headers.expires.value_or(expires_);
  std::optional<std::chrono::seconds> least;
  for (const NameAddress& contact : response.headers.contact) {
    const auto expires = expires_of(contact);
    const bool is_rewritten =
        seen && contact.uri.user == ours.user && endpoint_of(contact.uri) == seen;
    if (is_rewritten || contact.uri.equivalent(ours)) {
      return std::min(expires.value_or(otherwise), kLongestExpires);
    }
    if (expires) least = std::min(least.value_or(*expires), *expires);
  }
  return std::min(least.value_or(otherwise), kLongestExpires);
}

void Registration::handle_challenge(const Response& response, Time now) {
  if (requests_ >= kRequestsPerAttempt) {
    return fail("the provider keeps asking for credentials", Retry::Slow, 0s, now);
  }
  const auto answered =
      digest_.answer(response, to_string(Method::Register), config_.registrar.to_string(), random_);
  if (!answered) return fail(answered.error().message, Retry::Slow, 0s, now);
  send();
}

void Registration::handle_too_brief(const Response& response, Time now) {
  const auto least = response.headers.min_expires.value_or(0s);
  if (unregistering_ || least <= expires_ || least > kLongestExpires ||
      requests_ >= kRequestsPerAttempt) {
    return handle_failure(response, now);
  }
  expires_ = least;
  digest_.begin_attempt();
  send();
}

void Registration::handle_failure(const Response& response, Time now) {
  // 403 and 404 do not pass by themselves, and asking often gets the address banned; but the
  // account may be put right.
  const bool refused = response.status == 403 || response.status == 404;
  std::string reason = "does not answer";
  if (response.status != 408) {
    reason =
        "answered " + std::to_string(response.status) + " " + safe_text(response.reason_phrase);
  }
  std::optional<std::chrono::seconds> wanted;
  if (response.headers.retry_after) {
    wanted = std::min(response.headers.retry_after->delay, kLongestRetryAfter);
    reason += " and asks to wait for " + std::to_string(wanted->count()) + " s";
  }
  fail("the provider " + reason, refused ? Retry::Slow : Retry::BackOff, wanted.value_or(0s), now);
  if (state_ == State::Waiting && asks_for_failover(response.status)) {
    outputs_.emplace_back(ServerFailed{std::move(reason), wanted});
  }
}

void Registration::fail(std::string reason, Retry retry, Duration at_least, Time now) {
  former_contact_.reset();  // a registrar may refuse two Contacts
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
