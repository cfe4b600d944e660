#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "call/switchboard.hpp"
#include "control/control.pb.h"

namespace offhook::call {

// Which leg of a call: the trunk's, or one of the devices' (an outgoing call has one, an incoming
// call has one for each device that rings).
using LegIndex = std::size_t;
inline constexpr LegIndex kTrunkLeg = 0;
inline constexpr LegIndex kFirstDevice = 1;

struct LegOwner {
  CallId call;
  LegIndex leg;
  auto operator<=>(const LegOwner&) const = default;
};

// Signal's end of the control connection: numbers commands, knows which legs exist and whose they
// are, renews their leases, and releases what is left over from a signal process before this one.
//
//   state     | input               | next      | output                                    | test
//   Away      | connected           | Greeting  | Hello, List                               | GreetsAndAsksWhatIsThereWhenConnected
//   Greeting  | Hello of version 1+ | Ready     |                                           | IsReadyAfterAHelloOfAKnownVersion
//   Greeting  | Hello of version 0  | Away      | an error in the log                       | IsAwayAfterAHelloWithoutAVersion
//   any       | LegList             | same      | Release for every leg that we do not know | ReleasesLegsThatItDoesNotKnowPageByPage
//   any       | lost                | Away      | (all legs are forgotten)                  | ForgetsAllLegsWhenLost
class MediaLink {
 public:
  static constexpr Duration kLeaseRenewal = std::chrono::seconds(30);
  // A process on the same machine answers in microseconds; one that has not within this hangs.
  static constexpr Duration kReplyTimeout = std::chrono::seconds(5);

  using Output = std::variant<SendCommand, LogEvent>;

  explicit MediaLink(std::string software) : software_(std::move(software)) {}

  void handle_connected(Time now);
  void handle_lost();
  // Returns whom the event is for, where it matters to a call: a reply to a command that the call
  // cannot live without, or news of the leg. `fatal`: the leg cannot work.
  struct Delivery {
    LegOwner owner;
    bool fatal = false;
  };
  [[nodiscard]] std::optional<Delivery> handle(const control::Event& event, Time now);

  // A command about a leg of `owner`; AllocateLeg makes the leg known as the owner's. Nothing is
  // sent while media is away: its calls have ended.
  void send(control::Command command, LegOwner owner, Time now);

  // A leg changes its call.
  void give(std::string_view leg_id, LegOwner to);

  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const { return renew_at_; }

  [[nodiscard]] bool connected() const { return state_ != State::Away; }
  // Whether new calls can have legs.
  [[nodiscard]] bool ready(Time now) const;
  // From AllocateLeg until the reply to Release.
  [[nodiscard]] std::size_t leg_count() const { return legs_.size(); }

 private:
  enum class State : std::uint8_t { Away, Greeting, Ready };
  struct Leg {
    LegOwner owner;
    bool releasing = false;
  };
  struct Pending {
    control::Command::KindCase kind;
    std::string leg_id;  // "" where the command names none
    Time sent_at;
  };

  void post(control::Command command, Time now);
  void handle_hello(const control::Hello& hello);
  void release_strays(const control::LegList& list, Time now);
  [[nodiscard]] std::optional<Delivery> handle_failed(const control::CommandFailed& failed,
                                                      const Pending* command);
  [[nodiscard]] std::optional<Delivery> deliver(const std::string& leg_id, bool fatal) const;
  void log(LogEvent::Level level, std::string event,
           std::vector<std::pair<std::string, std::string>> fields = {});

  std::string software_;
  State state_ = State::Away;
  std::uint64_t sequence_ = 0;
  std::map<std::string, Leg, std::less<>> legs_;
  std::map<std::uint64_t, Pending> pending_;  // by sequence: the oldest first
  std::optional<Time> renew_at_;              // while there are legs
  std::deque<Output> outputs_;
};

}  // namespace offhook::call
