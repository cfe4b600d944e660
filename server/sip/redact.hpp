#pragma once

#include <string>

#include "sip/message.hpp"

// Messages as a person may read them who looks for a fault: never a key, a password, a digest
// answer, a digit pressed or what people write to each other.
namespace offhook::sip {

// The message as the serializer writes it, with lines that end in LF and
// - of Authorization and the like: user name, realm and what is no secret; of challenges no nonce;
// - of SDP in INVITE and its kin: media, addresses, formats, directions; the rest is counted;
// - of every other body: its length and type.
// Safe on a terminal, and at most limits::kTraceMessageBytes long.
[[nodiscard]] std::string redact(const Message& message);

// In one line: "INVITE sip:4443@offhook.invalid", "180 Ringing (INVITE)". Safe on a terminal.
[[nodiscard]] std::string summary(const Message& message);

[[nodiscard]] const Headers& headers_of(const Message& message);

}  // namespace offhook::sip
