#include "ice/agent.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace offhook::ice {

namespace {

constexpr std::size_t kMaxUnknownAttributes = 8;

ByteView unauthenticated_error(const StunMessage& request, int code, std::string_view reason,
                               MutableByteView response) {
  const ByteView answer =
      StunBuilder(response, StunClass::Error, request.method(), request.transaction_id())
          .add_error_code(code, reason)
          .finish_without_integrity();
  // Whoever lies about its address must not get more out of us than it puts in.
  return answer.size() <= request.size() ? answer : ByteView{};
}

}  // namespace

Credentials Credentials::make(Random& random) {
  return {.ufrag = random.hex(4), .pwd = random.hex(16)};
}

IceLiteAgent::IceLiteAgent(Credentials local) : local_(std::move(local)) {}

void IceLiteAgent::set_remote(Credentials remote, Time now) {
  remote_ = std::move(remote);
  if (!waiting_since_) waiting_since_ = now;
}

void IceLiteAgent::restart(Credentials local, Time now) {
  // A second restart before the first was used: the browser has its answer and forgets the one in
  // between, while what is selected is still checked under the former.
  if (!former_accepted_) former_ = std::move(local_);
  former_accepted_ = true;
  local_ = std::move(local);
  waiting_since_ = now;
}

ByteView IceLiteAgent::handle(const StunMessage& message, const Path& path, Time now,
                              MutableByteView response) {
  OFFHOOK_ASSERT(response.size() >= kMaxStunResponseBytes);
  // A lite agent sends no request, so there is no answer to expect; indications need none (RFC 8445
  // 11).
  if (message.message_class() != StunClass::Request || message.method() != kBindingMethod ||
      timed_out_) {
    return {};
  }
  // RFC 8489 9.1.3
  if (!message.has(attribute::kUsername) || !message.has(attribute::kMessageIntegrity)) {
    return unauthenticated_error(message, 400, "Bad Request", response);
  }
  const Credentials* credentials = authenticate(message);
  if (credentials == nullptr) return unauthenticated_error(message, 401, "Unauthorized", response);
  const ByteView key = as_bytes(credentials->pwd);
  const Transaction transaction{.id = message.transaction_id(), .path = path};
  if (is_replayed(transaction)) return {};

  std::array<std::uint16_t, kMaxUnknownAttributes> unknown{};
  if (const std::size_t count = message.unknown_required(unknown); count > 0) {
    std::array<std::uint8_t, 2 * kMaxUnknownAttributes> list{};
    for (std::size_t i = 0; i < count; ++i) store_u16(list.data() + 2 * i, unknown[i]);
    return StunBuilder(response, StunClass::Error, kBindingMethod, transaction.id)
        .add_error_code(420, "Unknown Attribute")
        .add(attribute::kUnknownAttributes, ByteView(list).first(2 * count))
        .finish(key);
  }
  if (message.has(attribute::kIceControlled)) {
    return StunBuilder(response, StunClass::Error, kBindingMethod, transaction.id)
        .add_error_code(487, "Role Conflict")
        .finish(key);
  }
  const ByteView answer = StunBuilder(response, StunClass::Success, kBindingMethod, transaction.id)
                              .add_xor_mapped_address(path.remote)
                              .finish(key);
  if (credentials == &local_) former_accepted_ = false;
  authenticated(message, path, now);
  return answer;
}

const Credentials* IceLiteAgent::authenticate(const StunMessage& message) const {
  const auto holds = [&](const Credentials& credentials) {
    return message.target_ufrag() == credentials.ufrag &&
           message.has_valid_integrity(as_bytes(credentials.pwd));
  };
  if (holds(local_)) return &local_;
  return former_accepted_ && holds(*former_) ? &*former_ : nullptr;
}

bool IceLiteAgent::is_replayed(const Transaction& transaction) {
  const std::size_t known = std::min(transaction_count_, transactions_.size());
  const auto end = transactions_.begin() + static_cast<std::ptrdiff_t>(known);
  const auto seen = std::find_if(transactions_.begin(), end,
                                 [&](const Transaction& old) { return old.id == transaction.id; });
  if (seen != end) return *seen != transaction;
  transactions_[transaction_count_ % transactions_.size()] = transaction;
  ++transaction_count_;
  return false;
}

void IceLiteAgent::authenticated(const StunMessage& request, const Path& path, Time now) {
  last_check_ = now;
  if (disconnected_) {
    disconnected_ = false;
    consent_output_ = Reconnected{};
  }
  keep_receivable(path, now + kReceivableFor);
  if (!selected_ || request.has(attribute::kUseCandidate)) select(path, now);
}

void IceLiteAgent::select(const Path& path, Time now) {
  if (selected_ == path) return;
  if (selected_) keep_receivable(*selected_, now + kReceivableFor);
  selected_ = path;
  pair_output_ = PairSelected{path};
}

void IceLiteAgent::keep_receivable(const Path& path, Time until) {
  // The entry that ends first makes room: browsers check from a handful of addresses at most.
  auto entry = std::ranges::find(receivable_, path, &Receivable::path);
  if (entry == receivable_.end()) {
    entry = std::ranges::min_element(receivable_, {}, &Receivable::until);
  }
  *entry = {.path = path, .until = until};
}

bool IceLiteAgent::accepts_from(const Path& path, Time now) const {
  if (selected_ == path) return true;
  const auto entry = std::ranges::find(receivable_, path, &Receivable::path);
  return entry != receivable_.end() && now < entry->until;
}

void IceLiteAgent::handle_timeout(Time now) {
  while (is_due(next_timeout(), now)) {
    if (last_check_ && !disconnected_ && now < *lost_at()) {
      disconnected_ = true;
      consent_output_ = Disconnected{};
    } else {
      timed_out_ = true;
      consent_output_ = TimedOut{};
    }
  }
}

// Who restarts has just spoken by way of signalling, and is given the time that a new browser has.
std::optional<Time> IceLiteAgent::lost_at() const {
  const auto since = std::max(last_check_, waiting_since_);
  return since ? std::optional(*since + kConsentLost) : std::nullopt;
}

std::optional<Time> IceLiteAgent::next_timeout() const {
  if (timed_out_) return std::nullopt;
  if (last_check_ && !disconnected_) return *last_check_ + kConsentDoubt;
  return lost_at();
}

std::optional<AgentOutput> IceLiteAgent::poll_output() {
  if (pair_output_) return *std::exchange(pair_output_, std::nullopt);
  return std::exchange(consent_output_, std::nullopt);
}

}  // namespace offhook::ice
