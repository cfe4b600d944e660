#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/time.hpp"
#include "call/switchboard.hpp"
#include "sip/flow.hpp"
#include "sip/message.hpp"

namespace offhook::call {

struct TracedMessage {
  Time at;
  bool sent = false;     // by us
  bool browser = false;  // the browser's side, else the trunk's
  sip::Flow flow;
  std::string summary;  // one line
  std::string text;     // without secrets: sip/redact.hpp
};

// What one call said on both of its sides.
struct CallTrace {
  CallId id{};
  Time started_at;
  Direction direction = Direction::Outbound;
  std::string user;   // "", and so the next two, where the call was refused before
  std::string trunk;  // anybody knew
  std::string number;
  std::optional<CallEnded> ended;  // nullopt while it lasts
  std::vector<TracedMessage> messages;
  std::size_t left_out = 0;  // from the middle: after the first limits::kTraceMessages / 2
};

// The SIP messages of calls, and of the trunks' registrations, as they passed; with bounds, and
// without anything secret. A message belongs to a call by its Call-ID and by the side that it is on:
// "" for the trunks', else whose browser it is.
class SipTrace {
 public:
  explicit SipTrace(std::size_t max_bytes = limits::kTraceBytes) : max_bytes_(max_bytes) {}

  // Whether this begins a call of which nothing is known yet: an INVITE outside of a dialog, no
  // retransmission.
  [[nodiscard]] bool begins(std::string_view user, const sip::Message& message) const;
  // Its trace, before the message is added. Until describe() it is a refusal.
  void begin(CallId id, std::string_view user, const sip::Message& message, Time now);
  // The call begun by an INVITE with this Call-ID, if describe() has not been told of it.
  [[nodiscard]] std::optional<CallId> undescribed(std::string_view user,
                                                  std::string_view call_id) const;
  void describe(CallId id, std::string_view user, std::string_view trunk, std::string_view number);
  // What has this Call-ID belongs to the call too.
  void join(CallId id, std::string_view user, std::string_view call_id);
  // REGISTERs with this Call-ID are the trunk's; its latest one only.
  void follow_registration(std::string_view trunk, std::string_view call_id);
  // Nothing happens where the message belongs to no call and no registration.
  void add(std::string_view user, const sip::Flow& flow, const sip::Message& message, bool sent,
           Time now);
  // Also for a call that was refused at once: with user, trunk and number as far as they are known.
  void end(const CallEnded& ended);

  [[nodiscard]] const std::map<CallId, CallTrace>& calls() const { return calls_; }
  [[nodiscard]] const CallTrace* find(CallId id) const;
  [[nodiscard]] const std::map<std::string, std::deque<TracedMessage>, std::less<>>& registrations()
      const {
    return registrations_;
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Conversation {
    CallId call;
    std::optional<std::uint32_t>
        cseq;  // of the INVITE that began the call; nullopt for one of ours
  };
  using Key = std::pair<std::string, std::string>;  // user and Call-ID

  static void note_refusal(CallTrace& trace, const sip::Message& message, bool sent);
  void add_to_registration(TracedMessage message, std::string_view call_id);
  void make_room();
  void forget(CallId id);

  std::size_t max_bytes_;
  std::map<CallId, CallTrace> calls_;
  std::map<Key, Conversation> conversations_;
  std::map<CallId, std::vector<Key>> keys_;  // of each call in conversations_
  std::deque<CallId> refused_;               // or just begun; the oldest first
  std::deque<CallId> over_;                  // the oldest first
  std::size_t bytes_ = 0;
  std::map<std::string, std::string, std::less<>> registering_;                  // Call-ID to trunk
  std::map<std::string, std::deque<TracedMessage>, std::less<>> registrations_;  // by trunk
};

}  // namespace offhook::call
