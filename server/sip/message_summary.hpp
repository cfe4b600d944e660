#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/message.hpp"

namespace offhook::sip {

// What waits in an account's mailbox: the body of a NOTIFY of the event package message-summary
// (RFC 3842 5.2).
struct MessageSummary {
  // Of voice messages.
  struct Counts {
    std::uint32_t unheard = 0;  // "new", and so the next but one
    std::uint32_t heard = 0;    // "old"
    std::uint32_t urgent_unheard = 0;
    std::uint32_t urgent_heard = 0;
    bool operator==(const Counts&) const = default;
  };

  bool waiting = false;
  std::optional<Counts> voice{};  // nullopt: nobody counts them
  bool operator==(const MessageSummary&) const = default;
};

inline constexpr std::string_view kMessageSummaryEvent = "message-summary";
inline constexpr std::string_view kMessageSummaryType = "application/simple-message-summary";

// Whether a NOTIFY is of this event package, with whatever body.
[[nodiscard]] bool is_message_summary(const Request& notify);

// nullopt where it does not say whether messages are waiting. Other messages than voice messages,
// and the headers of single ones, are passed over; so are counts that cannot be read or are above
// 2^32-1, the RFC's limit.
[[nodiscard]] std::optional<MessageSummary> parse_message_summary(std::string_view body);
[[nodiscard]] std::string to_string(const MessageSummary& summary);

// Of two mailboxes as if they were one. Counts stop at 2^32-1.
[[nodiscard]] MessageSummary together(const MessageSummary& a, const MessageSummary& b);

}  // namespace offhook::sip
