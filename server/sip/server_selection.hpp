#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/dns.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "sip/dns_cache.hpp"
#include "sip/outages.hpp"
#include "sip/resolution.hpp"
#include "sip/target.hpp"

namespace offhook::sip {

// Which address of which of several servers to use now: resolution by RFC 3263, failover down the
// list, a memory of what is down, and the way back to what is preferred. Sans-IO.
//
//   state   | input                            | next    | output                                             | test
//   Idle    | start                            | Looking | Ask for every server                               | IdleStartAsksForEveryServer
//   Looking | answer, more to ask              | Looking | Ask for what follows from it                       | LookingAnswerMoreToAskAsksForWhatFollows
//   Looking | answer, an address               | Using   | Chosen                                             | LookingAnAddressIsChosen
//   Looking | answers, no address              | Waiting | NoneLeft                                           | LookingNoAddressWaitsAndSaysWhyOfEveryServer
//   Using   | current failed, another is up    | Using   | Chosen, and Ask whether DNS has changed            | UsingCurrentFailedAnotherIsUpChoosesIt
//   Using   | current failed, all are down     | Waiting | NoneLeft                                           | UsingCurrentFailedAllAreDownWaits
//   Using   | another failed                   | Using   | (none; it is remembered)                           | UsingAnotherFailedIsRemembered
//   Using   | current succeeded                | Using   | (none)                                             | UsingCurrentSucceededStays
//   Using   | answer without the current       | Using   | (none: it works)                                   | UsingAnswerWithoutTheCurrentStays
//   Using   | a preferred outage is over       | Using   | Probe (Chosen where nobody probes), if the current | UsingAPreferredOutageIsOverIsProbedAfterAMinute
//           |                                  |         | has succeeded, after 60 s
//   Using   | the probed one succeeded         | Using   | Chosen                                             | UsingTheProbedOneSucceededIsChosen
//   Using   | the probed one failed            | Using   | (none; its outage goes on)                         | UsingTheProbedOneFailedStaysDownForLonger
//   Waiting | pause over                       | Using   | Chosen: the one that failed the longest ago        | WaitingPauseOverTriesTheOneThatFailedTheLongestAgo
//   Waiting | an outage is over                | Using   | Chosen                                             | WaitingAnOutageOverIsChosen
//   Waiting | a new address                    | Using   | Chosen                                             | WaitingANewAddressIsChosen
//   Waiting | answer, another reason           | Waiting | NoneLeft                                           | WaitingAnswerAnotherReasonIsTold
//   any     | an answer grows old              | same    | Ask                                                | AnyAnAnswerGrowsOldAsksAgain
//   any     | name servers fail                | same    | (none: what is known is used on)                   | AnyNameServersFailUsesWhatIsKnown
//
// "Preferred" means an earlier server, or one that DNS prefers (SRV priority, NAPTR preference);
// weights and the order of addresses never move anybody who is well where he is. A current target
// that leaves DNS is used until it fails: names with one address that changes at each answer would
// move us all the time. How long a target is taken for down: sip/outages.hpp. The pauses where all
// are down: 5 s, doubling up to 2 min, 50 to 100 % of it (RFC 5626 4.5), for ever; a server that
// asked for a longer one (Retry-After) gets it.
class ServerSelection {
 public:
  static constexpr Duration kShortestStay = std::chrono::seconds(60);
  static constexpr Duration kFirstPause = std::chrono::seconds(5);
  static constexpr Duration kLongestPause = std::chrono::minutes(2);

  struct Config {
    std::vector<Server> servers;  // in order of preference, at least one
    Abilities abilities{};        // families and transports that the shell can send with
    bool probes = false;          // Probe is understood
  };
  struct Ask {  // the shell answers every question once
    DnsQuestion question;
  };
  struct Chosen {  // to be used from now on; what went elsewhere before stays there
    Target target;
    std::size_t server;  // whose it is: its place in Config::servers
  };
  // Send an OPTIONS there beside what goes on, and tell handle_succeeded() or handle_failed(). Asked
  // for before we go back to a preferred target, so that nobody is without a server where it still
  // does not answer.
  struct Probe {
    Target target;
  };
  struct NoneLeft {      // nothing to use until the next Chosen
    std::string reason;  // in words, of every server
  };
  using Output = std::variant<Ask, Chosen, Probe, NoneLeft>;

  ServerSelection(Config config, Random& random);

  void start(Time now);
  void handle_answer(const DnsQuestion& question, DnsAnswer answer, Time now);
  // No answer in time, a 503, a connection that failed. `reason` in words, e.g. "does not answer".
  void handle_failed(const Target& target, std::string_view reason,
                     std::optional<std::chrono::seconds> retry_after, Time now);
  void handle_succeeded(const Target& target, Time now);  // a response came from there
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;

  [[nodiscard]] const std::optional<Target>& current() const { return current_; }
  // The next one after `target` that is not known to be down, for a single request (RFC 3263 4.3);
  // nothing moves. nullopt at the end of the list.
  [[nodiscard]] std::optional<Target> after(const Target& target, Time now) const;
  // Every address that any of the servers is known to have: where its requests may come from.
  [[nodiscard]] std::vector<IpAddress> addresses() const;

 private:
  // Smaller is preferred.
  struct Rank {
    std::size_t server = 0;
    unsigned group = 0;
    auto operator<=>(const Rank&) const = default;
  };
  struct Candidate {
    Target target;
    Rank rank;
  };

  void resolve_all(Time now);
  void decide(Time now);
  void consider_return(Time now);
  void go_back(const Candidate& candidate, Time now);
  void choose_next(Time now);
  void choose(const Candidate& candidate, Time now);
  void wait(Time now);
  [[nodiscard]] const Candidate* longest_down(Time now) const;
  [[nodiscard]] std::string why_none() const;
  [[nodiscard]] std::string why_not(std::size_t server) const;

  Config config_;
  Random& random_;
  DnsCache cache_;
  Outages outages_;
  bool started_ = false;
  std::vector<Resolution> resolutions_;  // one a server
  std::vector<Candidate> candidates_;    // of all servers, in order
  std::optional<Target> current_;
  Rank rank_;  // of the current one, as long as DNS last knew it
  Time chosen_at_{};
  bool has_chosen_ = false;  // ever
  bool succeeded_ = false;   // the current one, since it was chosen
  std::optional<Target> probed_;
  unsigned pauses_ = 0;  // since a target last succeeded
  std::optional<Time> pause_until_;
  std::optional<Time> decide_at_;
  std::string told_;  // the last NoneLeft since the last Chosen
  std::deque<Output> outputs_;
};

}  // namespace offhook::sip
