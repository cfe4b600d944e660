#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "ice/path.hpp"
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
// How long a path stays receivable after its last check, or after the selected pair moved away from
// it.
inline constexpr Duration kReceivableFor = std::chrono::seconds(5);
// The largest answer that handle() writes.
inline constexpr std::size_t kMaxStunResponseBytes = 128;

// Where media and DTLS go from now on.
struct PairSelected {
  Path path;
};
struct Disconnected {};  // no authenticated check for kConsentDoubt
struct Reconnected {};   // one came after all
struct TimedOut {
};  // none for kConsentLost, also when none ever came after set_remote(); the last output
using AgentOutput = std::variant<PairSelected, Disconnected, Reconnected, TimedOut>;

// The lite side of ICE (RFC 8445 2.5): it answers checks and never sends one, so what others check
// is all it knows of a pair, and of their consent (RFC 7675) as well. It is always controlled
// (RFC 8445 6.1.1), and has no tie-breaker to lose by: who claims to be controlled too is told 487
// and takes the other role (7.2.5.1), or it would never nominate.
//
// New: no pair yet; Live: a pair is selected; Away: and not checked for kConsentDoubt; Lost: the end.
//
//   state     | authenticated check, or time              | next | what happens                                     | test
//   New       | the first check, nominating or not        | Live | PairSelected: Chromium's ClientHello may precede | SelectsTheFirstCheckedPathBeforeTheRemoteIsKnown
//             |                                           |      | its first USE-CANDIDATE                          |
//   Live      | USE-CANDIDATE on another path             | Live | PairSelected; the old one is receivable 5 s more | MovesOnUseCandidateAndKeepsTheOldPairReceivableForFiveSeconds
//   Live      | no USE-CANDIDATE, another path            | Live | answered and receivable for 5 s, not selected    | StaysWithoutUseCandidateButReceivesFromTheCheckedPath
//   Live      | known transaction id, another path        | Live | dropped: it was overheard and is replayed        | RefusesAnOverheardCheckFromAnotherAddress
//   any       | unknown required attribute                | same | 420, nothing else                                | AnswersAnUnknownRequiredAttributeWith420
//   any       | ICE-CONTROLLED                            | same | 487, nothing else                                | TellsAControlledPeerToControlAndBelievesNothingElseOfIt
//   any       | without valid credentials                 | same | 400 or 401, never longer than the request        | AnswersAWrongPasswordWith401AndChangesNothing
//   Live      | restart()                                 | Live | both credentials hold, the pair stays            | KeepsThePairAndBothCredentialsAfterARestart
//   Live      | after restart(), under the new            | Live | the old credentials are refused from here on     | ForgetsTheOldCredentialsWithTheFirstCheckUnderTheNew
//             | credentials                               |      |                                                  |
//   Live      | none for 6 s                              | Away | Disconnected                                     | DisconnectsAfterSixSecondsWithoutACheckAndReconnectsOnTheNext
//   Away      | any check                                 | Live | Reconnected                                      | ReconnectsWithTheNextCheckOnAnyPath
//   Away      | restart()                                 | Away | 30 s more                                        | WaitsThirtySecondsMoreForABrowserThatRestartedWhileAway
//   Away      | none for 30 s                             | Lost | TimedOut, and no answers any more                | TimesOutAfterThirtySecondsWithoutACheck
class IceLiteAgent {
 public:
  // Checks are answered from here on: our password is all that integrity needs, and the browser's
  // checks may be here before its SDP is.
  explicit IceLiteAgent(Credentials local);

  // The newest, which is what the next SDP says.
  [[nodiscard]] const Credentials& local() const { return local_; }
  // What local() was before the last restart(), accepted or not any more.
  [[nodiscard]] const std::optional<Credentials>& former() const { return former_; }
  [[nodiscard]] const std::optional<Credentials>& remote() const { return remote_; }
  // The clock of TimedOut starts here.
  void set_remote(Credentials remote, Time now);
  // The far side restarts ICE, and our answer changes our credentials too (RFC 8445 9, RFC 8839
  // 4.4.1.1). The old ones are accepted, and media flows as it did, until the first check under
  // these.
  void restart(Credentials local, Time now);

  // One STUN message with USERNAME for local().ufrag (or any: others are refused). Returns what to
  // send back on `path`, written into `response` (kMaxStunResponseBytes or more); empty: nothing.
  [[nodiscard]] ByteView handle(const StunMessage& message, const Path& path, Time now,
                                MutableByteView response);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<AgentOutput> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;

  // Where to send; nullopt until the first authenticated check.
  [[nodiscard]] const std::optional<Path>& selected() const { return selected_; }
  // Whether DTLS and SRTP that came this way may be looked at: the selected one, or one receivable
  // as said above.
  [[nodiscard]] bool accepts_from(const Path& path, Time now) const;

 private:
  static constexpr std::size_t kReceivablePaths = 4;
  static constexpr std::size_t kRememberedTransactions = 32;

  struct Receivable {
    Path path;
    Time until{};
  };
  struct Transaction {
    TransactionId id{};
    Path path;
    bool operator==(const Transaction&) const = default;
  };

  // Whose password made the message's integrity; nullptr: nobody's.
  [[nodiscard]] const Credentials* authenticate(const StunMessage& message) const;
  // Remembers a new transaction; true where its id was used on another path.
  [[nodiscard]] bool is_replayed(const Transaction& transaction);
  void keep_receivable(const Path& path, Time until);
  void select(const Path& path, Time now);
  void authenticated(const StunMessage& request, const Path& path, Time now);
  [[nodiscard]] std::optional<Time> lost_at() const;

  Credentials local_;
  std::optional<Credentials> former_;
  bool former_accepted_ = false;
  std::optional<Credentials> remote_;
  std::optional<Path> selected_;
  std::array<Receivable, kReceivablePaths> receivable_{};
  std::array<Transaction, kRememberedTransactions> transactions_{};
  std::size_t transaction_count_ = 0;  // ever seen; the ring's position
  std::optional<Time> last_check_;
  std::optional<Time> waiting_since_;  // set_remote() or restart()
  bool disconnected_ = false;
  bool timed_out_ = false;
  // At most one PairSelected and one change of consent are pending between two drains.
  std::optional<PairSelected> pair_output_;
  std::optional<AgentOutput> consent_output_;
};

}  // namespace offhook::ice
