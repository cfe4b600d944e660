#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "sip/digest_client.hpp"
#include "sip/flow.hpp"
#include "sip/message.hpp"

namespace offhook::sip {

// Keeps one binding at a provider's registrar alive (RFC 3261 10.2): registers, answers the digest
// challenge, refreshes before expiry, backs off with jitter after failures and never gives up,
// moves to another server when told, and unregisters when asked.
//
//   state         | input                    | next          | output                                                | test
//   Idle          | start                    | Registering   | SendRegister                                          | IdleStartSendsRegisterWithoutCredentials
//   Stopped       | start                    | Registering   | SendRegister                                          | StoppedStartSendsRegisterAgain
//   Registering   | 401/407                  | Registering   | SendRegister with credentials (once a nonce)          | RegisteringChallengeSendsCredentialsOnceANonce
//   Registering   | 401/407, not answerable  | Waiting       | StateChanged; slow retry                              | RegisteringChallengeNotAnswerableWaits
//   Registering   | 2xx                      | Registered    | StateChanged; refresh at 80..90 % of the expiry       | RegisteringSuccessRegistersAndRefreshesBetween80And90PercentOfTheExpiry
//   Registering   | 2xx, seen elsewhere      | Registering   | StateChanged, AddressLearned, SendRegister from there | RegisteringSuccessSeenElsewhereRegistersFromThereAndRemovesTheOldContact
//   Registering   | 423                      | Registering   | SendRegister with Min-Expires                         | RegisteringTooBriefAsksForWhatTheProviderWants
//   Registering   | 403, 404                 | Waiting       | StateChanged; slow retry                              | RegisteringForbiddenIsRetriedSlowlyAndForEver
//   Registering   | 408, 503                 | Waiting       | StateChanged, ServerFailed; retry with back-off       | RegisteringTimeoutWaitsAndSaysThatTheServerFailed
//   Registering   | other final              | Waiting       | StateChanged; retry with back-off                     | RegisteringOtherFinalBacksOffDoublingWithJitterUpToFiveMinutes
//   Registering   | stop                     | Unregistering | none until the answer is there (RFC 3261 10.2)        | RegisteringStopWaitsForTheAnswer
//   Registered    | refresh due              | Registering   | SendRegister                                          | RegisteredRefreshDueSendsRegister
//   Registered    | stop                     | Unregistering | SendRegister with Expires 0                           | RegisteredStopUnregistersAndStops
//   Waiting       | retry due                | Registering   | SendRegister                                          | WaitingRetryDueSendsRegister
//   Waiting       | stop, maybe a binding    | Unregistering | SendRegister with Expires 0                           | WaitingStopUnregistersABindingThatMayStillBeThere
//   Waiting, Idle | stop, no binding         | Stopped       | StateChanged                                          | WaitingOrIdleStopWithoutABindingStopsAtOnce
//   Registering   | moved                    | Registering   | SendRegister to the new server                        | RegisteringMovedForgetsTheRequestUnderWay
//   Registered    | moved                    | Registering   | SendRegister to the new server                        | RegisteredMovedRegistersAtTheNewServerWithTheSameCallId
//   Waiting       | moved                    | Registering   | SendRegister to the new server                        | WaitingMovedDoesNotWaitAnyLonger
//   Registering   | no server                | Waiting       | StateChanged; no retry before moved                   | RegisteringNoServerForgetsTheRequestUnderWay
//   Registered    | no server                | Waiting       | StateChanged; no retry before moved                   | RegisteredNoServerWaitsUntilMoved
//   Waiting       | no server                | Waiting       | StateChanged; no retry before moved                   | WaitingNoServerDoesNotTryAgainByItself
//   Idle, Stopped | moved                    | same          | none; taken note of                                   | IdleMovedTakesNoteOfIt
//   Unregistering | moved                    | Unregistering | none; it ends where it began                          | UnregisteringMovedEndsWhereItBegan
//   Unregistering | no server                | Stopped       | StateChanged                                          | UnregisteringNoServerStops
//   Unregistering | 2xx to the last REGISTER | Unregistering | SendRegister with Expires 0                           | UnregisteringSuccessOfTheLastRegisterUnregisters
//   Unregistering | 2xx to Expires 0         | Stopped       | StateChanged                                          | UnregisteringSuccessStops
//   Unregistering | 401/407                  | Unregistering | SendRegister with credentials (once a nonce)          | UnregisteringChallengeSendsCredentialsOnceANonce
//   Unregistering | other final, timeout     | Stopped       | StateChanged                                          | UnregisteringOtherFinalStops
//
// Every final response that shows the server at work is told by ServerAnswered first.
//
// The address. A response tells in our Via where the request came from (RFC 3581, RFC 3261 18.2.1).
// Where that is not our Contact, the Contact becomes that address with the next REGISTER: the one
// with credentials where the challenge told, else one at once; a binding that the old Contact may
// have is removed in the same request. NATs that change the port all the time are followed once a
// minute at first, then ever more seldom, up to once an hour.
//
// Which challenges are answered: sip/digest_client.hpp.
class Registration {
 public:
  struct Config {
    Uri registrar;        // Request-URI, e.g. sip:atlanta1.voip.ms
    NameAddress aor;      // From and To
    NameAddress contact;  // our binding, without expires
    Account account;
    std::string realm;  // the only one that the account answers; "" = the registrar's
    std::chrono::seconds expires{300};
    std::string user_agent;
    std::string call_id;  // one for the life of the registration
  };
  enum class State : std::uint8_t {
    Idle,
    Registering,
    Registered,
    Waiting,
    Unregistering,
    Stopped
  };

  struct SendRegister {  // the driver sends it through UserAgent::send_request and hands the final
                         // response back
    Request request;
  };
  struct StateChanged {
    State state;
    std::string reason;  // Waiting: in words, with the status if there was one
    std::optional<Duration> retry_in;
  };
  struct AddressLearned {  // what the server sees us as; contact() is that from now on
    Endpoint address;
  };
  // For ServerSelection::handle_failed(): no answer, 503, or no connection. The answer to it, from
  // the same turn or later, is handle_moved() or handle_no_server(); without, we try here again.
  struct ServerFailed {
    std::string reason;  // e.g. "does not answer"
    std::optional<std::chrono::seconds> retry_after;
  };
  struct ServerAnswered {};  // for ServerSelection::handle_succeeded()
  using Output =
      std::variant<SendRegister, StateChanged, AddressLearned, ServerFailed, ServerAnswered>;

  Registration(Config config, Random& random);
  void start(Time now);  // ignored unless Idle or Stopped
  void stop(Time now);   // ignored when Unregistering or Stopped
  // Final ones; a timeout is a local 408, a transport failure a local 503. A response whose CSeq is
  // not that of the last request is ignored.
  void handle(const Response& response, Time now);
  // Another server, another connection or another address of ours: registers there at once, with
  // the same Call-ID. Where the registrar is the same one, a binding of the old Contact is removed.
  void handle_moved(Uri registrar, NameAddress aor, NameAddress contact, Time now);
  void handle_no_server(std::string reason, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const { return deadline_; }
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const NameAddress& contact() const { return config_.contact; }
  // The realm that credentials for INVITEs may answer, and the weakest algorithm in it.
  [[nodiscard]] const DigestClient& digest() const { return digest_; }

 private:
  enum class Retry : std::uint8_t { BackOff, Slow };

  void begin(State state);
  void send();
  void handle_success(const Response& response, Time now);
  void handle_challenge(const Response& response, Time now);
  void handle_too_brief(const Response& response, Time now);
  void handle_failure(const Response& response, Time now);
  void unregister();
  // Waiting, or Stopped where we are on the way there.
  void fail(std::string reason, Retry retry, Duration at_least, Time now);
  // True where the response shows us at another address than our Contact's, which it has then.
  bool learn_address(const Response& response, Time now);
  [[nodiscard]] std::chrono::seconds granted(const Response& response) const;
  [[nodiscard]] Duration part_of(Duration whole, unsigned from_percent, unsigned to_percent);
  void enter(State state, std::string reason = {}, std::optional<Duration> retry_in = std::nullopt);

  Config config_;
  Random& random_;
  DigestClient digest_;
  State state_ = State::Idle;
  std::chrono::seconds expires_;  // what we ask for: the configured, or what a 423 demanded
  std::uint32_t cseq_ = 101;      // chan_sip peers start at 102; any value does
  std::string from_tag_;
  bool in_flight_ = false;      // a request without its final response
  bool unregistering_ = false;  // the request in flight has Expires 0
  unsigned requests_ = 0;       // in this attempt
  unsigned failures_ = 0;       // since the last success
  bool bound_ = false;          // the registrar may hold a binding of ours
  // A Contact that the registrar may hold and that is ours no more: removed with the next request.
  std::optional<NameAddress> former_contact_;
  std::optional<Time> learn_again_at_;  // nullopt: a new address of ours is believed at once
  Duration learn_pause_{};
  std::optional<Time> deadline_;
  std::deque<Output> outputs_;
};

}  // namespace offhook::sip
