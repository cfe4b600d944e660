#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "sip/digest.hpp"
#include "sip/message.hpp"

namespace offhook::sip {

// The credentials of one account at one registrar: which challenges they answer, over the attempts
// of its life. Each attempt starts without credentials: a provider that changes its nonce every
// time asks again anyway, and an answer is then never sent where nobody asked.
//
// Realm: where one is configured, only that one is answered. Otherwise the registrar says which it
// is in, and realm() is that of the last success: what an INVITE may answer, since an INVITE travels
// on to others, who might ask as well.
//
// No downgrade: once a realm has let us in with an algorithm, weaker ones are not answered in that
// realm any more (RFC 8760 2.4, RFC 7616 3.7 and 5.7), at other servers neither. Only a success
// counts: a challenge that the provider never sent must not lock us out.
class DigestClient {
 public:
  // `realm`: the only one to answer; "" = the registrar's. `least_algorithm`: what let the account
  // in there before; "" = nothing did.
  DigestClient(Account account, std::string realm, std::string least_algorithm = {});

  void begin_attempt();
  // Makes the credentials that answer a 401 or 407 to our own request. Once a nonce, unless the
  // server says that only the nonce was too old. An error says in words why there are none.
  [[nodiscard]] Result<void> answer(const Response& response, std::string_view method,
                                    std::string_view uri, Random& random);
  void write(Headers& headers) const;  // the credentials of this attempt, if there are any
  void handle_success();               // of the request that write() was for
  void handle_moved();                 // another server: it may have another realm

  [[nodiscard]] const std::string& realm() const { return realm_; }
  // The weakest algorithm to be answered in realm(); "" = any.
  [[nodiscard]] std::string_view least_algorithm() const;

 private:
  [[nodiscard]] Result<std::vector<Challenge>> answerable(std::vector<Challenge> challenges) const;
  void learn(const Credentials& credentials);

  Account account_;
  bool is_configured_;  // the realm
  std::string realm_;
  std::map<std::string, std::string> strongest_;  // the algorithm that a realm let us in with
  std::optional<Credentials> credentials_;
  std::optional<Credentials> proxy_credentials_;
};

}  // namespace offhook::sip
