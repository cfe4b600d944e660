#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/time.hpp"

namespace offhook::http {

// Random tokens that stand for a user for some time: sessions (found many times) and tickets (taken
// once). Only their digests are kept, so that neither a dump of memory nor the time of a comparison
// tells a token.
class TokenStore {
 public:
  // With `limit` tokens, a new one pushes the oldest out.
  TokenStore(Duration lifetime, std::size_t limit) : lifetime_(lifetime), limit_(limit) {}

  // 64 hexadecimal digits.
  [[nodiscard]] std::string issue(std::string_view user, Random& random, Time now);
  // The user; the token's lifetime starts anew.
  [[nodiscard]] std::optional<std::string> find(std::string_view token, Time now);
  // The user; the token is worth nothing any more.
  [[nodiscard]] std::optional<std::string> take(std::string_view token, Time now);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  using Digest = std::array<std::uint8_t, 32>;
  struct Entry {
    Digest digest;
    std::string user;
    Time expires;
  };
  static Digest digest_of(std::string_view token);
  void remove_expired(Time now);

  Duration lifetime_;
  std::size_t limit_;
  std::list<Entry> entries_;  // in the order of expiry, as all live equally long
  std::map<Digest, std::list<Entry>::iterator> by_digest_;
};

}  // namespace offhook::http
