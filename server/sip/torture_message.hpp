#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

// The messages of RFC 4475 and RFC 5118, byte for byte, with what a user agent makes of each: data
// for the tests of this folder and of those that send them over real sockets.
namespace offhook::sip::torture {

enum class Outcome : std::uint8_t {
  Dropped,          // not taken, or a response to nothing: no answer, no event
  Refused,          // not taken by parse_message(); answered without state
  Answered,         // taken, and answered by the user agent itself
  InviteReceived,   // taken, answered 100 and handed to the user as a new session
  RequestReceived,  // taken and handed to the user, who answers it
};

struct TortureMessage {
  std::string name;     // the RFC's own
  std::string section;  // of RFC 4475, or of RFC 5118 where it starts with 4
  std::string bytes;    // one datagram
  Outcome outcome = Outcome::Dropped;
  std::uint16_t status = 0;  // of our first answer; 0 where there is none
  // Whether parse_message() takes it: all but Refused, and Dropped where it is a response.
  bool is_taken = true;
};

inline void PrintTo(const TortureMessage& message, std::ostream* out) { *out << message.name; }

// What RFC 4475 writes as lines: each ends with CRLF on the wire.
[[nodiscard]] inline std::string lines(std::string_view text) {
  std::string bytes;
  for (const char c : text) bytes += c == '\n' ? "\r\n" : std::string(1, c);
  return bytes;
}
// <repeat count=...>
[[nodiscard]] inline std::string repeat(int count, std::string_view text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

// The body that most INVITEs there carry.
[[nodiscard]] inline std::string audio_and_video(std::string_view address,
                                                 std::string_view time = "0 0") {
  const std::string host(address);
  return lines("v=0\no=mhandley 29739 7272939 IN IP4 " + host + "\ns=-\nc=IN IP4 " + host +
               "\nt=" + std::string(time) +
               "\nm=audio 49217 RTP/AVP 0 12\nm=video 3227 RTP/AVP 31\na=rtpmap:31 LPC\n");
}

}  // namespace offhook::sip::torture
