#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "call/call_failure.hpp"
#include "sip/message.hpp"
#include "sip/user_agent.hpp"

// Text messages: what a MESSAGE (RFC 3428) holds, and why one does not reach whom it is for.
namespace offhook::call {

struct TextFailure {
  std::uint16_t status;       // to whoever sent it
  std::string_view label;     // in metrics and logs
  std::string_view sentence;  // for the user: what happened and what to do next; no quotes in it
};
inline constexpr TextFailure kNotPlainText{415, "not_plain_text", "Only plain text can be sent."};
inline constexpr TextFailure kTextTooLong{513, "text_too_long",
                                          "This message is too long. Send it in several parts."};
inline constexpr TextFailure kTooManyTexts{
    503, "too_many_texts", "Too many messages are being sent. Wait a moment and send it again."};

// A failure that calls have too, in words that fit a message.
[[nodiscard]] TextFailure text_failure(CallFailure failure);
// What a final answer 300 to 699 of the trunk to a MESSAGE means.
[[nodiscard]] TextFailure text_failure_from_trunk(std::uint16_t status);
// The Reason header (RFC 3326) for a browser.
[[nodiscard]] std::string reason_for_browser(const TextFailure& failure);

inline constexpr std::string_view kTextType = "text/plain";

// The text, which is UTF-8 (RFC 3428 calls for text/plain; another charset is not read). What a
// provider sends is mended where it is not well-formed: better a "?" than no message.
[[nodiscard]] Result<std::string, TextFailure> text_from_browser(const sip::Request& message);
[[nodiscard]] Result<std::string, TextFailure> text_from_trunk(const sip::Request& message);

// `message` with the text as we write it; it has no other body.
void put_text(sip::Request& message, std::string text);

// A MESSAGE that goes the way of this INVITE, without its tags and Call-ID.
[[nodiscard]] sip::Request message_like(const sip::InviteRequest& invite, std::string text);

}  // namespace offhook::call
