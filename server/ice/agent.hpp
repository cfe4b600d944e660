#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "ice/stun.hpp"

namespace offhook::ice {

struct Credentials {
  std::string ufrag;  // 4 to 256 characters of ice-char
  std::string pwd;    // 22 to 256 characters of ice-char
  // 8 and 32 characters from `random`: 32 bits to find the agent by, and no less than the 128 bits
  // that RFC 8445 5.3 asks for the password.
  [[nodiscard]] static Credentials make(Random& random);
};

// No authenticated check for this long: the browser is away, and may come back.
inline constexpr Duration kConsentDoubt = std::chrono::seconds(6);
// RFC 7675 5.1: consent is lost after 30 s.
inline constexpr Duration kConsentLost = std::chrono::seconds(30);
// How long a remote address stays receivable after its last check, or after the selected pair moved
// away from it.
inline constexpr Duration kReceivableFor = std::chrono::seconds(5);
// The largest answer that handle() writes.
inline constexpr std::size_t kMaxStunResponseBytes = 128;

// The remote address that media and DTLS go to from now on.
struct PairSelected {
  Endpoint remote;
};
struct Disconnected {};  // no authenticated check for kConsentDoubt
struct Reconnected {};   // one came after all
struct TimedOut {
};  // none for kConsentLost, also when none ever came after set_remote(); the last output
using AgentOutput = std::variant<PairSelected, Disconnected, Reconnected, TimedOut>;

// The lite side of ICE (RFC 8445 2.5): it answers checks and never sends one, and is always the
// controlled side, since browsers are full agents (RFC 8445 6.1.1). Role conflicts are detected by
// full agents only (7.3.1.1): there is no 487.
//
// | authenticated check                     | what happens                                     |
// |-----------------------------------------|--------------------------------------------------|
// | the first one                           | PairSelected; DTLS may start: a ClientHello of   |
// |                                         | Chromium precedes its first USE-CANDIDATE        |
// | USE-CANDIDATE, another address          | PairSelected; the old one is receivable 5 s more |
// | no USE-CANDIDATE, another address       | answered and receivable for 5 s, not selected    |
// | known transaction id, another address   | dropped: it was overheard and is replayed        |
// | unknown required attribute              | 420, nothing else                                |
// | none for 6 s                            | Disconnected; with the next one, Reconnected     |
// | none for 30 s                           | TimedOut, and no answers any more                |
// | without valid credentials               | 400 or 401, never longer than the request        |
class IceLiteAgent {
 public:
  // Checks are answered from here on: our password is all that integrity needs, and the browser's
  // checks may be here before its SDP is.
  explicit IceLiteAgent(Credentials local);

  [[nodiscard]] const Credentials& local() const { return local_; }
  [[nodiscard]] const std::optional<Credentials>& remote() const { return remote_; }
  // The clock of TimedOut starts here. Calling it again with other credentials is an ICE restart of
  // the far side only; it changes nothing else.
  void set_remote(Credentials remote, Time now);

  // One STUN message with USERNAME for local().ufrag (or any: others are refused). Returns what to
  // send to `source`, written into `response` (kMaxStunResponseBytes or more); empty: nothing.
  [[nodiscard]] ByteView handle(const StunMessage& message, const Endpoint& source, Time now,
                                MutableByteView response);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<AgentOutput> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;

  // Where to send; nullopt until the first authenticated check.
  [[nodiscard]] const std::optional<Endpoint>& selected() const { return selected_; }
  // Whether DTLS and SRTP from this address may be looked at: the selected one, or one receivable
  // as said above.
  [[nodiscard]] bool accepts_from(const Endpoint& source, Time now) const;

 private:
  static constexpr std::size_t kReceivableAddresses = 4;
  static constexpr std::size_t kRememberedTransactions = 32;

  struct Receivable {
    Endpoint remote;
    Time until{};
  };
  struct Transaction {
    TransactionId id{};
    Endpoint source;
    bool operator==(const Transaction&) const = default;
  };

  // Remembers a new transaction; true where its id was used from another address.
  [[nodiscard]] bool is_replayed(const Transaction& transaction);
  void keep_receivable(const Endpoint& remote, Time until);
  void select(const Endpoint& remote, Time now);
  void authenticated(const StunMessage& request, const Endpoint& source, Time now);

  Credentials local_;
  std::optional<Credentials> remote_;
  std::optional<Endpoint> selected_;
  std::array<Receivable, kReceivableAddresses> receivable_{};
  std::array<Transaction, kRememberedTransactions> transactions_{};
  std::size_t transaction_count_ = 0;  // ever seen; the ring's position
  std::optional<Time> last_check_;
  std::optional<Time> waiting_since_;  // set_remote()
  bool disconnected_ = false;
  bool timed_out_ = false;
  // At most one PairSelected and one change of consent are pending between two drains.
  std::optional<PairSelected> pair_output_;
  std::optional<AgentOutput> consent_output_;
};

}  // namespace offhook::ice
