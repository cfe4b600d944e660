#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "call/call_failure.hpp"
#include "call/dial_rules.hpp"
#include "call/switchboard.hpp"

namespace offhook::call {

// The ways to a destination.
enum class DialWay : std::uint8_t { Dialled, Referred, Redirected, Message };
[[nodiscard]] std::string_view to_string(DialWay way);  // in logs and metrics

// The one gate in front of all calls: where they may go, how many there may be, how many may begin
// in a minute and how long they may last, for each user and each trunk. A call has a place from the
// moment it is let in until its last leg has ended. Text messages may go where calls may, and as
// many in a minute, counted apart; they take no place.
class DialGate {
  struct Usage {
    std::size_t calls = 0;
    std::deque<Time> begun;  // in the last minute; empty where that has no limit, and so the next
    std::deque<Time> messages;
  };

 public:
  explicit DialGate(DialPolicy policy) : policy_(std::move(policy)) {}
  DialGate(const DialGate&) = delete;  // places point to it
  DialGate& operator=(const DialGate&) = delete;

  // Of one call; given back when it is destroyed, which has to be before the gate is.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept { swap(other); }
    Place& operator=(Place other) noexcept {
      swap(other);
      return *this;
    }
    ~Place();
    [[nodiscard]] Duration longest_call() const { return longest_call_; }
    [[nodiscard]] bool is_emergency() const { return is_emergency_; }

   private:
    friend class DialGate;
    void swap(Place& other) noexcept;
    DialGate* gate_ = nullptr;
    Usage* user_ = nullptr;
    Usage* trunk_ = nullptr;
    Duration longest_call_ = limits::kCallLength;
    bool is_emergency_ = false;
  };

  struct Request {
    std::string_view number;  // from normalise_number()
    DialWay way = DialWay::Dialled;
    std::string_view user;
    const TrunkConfig& trunk;
    // The call that goes elsewhere, where it has a place already: it is not counted again, and an
    // emergency call stays one.
    const Place* call = nullptr;
  };
  // ForbiddenDestination, TooManyCallsOfUser, TooManyCalls or TooManyCallsAMinute. Without a place
  // in it for a call that has one, and for a message.
  [[nodiscard]] Result<Place, CallFailure> pass(const Request& request, Time now);
  // For a call from the trunk, which leads to nobody outside: TooManyCallsOfUser or TooManyCalls.
  [[nodiscard]] Result<Place, CallFailure> admit(std::string_view user, const TrunkConfig& trunk);

  [[nodiscard]] std::size_t calls() const { return calls_; }

 private:
  [[nodiscard]] bool is_allowed(const Request& request) const;
  [[nodiscard]] Place take(Usage& user, Usage& trunk, Duration longest_call);

  DialPolicy policy_;
  std::size_t calls_ = 0;
  // As many as are configured.
  std::map<std::string, Usage, std::less<>> users_;
  std::map<std::string, Usage, std::less<>> trunks_;
};

}  // namespace offhook::call
