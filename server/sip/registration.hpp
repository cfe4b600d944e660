#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <variant>

#include "base/random.hpp"
#include "base/time.hpp"
#include "sip/digest.hpp"
#include "sip/flow.hpp"
#include "sip/message.hpp"

namespace offhook::sip {

// Keeps one binding at a provider's registrar alive (RFC 3261 10.2): registers, answers the digest
// challenge, refreshes before expiry, backs off with jitter after failures and never gives up, and
// unregisters when asked.
//
//   state         | input                    | next          | output
//   Idle, Stopped | start                    | Registering   | SendRegister
//   Registering   | 401/407                  | Registering   | SendRegister with credentials (once a nonce)
//   Registering   | 2xx                      | Registered    | StateChanged; refresh at 80..90 % of the expiry
//   Registering   | 423                      | Registering   | SendRegister with Min-Expires
//   Registering   | other final, timeout     | Waiting       | StateChanged with the reason; retry with back-off
//   Registering   | stop                     | Unregistering | none until the answer is there (RFC 3261 10.2)
//   Registered    | refresh due              | Registering   | SendRegister
//   Registered    | stop                     | Unregistering | SendRegister with Expires 0
//   Waiting       | retry due                | Registering   | SendRegister
//   Waiting       | stop, maybe a binding    | Unregistering | SendRegister with Expires 0
//   Waiting, Idle | stop, no binding         | Stopped       | StateChanged
//   Unregistering | 2xx to the last REGISTER | Unregistering | SendRegister with Expires 0
//   Unregistering | 2xx to Expires 0         | Stopped       | StateChanged
//   Unregistering | 401/407                  | Unregistering | SendRegister with credentials (once a nonce)
//   Unregistering | other final, timeout     | Stopped       | StateChanged
class Registration {
 public:
  struct Config {
    Uri registrar;        // Request-URI, e.g. sip:atlanta1.voip.ms
    NameAddress aor;      // From and To
    NameAddress contact;  // our binding, without expires
    Account account;
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
  using Output = std::variant<SendRegister, StateChanged>;

  Registration(Config config, Random& random);
  void start(Time now);  // ignored unless Idle or Stopped
  void stop(Time now);   // ignored when Unregistering or Stopped
  // Final ones; a timeout is a local 408. A response whose CSeq is not that of the last request is
  // ignored.
  void handle(const Response& response, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const { return deadline_; }
  [[nodiscard]] State state() const { return state_; }

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
  [[nodiscard]] std::chrono::seconds granted(const Headers& headers) const;
  [[nodiscard]] Duration part_of(Duration whole, unsigned from_percent, unsigned to_percent);
  void enter(State state, std::string reason = {}, std::optional<Duration> retry_in = std::nullopt);

  Config config_;
  Random& random_;
  State state_ = State::Idle;
  std::chrono::seconds expires_;  // what we ask for: the configured, or what a 423 demanded
  std::uint32_t cseq_ = 101;      // chan_sip peers start at 102; any value does
  std::string from_tag_;
  bool in_flight_ = false;      // a request without its final response
  bool unregistering_ = false;  // the request in flight has Expires 0
  unsigned requests_ = 0;       // in this attempt
  // The answer to the challenge of this attempt. Each attempt starts without: a provider that
  // changes its nonce every time asks again anyway, and an answer is then never sent where nobody
  // asked.
  std::optional<Credentials> credentials_;
  bool for_proxy_ = false;  // 407: in Proxy-Authorization
  unsigned failures_ = 0;   // since the last success
  bool bound_ = false;      // the registrar may hold a binding of ours
  std::optional<Time> deadline_;
  std::deque<Output> outputs_;
};

}  // namespace offhook::sip
