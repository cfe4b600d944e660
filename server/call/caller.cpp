#include "call/caller.hpp"

#include "call/number.hpp"

namespace offhook::call {

sip::NameAddress caller_of(const sip::Request& request, const std::string& domain) {
  const sip::Headers& headers = request.headers;
  const sip::NameAddress& source = headers.remote_party_id       ? *headers.remote_party_id
                                   : headers.p_asserted_identity ? *headers.p_asserted_identity
                                                                 : headers.from;
  sip::NameAddress caller;
  caller.uri.host = domain;
  const bool withheld =
      headers.remote_party_id && headers.remote_party_id->parameters.get("privacy") == "full";
  caller.uri.user = withheld ? "anonymous" : caller_number(source.uri.user);
  if (!withheld) caller.display_name = sip::safe_text(source.display_name);
  return caller;
}

}  // namespace offhook::call
