#include <array>
#include <string>
#include <string_view>
#include <variant>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "fuzz/program.hpp"
#include "fuzz/round_trip.hpp"
#include "fuzz/target.hpp"

// One header field of anybody in a message that is sound otherwise: the first byte says which, the
// second whether in a request or a response, the rest is its value. Beyond the round trip: a value
// of one line has no say in what the other fields are.
namespace offhook::fuzz {
namespace {

struct Field {
  std::string_view name;
  std::string_view value;  // of a sound message; "" where it needs none
};
constexpr std::array<Field, 39> kFields{{
    {"Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"},
    {"From", "<sip:a@example.com>;tag=1"},
    {"To", "<sip:b@example.com>"},
    {"Call-ID", "c1"},
    {"CSeq", "1 INVITE"},
    {"Contact", "<sip:a@192.0.2.1>"},
    {"Max-Forwards", "70"},
    {"Route", ""},
    {"Record-Route", ""},
    {"Path", ""},
    {"Expires", ""},
    {"Min-Expires", ""},
    {"Retry-After", ""},
    {"WWW-Authenticate", ""},
    {"Proxy-Authenticate", ""},
    {"Authorization", ""},
    {"Proxy-Authorization", ""},
    {"Allow", ""},
    {"Supported", ""},
    {"Require", ""},
    {"Proxy-Require", ""},
    {"Unsupported", ""},
    {"Accept", ""},
    {"Remote-Party-ID", ""},
    {"P-Asserted-Identity", ""},
    {"User-Agent", ""},
    {"Server", ""},
    {"Reason", ""},
    {"Warning", ""},
    {"Content-Type", ""},
    {"Content-Length", ""},
    {"Event", ""},
    {"Subscription-State", ""},
    {"Session-Expires", ""},
    {"Replaces", ""},
    {"Refer-To", ""},
    {"RSeq", ""},
    {"X-Unknown", ""},
    {"v", ""},
}};

std::string message_with(const Field& fuzzed, bool is_response, std::string_view value) {
  std::string text = is_response ? "SIP/2.0 200 OK\r\n" : "INVITE sip:b@example.com SIP/2.0\r\n";
  for (const Field& field : kFields) {
    const bool is_fuzzed = field.name == fuzzed.name;
    if (!is_fuzzed && field.value.empty()) continue;
    text.append(field.name).append(": ").append(is_fuzzed ? value : field.value).append("\r\n");
  }
  return text + "\r\nbody";
}

void check_others(const sip::Headers& headers, std::string_view fuzzed) {
  const auto sound = [&](std::string_view name, bool as_sent) {
    OFFHOOK_ASSERT(name == fuzzed || as_sent);
  };
  sound("From", headers.from.tag() == "1");
  sound("To", headers.to.uri.host == "example.com");
  sound("Call-ID", headers.call_id == "c1");
  sound("CSeq", headers.cseq.number == 1);
  sound("Contact", headers.contact.size() == 1 && !headers.contact_is_star);
  sound("Max-Forwards", headers.max_forwards == 70);
  sound("Route", headers.route.empty());
  sound("Authorization", headers.authorization.empty());
}

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  fuzz::Program program({data, size});
  const fuzz::Field& field = program.one_of(fuzz::kFields);
  const bool is_response = program.flag();
  const std::string_view value = as_text(program.rest());
  const auto message = sip::parse_message(fuzz::message_with(field, is_response, value));
  fuzz::check_round_trip(message);
  if (!message || value.find_first_of("\r\n") != std::string_view::npos) return 0;
  std::visit([&](const auto& sound) { fuzz::check_others(sound.headers, field.name); }, *message);
  return 0;
}
