#include <string>
#include <utility>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "fuzz/sip_limits.hpp"
#include "fuzz/target.hpp"
#include "sip/digest.hpp"

// Whatever a client puts into Authorization: it is verified without harm, the same after it
// crossed the wire again, and only by the one password, for the one method.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  const std::string head =
      "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
      "From: <sip:a@example.com>;tag=1\r\nTo: <sip:a@example.com>\r\n"
      "Call-ID: c1\r\nCSeq: 1 REGISTER\r\nAuthorization: ";
  const auto message = sip::parse_message(head + std::string(as_text({data, size})) + "\r\n\r\n");
  if (!message) return 0;
  const std::string written = sip::serialize(*message);
  if (!fuzz::within_sip_limits(written)) return 0;
  const auto again = sip::parse_message(written);
  OFFHOOK_ASSERT(again);

  const auto& all = std::get<sip::Request>(*message).headers.authorization;
  const auto& all_again = std::get<sip::Request>(*again).headers.authorization;
  OFFHOOK_ASSERT(all == all_again);
  for (sip::Credentials credentials : all) {
    if (!sip::verify(credentials, "REGISTER", "secret")) continue;
    OFFHOOK_ASSERT(!sip::verify(credentials, "REGISTER", "Secret"));
    OFFHOOK_ASSERT(!sip::verify(credentials, "INVITE", "secret"));
    for (std::string* part : {&credentials.username, &credentials.realm, &credentials.nonce,
                              &credentials.uri, &credentials.response}) {
      part->push_back('0');
      OFFHOOK_ASSERT(!sip::verify(credentials, "REGISTER", "secret"));
      part->pop_back();
    }
    OFFHOOK_ASSERT(sip::verify(credentials, "REGISTER", "secret"));
  }
  return 0;
}
