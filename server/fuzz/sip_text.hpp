#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.hpp"
#include "sip/message.hpp"

// Messages for programs, made as text and parsed like those of strangers.
namespace offhook::fuzz {

// A valid request of somebody at 192.0.2.9.
struct RequestText {
  std::string_view method = "OPTIONS";
  std::string uri = "sip:b@example.com";
  std::string via = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1";
  std::string from_tag = "f1";
  std::string to_tag{};  // "": none
  std::string call_id = "c1";
  std::size_t cseq = 1;
  std::string lines = "Contact: <sip:a@192.0.2.9>\r\n";  // more of them, each with its CRLF
  std::string body{};

  [[nodiscard]] std::string to_string() const {
    std::string text(method);
    text += " " + uri + " SIP/2.0\r\nVia: " + via + "\r\nFrom: <sip:a@example.com>;tag=" + from_tag;
    text += "\r\nTo: <sip:b@example.com>" + (to_tag.empty() ? "" : ";tag=" + to_tag);
    text += "\r\nCall-ID: " + call_id + "\r\nCSeq: " + std::to_string(cseq) + " ";
    text += method;
    return text + "\r\n" + lines + "\r\n" + body;
  }
  [[nodiscard]] sip::Request parsed() const {
    auto message = sip::parse_message(to_string());
    OFFHOOK_ASSERT(message);
    return std::get<sip::Request>(std::move(*message));
  }
};

// A response to `request` with more header lines (each with its CRLF) and a body, as it comes over
// the wire.
[[nodiscard]] inline std::string response_text(const sip::Request& request, std::size_t status,
                                               std::string_view to_tag, std::string_view lines = {},
                                               std::string_view body = {}) {
  std::string text =
      sip::serialize(sip::make_response(request, static_cast<std::uint16_t>(status), to_tag));
  const std::size_t length = text.find("Content-Length: 0\r\n");
  OFFHOOK_ASSERT(length != std::string::npos && text.ends_with("\r\n\r\n"));
  text.insert(length + std::string_view("Content-Length: ").size(), std::to_string(body.size()));
  text.erase(text.find("0\r\n", length + std::string_view("Content-Length: ").size()), 1);
  text.insert(text.find("\r\n") + 2, lines);
  return text += body;
}

}  // namespace offhook::fuzz
