#include <string>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "fuzz/sip_limits.hpp"
#include "fuzz/target.hpp"
#include "sip/digest.hpp"

// Whatever a server puts into WWW-Authenticate: if we answer it, the answer survives the wire and
// is right.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  const std::string head =
      "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
      "From: <sip:a@example.com>;tag=1\r\nTo: <sip:a@example.com>;tag=2\r\n"
      "Call-ID: c1\r\nCSeq: 1 REGISTER\r\nWWW-Authenticate: ";
  const auto message = sip::parse_message(head + std::string(as_text({data, size})) + "\r\n\r\n");
  if (!message) return 0;
  const auto& response = std::get<sip::Response>(*message);

  SeededRandom random(1);
  sip::Request request;
  request.method = sip::Method::Register;
  request.uri.host = "example.com";
  const auto answer = sip::answer_challenge(response.headers.www_authenticate, {"a\"\\b", "secret"},
                                            "REGISTER", request.uri.to_string(), 1, random);
  if (!answer) return 0;
  request.headers.via = response.headers.via;
  request.headers.from = response.headers.from;
  request.headers.to = response.headers.from;
  request.headers.call_id = response.headers.call_id;
  request.headers.cseq = response.headers.cseq;
  request.headers.authorization = {*answer};
  const std::string written = sip::serialize(request);
  if (!fuzz::within_sip_limits(written)) return 0;
  const auto arrived = sip::parse_message(written);
  OFFHOOK_ASSERT(arrived);
  const auto& credentials = std::get<sip::Request>(*arrived).headers.authorization;
  OFFHOOK_ASSERT(credentials.size() == 1 && credentials.front() == *answer);
  OFFHOOK_ASSERT(sip::verify(credentials.front(), "REGISTER", "secret"));
  OFFHOOK_ASSERT(!sip::verify(credentials.front(), "REGISTER", "Secret"));
  return 0;
}
